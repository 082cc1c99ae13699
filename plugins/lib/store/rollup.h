/* SPDX-License-Identifier: Apache-2.0 */
/* Rollups: kept in the transaction that writes the spans. All calls but the first
 * two return a code of the database and belong inside a transaction. */
#ifndef PLUGINS_LIB_STORE_ROLLUP_H
#define PLUGINS_LIB_STORE_ROLLUP_H

#include "rollup_delta.h"
#include "statement.h"

struct rollups {
    struct statements *statements; /* borrowed */
    struct rollup_delta *delta;
    int64_t counted, end; /* rows after `counted` up to `end` are yet to be counted */
};

/* Returns a code of the database. Finish takes half-made ones. */
int rollups_init(struct rollups *rollups, struct statements *statements);
void rollups_finish(struct rollups *rollups);

/* At the beginning of a transaction. */
int rollups_begin(struct rollups *rollups);

/* A span was inserted as `row`, or what is in it changed. */
int rollups_add(struct rollups *rollups, int64_t row, const obs_span *span);
int rollups_change(struct rollups *rollups, int64_t row, const obs_span *old, const obs_span *span);

/* Writes what the transaction did; before its end. */
int rollups_write(struct rollups *rollups);

/* Whether rows from before there were rollups are yet to be counted. */
bool rollups_lag(const struct rollups *rollups);

/* Notes that all rows up to `row` are counted. */
int rollups_note(struct rollups *rollups, int64_t row);

#endif
