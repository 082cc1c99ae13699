/* SPDX-License-Identifier: Apache-2.0 */
/* The thread owns what it was started with, its signal stack included, and
 * frees it at its end. */
#include "core/spawn.h"

#include "core/sanitized.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct start {
    void *(*fn)(void *arg);
    void *arg;
    char name[16];
    char stack[SIGNAL_STACK_BYTES]; /* costs memory only once it is used */
};

void spawn_signal_stack(char *stack)
{
    const stack_t on = {.ss_sp = stack, .ss_size = SIGNAL_STACK_BYTES};
    const stack_t off = {.ss_flags = SS_DISABLE};

    if (!HOST_SANITIZED)
        (void)sigaltstack(stack ? &on : &off, NULL); /* without, most crashes are told as well */
}

static void *run(void *arg)
{
    struct start *start = arg;
    void *result;

    pthread_setname_np(pthread_self(), start->name);
    spawn_signal_stack(start->stack);
    result = start->fn(start->arg);
    spawn_signal_stack(NULL);
    free(start);
    return result;
}

/* All but what the thread itself brings about: the kernel ends a process at once
 * whose fault is blocked, without its handler. */
static void fill_blocked(sigset_t *blocked)
{
    static const int own[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};

    sigfillset(blocked);
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        sigdelset(blocked, own[i]);
}

int spawn(pthread_t *ret_thread, const char *name, void *(*fn)(void *arg), void *arg)
{
    struct start *start = malloc(sizeof(*start));
    sigset_t blocked, before;
    int rc;

    if (!start)
        return OBS_E_NOMEM;
    start->fn = fn;
    start->arg = arg;
    snprintf(start->name, sizeof(start->name), "%s", name);
    fill_blocked(&blocked);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    rc = pthread_create(ret_thread, /* attributes= */ NULL, run, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == 0)
        return OBS_OK;
    free(start);
    return OBS_E_NOMEM;
}
