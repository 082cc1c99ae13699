/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of the plugin, and what they share. */
#include "commands.h"
#include "command.h"

#include <stdio.h>
#include <time.h>
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

struct wait {
    int done;
    obs_append_result result;
};

static void appended(const obs_append_result *result, void *user)
{
    struct wait *wait = user;

    wait->result = *result;
    wait->done = 1;
}

int command_store(obs_command_call *call, const struct ingest *ingest, const obs_span *spans,
                  size_t n, struct stored *ret)
{
    const obs_scope all = {.size = sizeof(all), .all = 1};
    struct wait wait = {0};
    int rc;

    for (;;) {
        rc = ingest->store->append(ingest->store_self, &all, spans, n, obs_worker_current(),
                                   appended, &wait);
        if (rc != OBS_E_BUSY)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    if (rc < 0)
        return rc;
    rc = obs_command_wait(call, &wait.done);
    while (!wait.done) /* interrupted: the spans are borrowed until the answer */
        (void)obs_command_wait(call, &wait.done);
    if (rc == OBS_OK)
        rc = wait.result.error;
    if (rc == OBS_OK)
        *ret = (struct stored){wait.result.n_stored, wait.result.n_repeated};
    return rc;
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
