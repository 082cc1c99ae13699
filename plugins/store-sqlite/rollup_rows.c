/* SPDX-License-Identifier: Apache-2.0 */
/* One after the other: a statement costs microseconds here. */
#include "rollup_row.h"

int rollup_rows_apply(struct statements *statements, const struct rollup_change *changes, size_t n)
{
    struct cell cell;
    int rc = DB_OK;

    cell_init(&cell);
    for (size_t i = 0; i < n && rc == DB_OK; i++)
        rc = rollup_row_apply(statements, &changes[i], &cell);
    cell_free(&cell);
    return rc;
}
