/* SPDX-License-Identifier: Apache-2.0 */
/* Own handlers instead of uv_signal_t, because the second TERM must work while
 * the main thread blocks in a plugin's stop(). uv_async_send() is safe in a
 * signal handler (libuv documents it so). */
#include "runtime/signals.h"

#include <observatory/base.h>

#include <assert.h>
#include <signal.h>
#include <stdlib.h>

static const int handled[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
#define N_HANDLED (sizeof(handled) / sizeof(handled[0]))

struct signals {
    uv_async_t wake;
    void (*fn)(int signal_number, void *user);
    void *user;
};

/* What the handler can reach: one instance, and one flag a signal. */
static struct signals *active;
static volatile sig_atomic_t pending[N_HANDLED];

static void default_action(int signal_number)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    sigaction(signal_number, &action, NULL);
}

static void on_signal(int signal_number)
{
    for (size_t i = 0; i < N_HANDLED; i++) {
        if (handled[i] == signal_number)
            pending[i] = 1;
    }
    if (signal_number == SIGTERM || signal_number == SIGINT) {
        default_action(SIGTERM);
        default_action(SIGINT);
    }
    if (active)
        uv_async_send(&active->wake);
}

static void on_wake(uv_async_t *wake)
{
    struct signals *signals = wake->data;

    for (size_t i = 0; i < N_HANDLED; i++) {
        if (!pending[i])
            continue;
        pending[i] = 0;
        signals->fn(handled[i], signals->user);
    }
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

int signals_open(uv_loop_t *loop, void (*fn)(int signal_number, void *user), void *user,
                 struct signals **ret_signals)
{
    struct sigaction catch = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct signals *signals;

    assert(!active);
    signals = calloc(1, sizeof(*signals));
    if (!signals)
        return OBS_E_NOMEM;
    if (uv_async_init(loop, &signals->wake, on_wake) < 0) {
        free(signals);
        return OBS_E_NOMEM;
    }
    signals->wake.data = signals;
    signals->fn = fn;
    signals->user = user;
    active = signals;
    sigaction(SIGPIPE, &ignore, NULL);
    for (size_t i = 0; i < N_HANDLED; i++) {
        pending[i] = 0;
        sigaction(handled[i], &catch, NULL);
    }
    *ret_signals = signals;
    return OBS_OK;
}

void signals_close(struct signals *signals)
{
    if (!signals)
        return;
    for (size_t i = 0; i < N_HANDLED; i++)
        default_action(handled[i]);
    active = NULL;
    uv_close((uv_handle_t *)&signals->wake, on_closed);
}
