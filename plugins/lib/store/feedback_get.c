/* SPDX-License-Identifier: Apache-2.0 */
/* Feedback by what it is about, or by its id. */
#include "feedback.h"
#include "bind.h"
#include "conditions.h"
#include "dialect.h"

#include <math.h>

struct get {
    struct read_job job; /* first: a read_job is cast to a get */
    struct sql sql;
    uint32_t limit;
    obs_feedback_fn row;
    obs_search_fn done;
    void *user;
    obs_search_result result;
};

/* --- building ------------------------------------------------------------------- */

static int put_id(struct sql *sql, const char *column, const uint8_t *id, size_t n)
{
    if (!feedback_has_id(id, n))
        return OBS_OK;
    obs_buf_printf(sql->text, " AND %s=", column);
    return sql_bind_value(sql, BIND_BLOB, &(obs_value){.s = obs_str_n((const char *)id, n)});
}

static int put_text(struct sql *sql, const char *column, obs_str text)
{
    if (!text.len)
        return OBS_OK;
    obs_buf_printf(sql->text, " AND %s=", column);
    return sql_bind_text(sql, text);
}

static int build(struct sql *sql, const obs_scope *scope, const obs_feedback_query *query)
{
    int rc;

    obs_buf_printf(sql->text, "SELECT " FEEDBACK_COLUMNS " FROM feedback WHERE 1=1");
    rc = put_id(sql, "trace_id", query->trace_id, sizeof(query->trace_id));
    if (rc == OBS_OK)
        rc = put_id(sql, "span_id", query->span_id, sizeof(query->span_id));
    if (rc == OBS_OK)
        rc = put_text(sql, "session_id", query->session_id);
    if (rc == OBS_OK)
        rc = put_text(sql, "id", query->id);
    if (rc == OBS_OK)
        rc = scope_sql(sql, scope, "project_id");
    if (rc < 0)
        return rc;
    obs_buf_printf(sql->text, " ORDER BY ts_ns,project_id,id LIMIT ");
    rc = sql_bind_int(sql, (int64_t)query->limit + 1);
    return rc < 0 ? rc : obs_buf_error(sql->text);
}

/* --- running -------------------------------------------------------------------- */

static obs_str text_of(struct statement *stmt, int column)
{
    return statement_text(stmt, column);
}

static void read_id(struct statement *stmt, int column, uint8_t *to, size_t n)
{
    obs_str blob = statement_blob(stmt, column);

    if (blob.len == n)
        memcpy(to, blob.ptr, n);
}

static obs_feedback read_feedback(struct statement *stmt)
{
    obs_feedback f = {
        .size = sizeof(f),
        .project_id = text_of(stmt, 0),
        .id = text_of(stmt, 1),
        .session_id = text_of(stmt, 4),
        .name = text_of(stmt, 5),
        .value = statement_is_null(stmt, 6) ? NAN : statement_real(stmt, 6),
        .label = text_of(stmt, 7),
        .comment = text_of(stmt, 8),
        .source = text_of(stmt, 9),
        .author = text_of(stmt, 10),
        .resolved = (uint32_t)statement_int(stmt, 11),
        .metadata = text_of(stmt, 12),
        .ts_ns = statement_int(stmt, 13),
    };

    read_id(stmt, 2, f.trace_id, sizeof(f.trace_id));
    read_id(stmt, 3, f.span_id, sizeof(f.span_id));
    return f;
}

static void run(struct read_job *job, struct statements *statements)
{
    struct get *g = (struct get *)job;
    struct statement *stmt = NULL;
    bool enough = false;
    int rc = statement_bound(statements, &g->sql, &stmt);

    if (rc == DB_OK)
        rc = statement_step(stmt);
    while (rc == DB_ROW && !enough) {
        obs_feedback feedback = read_feedback(stmt);

        g->result.n_rows++;
        enough = g->row(&feedback, g->user) || g->result.n_rows == g->limit;
        rc = statement_step(stmt);
    }
    g->result.has_more = rc == DB_ROW;
    g->result.error = db_error(statements->db, rc);
    statement_release(stmt);
}

static void finish(struct read_job *job)
{
    struct get *g = (struct get *)job;

    g->done(&g->result, g->user);
    obs_arena_destroy(g->sql.arena);
}

/* --- calls ---------------------------------------------------------------------- */

static int create(const obs_scope *scope, const obs_feedback_query *query, struct get **ret_get)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    struct get *g = arena ? obs_arena_calloc(arena, 1, sizeof(*g)) : NULL;
    int rc = g ? sql_init(&g->sql, arena, &store_dialect) : OBS_E_NOMEM;

    if (rc == OBS_OK)
        rc = build(&g->sql, scope, query);
    if (rc < 0)
        obs_arena_destroy(arena);
    else
        *ret_get = g;
    return rc;
}

int feedback_submit_get(struct readers *readers, const obs_scope *scope,
                        const obs_feedback_query *query, obs_feedback_fn row, obs_search_fn done,
                        void *user)
{
    struct get *g;
    int rc;

    if (query->limit == 0 || (!feedback_has_id(query->trace_id, sizeof(query->trace_id)) &&
                              !query->session_id.len && !query->id.len))
        return OBS_E_INVALID;
    rc = create(scope, query, &g);
    if (rc < 0)
        return rc;
    g->job.op = READ_FEEDBACK;
    g->job.run = run;
    g->job.done = finish;
    g->limit = query->limit;
    g->row = row;
    g->done = done;
    g->user = user;
    g->result.size = sizeof(g->result);
    g->result.total = OBS_ABSENT;
    rc = readers_submit(readers, &g->job, /* timeout_ns= */ 0);
    if (rc < 0)
        obs_arena_destroy(g->sql.arena);
    return rc;
}
