/* SPDX-License-Identifier: Apache-2.0 */
/* Spans that are there already, and fragments that wait for theirs. */
#ifndef STORE_SQLITE_MERGE_H
#define STORE_SQLITE_MERGE_H

#include "insert.h"

#include <observatory/store.h>

/* What became of a span. */
enum merged { MERGED_SAME, MERGED_NEW, MERGED_CHANGED, MERGED_WAITS };

/* Who merges, and what they complained about. */
struct merge_call {
    obs_merge_fn merge; /* NULL: what is there stays */
    void *user;
    int error; /* of merge(); OBS_OK: none */
};

/* The writer's. Zero to begin with. */
struct merging {
    sqlite3 *db; /* borrowed */
    sqlite3_stmt *find, *update, *content, *no_content, *forget, *keep, *waiting, *taken, *any,
        *version;
    int64_t data_version; /* of the file: another process wrote when it changes */
    int has_fragments;    /* -1: to be looked for */
};

/* Both return a SQLite result code; merging_finish() takes half-made ones. */
int merging_init(struct merging *merging, sqlite3 *db);
void merging_finish(struct merging *merging);

/* At the begin of every transaction, and after one that failed: what is known of
 * the file may be wrong. Returns a SQLite result code. */
int merging_begin(struct merging *merging);
void merging_failed(struct merging *merging);

/* Whether any fragment may wait. */
static inline int merging_has_fragments(const struct merging *merging)
{
    return merging->has_fragments;
}

/* Inserts, merges or keeps one span inside the caller's transaction. Returns a
 * SQLite result code, SQLITE_CONSTRAINT_FUNCTION when call->error says more. */
int merging_span(struct merging *merging, struct insert *insert, const obs_span *span,
                 struct merge_call *call, enum merged *ret_merged);

/* Removes up to `n` fragments that came before a moment; `ret_left` is how many
 * wait then. Returns a SQLite result code. */
int merging_expire(struct merging *merging, int64_t before_ns, int n, int64_t *ret_left);

#endif
