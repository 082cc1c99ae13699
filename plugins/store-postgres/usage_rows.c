/* SPDX-License-Identifier: Apache-2.0 */
/* Many at a time, as arrays. */
#include "usage_rows.h"
#include "array.h"

#include <observatory/worker.h>

static int finish(struct statement *stmt, int rc)
{
    if (rc == DB_OK)
        rc = statement_step(stmt);
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

/* Arrays of identities, as parameters 1 to 3. */
struct identities {
    struct array traces, spans, projects;
};

static void add(struct identities *ids, const uint8_t *trace_id, const uint8_t *span_id,
                obs_str project)
{
    array_add_bytes(&ids->traces, obs_str_n((const char *)trace_id, 16));
    array_add_bytes(&ids->spans, obs_str_n((const char *)span_id, 8));
    array_add_text(&ids->projects, project);
}

static int bind(struct identities *ids, struct statement *stmt, int rc)
{
    if (rc == DB_OK)
        rc = array_bind(&ids->traces, stmt, 1, OID_BYTEA);
    if (rc == DB_OK)
        rc = array_bind(&ids->spans, stmt, 2, OID_BYTEA);
    if (rc == DB_OK)
        rc = array_bind(&ids->projects, stmt, 3, OID_TEXT);
    array_free(&ids->traces);
    array_free(&ids->spans);
    array_free(&ids->projects);
    return rc;
}

#define IDENTITIES "unnest(?1,?2,?3) WITH ORDINALITY k(trace_id,span_id,project_id,at)"
#define SAME(table)                                                                                \
    table ".trace_id=k.trace_id AND " table ".span_id=k.span_id AND " table                        \
          ".project_id=k.project_id"

/* --- notes ------------------------------------------------------------------------------- */

int usage_take_notes(struct statements *statements, const obs_span *spans, const int64_t *rows,
                     size_t n, uint32_t *ret_flags)
{
    static const obs_str sql = OBS_STR("DELETE FROM usage_below u USING " IDENTITIES
                                       " WHERE " SAME("u") " RETURNING k.at,u.flags");
    struct statement *stmt = NULL;
    struct identities ids = {0};
    int rc = statement_get(statements, sql, &stmt);

    for (size_t i = 0; i < n; i++)
        add(&ids, spans[i].trace_id, spans[i].span_id, spans[i].project_id);
    rc = bind(&ids, stmt, rc);
    while (rc == DB_OK && (rc = statement_step(stmt)) == DB_ROW) {
        size_t at = (size_t)statement_int(stmt, 0) - 1;

        ret_flags[at] = (uint32_t)statement_int(stmt, 1);
        rc = DB_OK;
    }
    (void)rows; /* one that was there already took its note when it came */
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

int usage_leave_notes(struct statements *statements, const struct usage_target *targets, size_t n)
{
    static const obs_str sql =
        OBS_STR("INSERT INTO usage_below(trace_id,span_id,project_id,flags,seen_ns) SELECT k.*,?5"
                " FROM unnest(?1,?2,?3,?4) k ON CONFLICT(trace_id,span_id,project_id)"
                " DO UPDATE SET flags=usage_below.flags|excluded.flags");
    struct statement *stmt = NULL;
    struct identities ids = {0};
    struct array flags = {0};
    int rc = statement_get(statements, sql, &stmt);

    for (size_t i = 0; i < n; i++) {
        add(&ids, targets[i].trace_id, targets[i].span_id, targets[i].project_id);
        array_add_int(&flags, targets[i].flags);
    }
    rc = bind(&ids, stmt, rc);
    if (rc == DB_OK)
        rc = array_bind(&flags, stmt, 4, OID_INT8);
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 5, obs_clock_wall_ns());
    array_free(&flags);
    return finish(stmt, rc);
}

/* --- spans --------------------------------------------------------------------------------- */

static void read_target(struct statement *stmt, struct usage_target *t)
{
    obs_str parent = statement_blob(stmt, 3);

    t->row = statement_int(stmt, 1);
    t->has = (uint32_t)statement_int(stmt, 2);
    if (parent.len == sizeof(t->parent))
        memcpy(t->parent, parent.ptr, parent.len);
    t->has_usage = statement_int(stmt, 4) != 0;
}

int usage_find(struct statements *statements, struct usage_target *targets, size_t n)
{
    static const obs_str sql = OBS_STR("SELECT k.at,s.id,s.flags,s.parent_span_id," USAGE_IS_THERE
                                       " FROM " IDENTITIES " JOIN spans s ON " SAME("s"));
    struct statement *stmt = NULL;
    struct identities ids = {0};
    int rc = n ? statement_get(statements, sql, &stmt) : DB_DONE;

    for (size_t i = 0; i < n; i++)
        add(&ids, targets[i].trace_id, targets[i].span_id, targets[i].project_id);
    rc = bind(&ids, stmt, rc);
    while (rc == DB_OK && (rc = statement_step(stmt)) == DB_ROW) {
        read_target(stmt, &targets[statement_int(stmt, 0) - 1]);
        rc = DB_OK;
    }
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

int usage_set_flags(struct statements *statements, const int64_t *rows, const uint32_t *flags,
                    size_t n)
{
    static const obs_str sql = OBS_STR("UPDATE spans s SET flags=s.flags|k.flags FROM"
                                       " unnest(?1,?2) k(id,flags) WHERE s.id=k.id");
    struct statement *stmt = NULL;
    struct array ids = {0}, bits = {0};
    int rc = statement_get(statements, sql, &stmt);

    for (size_t i = 0; i < n; i++) {
        array_add_int(&ids, rows[i]);
        array_add_int(&bits, flags[i]);
    }
    if (rc == DB_OK)
        rc = array_bind(&ids, stmt, 1, OID_INT8);
    if (rc == DB_OK)
        rc = array_bind(&bits, stmt, 2, OID_INT8);
    array_free(&ids);
    array_free(&bits);
    return finish(stmt, rc);
}
