/* SPDX-License-Identifier: Apache-2.0 */
/* A span as the row it has in `spans` and, when it has prompts, the one of the
 * same number in `contents`. All calls return a code of the database, and belong
 * inside the caller's transaction. */
#ifndef PLUGINS_LIB_STORE_ROW_H
#define PLUGINS_LIB_STORE_ROW_H

#include "statement.h"

#include <observatory/memory.h>
#include <observatory/span.h>

#include <stdbool.h>

/* The prepared statements. */
struct rows {
    struct db *db; /* borrowed */
    struct statement *insert, *content, *find, *change, *no_content;
};

/* rows_finish() takes half-made ones. */
int rows_init(struct rows *rows, struct db *db);
void rows_finish(struct rows *rows);

/* Inserts a span. `ret_row` is its row, or 0 when a span of its identity - project,
 * trace and span id - is there already, which stays as it is. */
int row_insert(struct rows *rows, const obs_span *span, int64_t *ret_row);

/* Inserts many; each store brings it, since a database beyond a socket wants few
 * statements. Rows are those of row_insert(). */
int rows_insert(struct rows *rows, struct statements *statements, const obs_span *spans, size_t n,
                int64_t *ret_rows);

/* Reads the span that has the identity of `like`, all of it, texts into `arena`.
 * `ret_row` is 0 when there is none. */
int row_find(struct rows *rows, const obs_span *like, obs_arena *arena, int64_t *ret_row,
             obs_span *ret_span);

/* Whether a span has any of the texts of contents. */
bool row_has_content(const obs_span *span);

/* Whether the texts of contents are the same slices in both. */
bool row_same_content(const obs_span *a, const obs_span *b);

/* Makes the row of `stored` say `changed`; its identity stays. Texts of contents
 * that are the same slices in both are not written again. */
int row_change(struct rows *rows, int64_t row, const obs_span *stored, const obs_span *changed);

#endif
