/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands share: storing a batch and waiting for it, progress. */
#ifndef INGEST_COMMAND_H
#define INGEST_COMMAND_H

#include "ingest.h"

struct stored {
    uint64_t n_stored, n_repeated;
};

/* Waits until `*done` is set, though the user interrupts: for what borrows the
 * caller's memory. OBS_E_CLOSED tells that the user did. */
OBS_MUST_CHECK int command_wait(obs_command_call *call, const int *done);

/* Prices and appends spans, with texts in `arena`, and waits until they are durable; waits, too,
 * while the store is busy. Errors: those of obs_store.append; OBS_E_CLOSED: the user interrupted,
 * and `ret` says what was stored nevertheless. */
OBS_MUST_CHECK int command_store(obs_command_call *call, const struct ingest *ingest,
                                 obs_arena *arena, obs_span *spans, size_t n, struct stored *ret);

/* Tells why `what`, a command or a file, ended early; returns the exit code. */
int command_failed(const char *what, int rc);

/* Shows `done` of `total` (0: unknown) when stderr is a terminal; clears the line
 * at the end. */
void command_progress(const char *what, uint64_t done, uint64_t total);

int demo_command(obs_command_call *call, void *self);
int import_command(obs_command_call *call, void *self);

#endif
