/* SPDX-License-Identifier: Apache-2.0 */
/* Cells of rollups as rows. Calls return a code of the database and belong inside a
 * transaction. */
#ifndef PLUGINS_LIB_STORE_ROLLUP_ROW_H
#define PLUGINS_LIB_STORE_ROLLUP_ROW_H

#include "rollup_delta.h"
#include "statement.h"

/* Writes what becomes of many cells; each store brings it, since a database beyond a
 * socket wants few statements and one in the process short ones. */
int rollup_rows_apply(struct statements *statements, const struct rollup_change *changes, size_t n);

/* --- for that ------------------------------------------------------------------------- */

/* Writes what becomes of one; `cell` is for the time of the call. */
int rollup_row_apply(struct statements *statements, const struct rollup_change *change,
                     struct cell *cell);

/* The key of a row. */
struct rollup_place {
    int64_t level, project, start_s, series;
};

struct rollup_place rollup_place(const struct rollup_change *change, int64_t project,
                                 int64_t series);

/* The numbers of a change's project and series, made when they are new. */
int rollup_row_series(struct statements *statements, const struct rollup_change *change,
                      int64_t *ret_project, int64_t *ret_series);

/* All that makes a series another one, as bytes: at most so many. */
size_t rollup_key_bytes(const struct rollup_change *change);
size_t rollup_key(const struct rollup_change *change, uint8_t *key);

int rollup_row_remove(struct statements *statements, const struct rollup_place *place);

/* The number of a family and resolution in the database. */
int rollup_level(int family, int resolution);

/* Merges the cell of the row at hand; its five columns begin at `column`, and any of
 * the last four may be NULL. */
int rollup_read_cell(struct statement *stmt, int column, struct cell *cell);

#endif
