/* SPDX-License-Identifier: Apache-2.0 */
/* What a transaction does is gathered, and written before its end. */
#include "rollup.h"
#include "rollup_row.h"

int rollups_init(struct rollups *r, struct statements *statements)
{
    *r = (struct rollups){.statements = statements, .delta = rollup_delta_new()};
    return r->delta ? DB_OK : DB_NOMEM;
}

void rollups_finish(struct rollups *r)
{
    rollup_delta_free(r->delta);
    *r = (struct rollups){0};
}

/* --- what is counted already ------------------------------------------------------------- */

int rollups_begin(struct rollups *r)
{
    static const obs_str sql = OBS_STR("SELECT counted,last FROM rollup_state");
    struct statement *stmt = NULL;
    int rc = statement_get(r->statements, sql, &stmt);

    rollup_delta_clear(r->delta);
    if (rc != DB_OK)
        return rc;
    rc = statement_step(stmt);
    if (rc == DB_ROW) {
        r->counted = statement_int(stmt, 0);
        r->end = statement_int(stmt, 1);
        rc = DB_OK;
    }
    statement_release(stmt);
    return rc;
}

bool rollups_lag(const struct rollups *r)
{
    return r->counted < r->end;
}

static bool is_counted(const struct rollups *r, int64_t row)
{
    return row <= r->counted || row > r->end;
}

int rollups_note(struct rollups *r, int64_t row)
{
    static const obs_str sql = OBS_STR("UPDATE rollup_state SET counted=?1");
    struct statement *stmt = NULL;
    int rc = statement_get(r->statements, sql, &stmt);

    if (rc != DB_OK)
        return rc;
    rc = statement_bind_int(stmt, 1, row);
    if (rc == DB_OK)
        rc = statement_step(stmt);
    statement_release(stmt);
    r->counted = row;
    return rc == DB_DONE ? DB_OK : rc;
}

static int code_of(int rc)
{
    return rc == OBS_OK ? DB_OK : DB_NOMEM;
}

int rollups_add(struct rollups *r, int64_t row, const obs_span *span)
{
    return is_counted(r, row) ? code_of(rollup_delta_add(r->delta, span)) : DB_OK;
}

int rollups_change(struct rollups *r, int64_t row, const obs_span *old, const obs_span *span)
{
    return is_counted(r, row) ? code_of(rollup_delta_change(r->delta, old, span)) : DB_OK;
}

int rollups_write(struct rollups *r)
{
    const struct rollup_change *changes = NULL;
    size_t n = 0;
    int rc = code_of(rollup_delta_changes(r->delta, &changes, &n));

    if (rc == DB_OK)
        rc = rollup_rows_apply(r->statements, changes, n);
    rollup_delta_clear(r->delta);
    return rc;
}
