/* SPDX-License-Identifier: Apache-2.0 */
/* Most files have no fragments, so whether there are any is remembered. That may
 * be wrong after a rollback, and when another process wrote to the file, which
 * the database tells. */
#include "fragment.h"
#include "columns.h"
#include "span_pack.h"

#include <observatory/worker.h>

static int step(struct statement *stmt)
{
    int rc = statement_step(stmt);

    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

/* The one number that a statement gives. */
static int step_number(struct statement *stmt, int64_t *ret_number)
{
    int rc = statement_step(stmt);

    if (rc == DB_ROW) {
        *ret_number = statement_int(stmt, 0);
        rc = DB_OK;
    }
    statement_release(stmt);
    return rc;
}

static int read_number(struct fragments *fragments, obs_str sql, int64_t *ret_number)
{
    struct statement *stmt = NULL;
    int rc = statement_get(fragments->statements, sql, &stmt);

    return rc == DB_OK ? step_number(stmt, ret_number) : rc;
}

/* The statement with the identity of `span` as its first parameters. */
static int statement_of(struct fragments *fragments, obs_str sql, const obs_span *span,
                        struct statement **ret_stmt)
{
    int rc = statement_get(fragments->statements, sql, ret_stmt);

    if (rc == DB_OK)
        rc = column_bind_identity(*ret_stmt, span);
    if (rc != DB_OK)
        statement_release(*ret_stmt);
    return rc;
}

int fragments_look(struct fragments *fragments)
{
    static const obs_str any_sql = OBS_STR("SELECT EXISTS(SELECT 1 FROM fragments)");
    int64_t version = 0, any = 0;
    int rc = db_version(fragments->statements->db, &version);

    if (rc != DB_OK || (fragments->known && version == fragments->data_version))
        return rc;
    rc = read_number(fragments, any_sql, &any);
    fragments->known = rc == DB_OK;
    fragments->any = any != 0;
    fragments->data_version = version;
    return rc;
}

int fragment_keep(struct fragments *fragments, const obs_span *fragment, obs_arena *arena)
{
    static const obs_str sql =
        OBS_STR("INSERT INTO fragments(trace_id,span_id,project_id,received_ns,span)"
                " VALUES(?1,?2,?3,?4,?5)");
    obs_str bytes = span_pack(arena, fragment);
    struct statement *stmt = NULL;
    int rc = bytes.ptr ? statement_of(fragments, sql, fragment, &stmt) : DB_NOMEM;

    if (rc != DB_OK)
        return rc;
    rc = statement_bind_int(stmt, 4, obs_clock_wall_ns());
    if (rc == DB_OK)
        rc = statement_bind_blob(stmt, 5, bytes.ptr, bytes.len);
    if (rc != DB_OK) {
        statement_release(stmt);
        return rc;
    }
    fragments->any = true;
    return step(stmt);
}

int fragments_wait_for(struct fragments *fragments, const obs_span *span, bool *ret_any)
{
    static const obs_str sql = OBS_STR("SELECT EXISTS(SELECT 1 FROM fragments WHERE trace_id=?1"
                                       " AND span_id=?2 AND project_id=?3)");
    struct statement *stmt = NULL;
    int64_t any = 0;
    int rc;

    *ret_any = false;
    if (!fragments->any)
        return DB_OK;
    rc = statement_of(fragments, sql, span, &stmt);
    if (rc == DB_OK)
        rc = step_number(stmt, &any);
    *ret_any = any != 0;
    return rc;
}

/* Puts the fragment at hand, whose texts are slices of its bytes, into a list. */
static int read_fragment(struct statement *stmt, obs_arena *arena, struct fragment ***last)
{
    obs_str bytes = statement_blob(stmt, 0);
    struct fragment *fragment = obs_arena_calloc(arena, 1, sizeof(*fragment));

    bytes = obs_arena_dup(arena, bytes);
    if (!fragment || !bytes.ptr)
        return DB_NOMEM;
    if (span_unpack(bytes, &fragment->span) < 0)
        return DB_OK;
    **last = fragment;
    *last = &fragment->next;
    return DB_OK;
}

int fragments_take(struct fragments *fragments, const obs_span *span, obs_arena *arena,
                   struct fragment **ret_first)
{
    static const obs_str read = OBS_STR("SELECT span FROM fragments WHERE trace_id=?1"
                                        " AND span_id=?2 AND project_id=?3 ORDER BY id");
    static const obs_str remove =
        OBS_STR("DELETE FROM fragments WHERE trace_id=?1 AND span_id=?2 AND project_id=?3");
    struct fragment **last = ret_first;
    struct statement *stmt = NULL;
    int rc = statement_of(fragments, read, span, &stmt);

    *ret_first = NULL;
    if (rc != DB_OK)
        return rc;
    while ((rc = statement_step(stmt)) == DB_ROW)
        if ((rc = read_fragment(stmt, arena, &last)) != DB_OK)
            break;
    statement_release(stmt);
    if (rc != DB_DONE)
        return rc;
    rc = statement_of(fragments, remove, span, &stmt);
    return rc == DB_OK ? step(stmt) : rc;
}

int fragments_expire(struct fragments *fragments, int64_t before_ns, int n, int *ret_removed)
{
    static const obs_str sql = OBS_STR("DELETE FROM fragments WHERE id IN(SELECT id FROM fragments"
                                       " WHERE received_ns<?1 ORDER BY received_ns LIMIT ?2)");
    struct statement *stmt = NULL;
    int rc = statement_get(fragments->statements, sql, &stmt);

    *ret_removed = 0;
    if (rc != DB_OK)
        return rc;
    rc = statement_bind_int(stmt, 1, before_ns);
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 2, n);
    if (rc != DB_OK) {
        statement_release(stmt);
        return rc;
    }
    rc = step(stmt);
    if (rc == DB_OK)
        *ret_removed = (int)db_changes(fragments->statements->db);
    return rc;
}

int fragments_count(struct fragments *fragments, int64_t *ret_n)
{
    static const obs_str sql = OBS_STR("SELECT count(*) FROM fragments");

    return read_number(fragments, sql, ret_n);
}
