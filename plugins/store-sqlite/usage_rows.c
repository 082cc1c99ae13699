/* SPDX-License-Identifier: Apache-2.0 */
/* One after the other: a statement costs microseconds here. */
#include "usage_rows.h"

#include <observatory/worker.h>

static int step(struct statement *stmt)
{
    int rc = statement_step(stmt);

    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

static int bind_identity(struct statement *stmt, const uint8_t *trace_id, const uint8_t *span_id,
                         obs_str project)
{
    int rc = statement_bind_blob(stmt, 1, trace_id, 16);

    if (rc == DB_OK)
        rc = statement_bind_blob(stmt, 2, span_id, 8);
    return rc == DB_OK ? statement_bind_text(stmt, 3, project) : rc;
}

/* --- notes ------------------------------------------------------------------------------- */

static int take_note(struct statements *statements, const obs_span *span, uint32_t *ret_flags)
{
    static const obs_str sql = OBS_STR("DELETE FROM usage_below WHERE trace_id=?1 AND span_id=?2"
                                       " AND project_id=?3 RETURNING flags");
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    *ret_flags = 0;
    if (rc == DB_OK)
        rc = bind_identity(stmt, span->trace_id, span->span_id, span->project_id);
    if (rc == DB_OK)
        rc = statement_step(stmt);
    if (rc == DB_ROW) {
        *ret_flags = (uint32_t)statement_int(stmt, 0);
        rc = statement_step(stmt);
    }
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

int usage_take_notes(struct statements *statements, const obs_span *spans, const int64_t *rows,
                     size_t n, uint32_t *ret_flags)
{
    int rc = DB_OK;

    for (size_t i = 0; i < n && rc == DB_OK; i++)
        if (rows[i])
            rc = take_note(statements, &spans[i], &ret_flags[i]);
    return rc;
}

int usage_leave_notes(struct statements *statements, const struct usage_target *targets, size_t n)
{
    static const obs_str sql =
        OBS_STR("INSERT INTO usage_below(trace_id,span_id,project_id,flags,seen_ns)"
                " VALUES(?1,?2,?3,?4,?5) ON CONFLICT(trace_id,span_id,project_id)"
                " DO UPDATE SET flags=usage_below.flags|excluded.flags");
    int rc = DB_OK;

    for (size_t i = 0; i < n && rc == DB_OK; i++) {
        const struct usage_target *t = &targets[i];
        struct statement *stmt = NULL;

        rc = statement_get(statements, sql, &stmt);
        if (rc == DB_OK)
            rc = bind_identity(stmt, t->trace_id, t->span_id, t->project_id);
        if (rc == DB_OK)
            rc = statement_bind_int(stmt, 4, t->flags);
        if (rc == DB_OK)
            rc = statement_bind_int(stmt, 5, obs_clock_wall_ns());
        rc = rc == DB_OK ? step(stmt) : rc;
    }
    return rc;
}

/* --- spans --------------------------------------------------------------------------------- */

static int find(struct statements *statements, struct usage_target *t)
{
    static const obs_str sql =
        OBS_STR("SELECT id,flags,parent_span_id," USAGE_IS_THERE " FROM spans s"
                " WHERE trace_id=?1 AND span_id=?2 AND project_id=?3");
    struct statement *stmt = NULL;
    obs_str parent;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = bind_identity(stmt, t->trace_id, t->span_id, t->project_id);
    if (rc == DB_OK)
        rc = statement_step(stmt);
    if (rc == DB_ROW) {
        t->row = statement_int(stmt, 0);
        t->has = (uint32_t)statement_int(stmt, 1);
        parent = statement_blob(stmt, 2);
        if (parent.len == sizeof(t->parent))
            memcpy(t->parent, parent.ptr, parent.len);
        t->has_usage = statement_int(stmt, 3) != 0;
        rc = DB_DONE;
    }
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

int usage_find(struct statements *statements, struct usage_target *targets, size_t n)
{
    int rc = DB_OK;

    for (size_t i = 0; i < n && rc == DB_OK; i++)
        rc = find(statements, &targets[i]);
    return rc;
}

int usage_set_flags(struct statements *statements, const int64_t *rows, const uint32_t *flags,
                    size_t n)
{
    static const obs_str sql = OBS_STR("UPDATE spans SET flags=flags|?1 WHERE id=?2");
    int rc = DB_OK;

    for (size_t i = 0; i < n && rc == DB_OK; i++) {
        struct statement *stmt = NULL;

        rc = statement_get(statements, sql, &stmt);
        if (rc == DB_OK)
            rc = statement_bind_int(stmt, 1, flags[i]);
        if (rc == DB_OK)
            rc = statement_bind_int(stmt, 2, rows[i]);
        rc = rc == DB_OK ? step(stmt) : rc;
    }
    return rc;
}
