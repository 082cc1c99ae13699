/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of the plugin, and what they share. */
#include "commands.h"
#include "command.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

const obs_command ingest_commands[N_INGEST_COMMANDS] = {
    {
        .name = "demo",
        .usage = "[--spans N] [--days D] [--seed S] [--if-empty]",
        .summary = "fills the store with generated traces",
        .run = demo_command,
    },
    {
        .name = "import",
        .usage = "[--format auto|otlp-json|otlp-proto|jsonl] [--project P] FILE…",
        .summary = "reads OTLP JSON, OTLP protobuf or JSONL files, - for standard input",
        .run = import_command,
    },
};

/* --- waiting ------------------------------------------------------------------------ */

int command_wait(obs_command_call *call, const int *done)
{
    int rc = obs_command_wait(call, done);

    while (!*done)
        (void)obs_command_wait(call, done);
    return rc;
}

static void set_done(void *done)
{
    *(int *)done = 1;
}

/* For 10 ms. */
static int let_store_work(obs_command_call *call, const struct ingest *ingest)
{
    obs_timer *timer;
    int done = 0;
    int rc = obs_timer_start(ingest->instance, 10, /* period_ms= */ 0, set_done, &done, &timer);

    if (rc < 0)
        return rc;
    rc = obs_command_wait(call, &done);
    obs_timer_stop(timer);
    return rc;
}

/* --- storing -------------------------------------------------------------------------- */

struct append {
    int done;
    obs_append_result result;
};

static void appended(const obs_append_result *result, void *user)
{
    struct append *append = user;

    append->result = *result;
    append->done = 1;
}

/* Until every price is known. */
static int wait_for_prices(obs_command_call *call, const struct ingest *ingest)
{
    int known = 0;
    int rc = ingest->prices->wait(ingest->prices_self, set_done, &known);

    return rc < 0 ? rc : command_wait(call, &known);
}

int command_store(obs_command_call *call, const struct ingest *ingest, obs_arena *arena,
                  obs_span *spans, size_t n, struct stored *ret)
{
    const obs_scope all = {.size = sizeof(all), .all = 1};
    struct append append = {0};
    int rc = wait_for_prices(call, ingest);

    for (size_t i = 0; i < n && rc == OBS_OK; i++)
        rc = ingest_price(ingest, &spans[i], arena);
    if (rc < 0)
        return rc;
    while ((rc = ingest->store->append(ingest->store_self, &all, spans, n, NULL,
                                       obs_worker_current(), appended, &append)) == OBS_E_BUSY) {
        rc = let_store_work(call, ingest);
        if (rc < 0)
            return rc;
    }
    if (rc < 0)
        return rc;
    rc = command_wait(call, &append.done);
    if (append.result.error < 0)
        return append.result.error;
    *ret = (struct stored){append.result.n_stored, append.result.n_repeated};
    return rc;
}

/* --- telling -------------------------------------------------------------------------- */

int command_failed(const char *what, int rc)
{
    fprintf(stderr, "%s: %s\n", what, rc == OBS_E_CLOSED ? "interrupted" : obs_error(rc)->text);
    return rc == OBS_E_CLOSED ? EX_TEMPFAIL : EX_UNAVAILABLE;
}

void command_progress(const char *what, uint64_t done, uint64_t total)
{
    if (!isatty(STDERR_FILENO))
        return;
    if (total && done >= total)
        fprintf(stderr, "\r\033[K");
    else if (total)
        fprintf(stderr, "\r%llu of %llu %s (%u %%)", (unsigned long long)done,
                (unsigned long long)total, what, (unsigned)(100 * done / total));
    else
        fprintf(stderr, "\r%llu %s", (unsigned long long)done, what);
}
