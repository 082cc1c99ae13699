/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of feedback, once for writing and once for reading. */
#include "feedback.h"
#include "bind.h"
#include "conditions.h"
#include "dialect.h"

#include <math.h>
#include <stdlib.h>

static const uint8_t no_id[16];

static bool is_set(const uint8_t *id, size_t n)
{
    return memcmp(id, no_id, n) != 0;
}

/* --- writing --------------------------------------------------------------------- */

struct write {
    struct write_job job; /* first: a write_job is cast to a write */
    const obs_feedback *feedback;
    size_t n;
    struct sql sql; /* of a removal; its arena is the removal's */
    obs_append_fn done;
    void *user;
    obs_append_result result;
};

static int bind_text(sqlite3_stmt *stmt, int at, obs_str text)
{
    return text.len ? sqlite3_bind_text64(stmt, at, text.ptr, text.len, SQLITE_STATIC, SQLITE_UTF8)
                    : sqlite3_bind_null(stmt, at);
}

static int bind_id(sqlite3_stmt *stmt, int at, const uint8_t *id, int n)
{
    return is_set(id, (size_t)n) ? sqlite3_bind_blob(stmt, at, id, n, SQLITE_STATIC)
                                 : sqlite3_bind_null(stmt, at);
}

static int bind_feedback(sqlite3_stmt *stmt, const obs_feedback *f)
{
    const struct {
        int at;
        obs_str text;
    } texts[] = {{1, f->project_id}, {2, f->id},      {5, f->session_id},
                 {6, f->name},       {8, f->label},   {9, f->comment},
                 {10, f->source},    {11, f->author}, {13, f->metadata}};
    int rc = bind_id(stmt, 3, f->trace_id, 16);

    if (rc == SQLITE_OK)
        rc = bind_id(stmt, 4, f->span_id, 8);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && rc == SQLITE_OK; i++)
        rc = bind_text(stmt, texts[i].at, texts[i].text);
    if (rc == SQLITE_OK)
        rc = isnan(f->value) ? sqlite3_bind_null(stmt, 7) : sqlite3_bind_double(stmt, 7, f->value);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(stmt, 12, f->resolved);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(stmt, 14, f->ts_ns);
    return rc;
}

static int step(sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);

    statement_release(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Whether it is there already is asked first: an upsert does not tell. */
static int write_one(struct write *w, struct writing *writing, const obs_feedback *f)
{
    static const obs_str there = OBS_STR("SELECT 1 FROM feedback WHERE project_id=?1 AND id=?2");
    static const obs_str sql = OBS_STR(
        "REPLACE INTO feedback(project_id,id,trace_id,span_id,session_id,name,value,label,comment,"
        "source,author,resolved,metadata,ts_ns) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,"
        "?14)");
    sqlite3_stmt *stmt = NULL;
    int rc = statement_get(&writing->statements, there, &stmt);
    bool found;

    if (rc == SQLITE_OK)
        rc = bind_text(stmt, 1, f->project_id);
    if (rc == SQLITE_OK)
        rc = bind_text(stmt, 2, f->id);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    statement_release(stmt);
    found = rc == SQLITE_ROW;
    if (!found && rc != SQLITE_DONE)
        return rc;
    rc = statement_get(&writing->statements, sql, &stmt);
    if (rc == SQLITE_OK)
        rc = bind_feedback(stmt, f);
    if (rc != SQLITE_OK) {
        statement_release(stmt);
        return rc;
    }
    if (found)
        w->result.n_merged++;
    else
        w->result.n_stored++;
    return step(stmt);
}

static int write_all(struct write_job *job, struct writing *writing)
{
    struct write *w = (struct write *)job;
    int rc = SQLITE_OK;

    w->result = (obs_append_result){.size = sizeof(w->result)};
    for (size_t i = 0; i < w->n && rc == SQLITE_OK; i++)
        rc = write_one(w, writing, feedback_at(w->feedback, i));
    return rc;
}

static int write_removal(struct write_job *job, struct writing *writing)
{
    struct write *w = (struct write *)job;
    sqlite3_stmt *stmt = NULL;
    int rc = statement_bound(&writing->statements, &w->sql, &stmt);

    w->result = (obs_append_result){.size = sizeof(w->result)};
    if (rc == SQLITE_OK)
        rc = step(stmt);
    else
        statement_release(stmt);
    if (rc == SQLITE_OK)
        w->result.n_merged = (uint64_t)sqlite3_changes(writing->db);
    return rc;
}

static void written(struct write_job *job)
{
    struct write *w = (struct write *)job;

    if (job->error < 0)
        w->result = (obs_append_result){.size = sizeof(w->result)};
    w->result.error = job->error;
    w->done(&w->result, w->user);
    if (w->sql.arena)
        obs_arena_destroy(w->sql.arena);
    free(w);
}

static bool is_valid(const obs_feedback *f)
{
    return f->id.len && f->id.len <= 256 && f->project_id.len && f->name.len &&
           (is_set(f->trace_id, 16) || f->session_id.len) && f->resolved <= OBS_FEEDBACK_UNSAID &&
           !isinf(f->value);
}

static struct write *write_new(obs_worker *worker, obs_append_fn done, void *user)
{
    struct write *w = calloc(1, sizeof(*w));

    if (w)
        *w = (struct write){.job = {.worker = worker, .done = written}, .done = done, .user = user};
    return w;
}

int feedback_submit_put(struct writer *writer, const obs_feedback *feedback, size_t n,
                        obs_worker *worker, obs_append_fn done, void *user)
{
    struct write *w;
    int rc;

    if (n == 0 || feedback->size < sizeof(*feedback))
        return OBS_E_INVALID;
    for (size_t i = 0; i < n; i++)
        if (!is_valid(feedback_at(feedback, i)))
            return OBS_E_INVALID;
    w = write_new(worker, done, user);
    if (!w)
        return OBS_E_NOMEM;
    w->feedback = feedback;
    w->n = n;
    w->job.write = write_all;
    w->job.bytes = n * sizeof(*feedback);
    rc = writer_submit(writer, &w->job);
    if (rc < 0)
        free(w);
    return rc;
}

/* The statement is made on the caller's thread, for the scope lives only there. */
static int build_removal(struct sql *sql, const obs_scope *scope, obs_str id)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    int rc = arena ? sql_init(sql, arena, &sqlite_dialect) : OBS_E_NOMEM;

    if (rc == OBS_OK) {
        obs_buf_printf(sql->text, "DELETE FROM feedback WHERE id=");
        rc = sql_bind_text(sql, id);
    }
    if (rc == OBS_OK)
        rc = scope_sql(sql, scope, "project_id");
    if (rc == OBS_OK)
        rc = obs_buf_error(sql->text);
    if (rc < 0 && arena)
        obs_arena_destroy(arena);
    return rc;
}

int feedback_submit_remove(struct writer *writer, const obs_scope *scope, obs_str id,
                           obs_worker *worker, obs_append_fn done, void *user)
{
    struct write *w;
    int rc;

    if (!id.len)
        return OBS_E_INVALID;
    w = write_new(worker, done, user);
    if (!w)
        return OBS_E_NOMEM;
    rc = build_removal(&w->sql, scope, id);
    if (rc < 0) {
        free(w);
        return rc;
    }
    w->job.write = write_removal;
    w->job.bytes = sizeof(*w);
    rc = writer_submit(writer, &w->job);
    if (rc < 0) {
        obs_arena_destroy(w->sql.arena);
        free(w);
    }
    return rc;
}

/* --- reading ---------------------------------------------------------------------- */

struct get {
    struct read_job job; /* first: a read_job is cast to a get */
    struct sql sql;
    uint32_t limit;
    obs_feedback_fn row;
    obs_search_fn done;
    void *user;
    obs_search_result result;
};

static obs_str text_of(sqlite3_stmt *stmt, int column)
{
    return obs_str_n((const char *)sqlite3_column_text(stmt, column),
                     (size_t)sqlite3_column_bytes(stmt, column));
}

static void read_id(sqlite3_stmt *stmt, int column, uint8_t *to, size_t n)
{
    const void *blob = sqlite3_column_blob(stmt, column);

    if (blob && (size_t)sqlite3_column_bytes(stmt, column) == n)
        memcpy(to, blob, n);
}

static void read_feedback(sqlite3_stmt *stmt, obs_feedback *ret)
{
    *ret = (obs_feedback){
        .size = sizeof(*ret),
        .project_id = text_of(stmt, 0),
        .id = text_of(stmt, 1),
        .session_id = text_of(stmt, 4),
        .name = text_of(stmt, 5),
        .value = sqlite3_column_type(stmt, 6) == SQLITE_NULL ? NAN : sqlite3_column_double(stmt, 6),
        .label = text_of(stmt, 7),
        .comment = text_of(stmt, 8),
        .source = text_of(stmt, 9),
        .author = text_of(stmt, 10),
        .resolved = (uint32_t)sqlite3_column_int64(stmt, 11),
        .metadata = text_of(stmt, 12),
        .ts_ns = sqlite3_column_int64(stmt, 13),
    };
    read_id(stmt, 2, ret->trace_id, 16);
    read_id(stmt, 3, ret->span_id, 8);
}

static void run(struct read_job *job, struct statements *statements)
{
    struct get *g = (struct get *)job;
    sqlite3_stmt *stmt = NULL;
    bool enough = false;
    int rc = statement_bound(statements, &g->sql, &stmt);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    while (rc == SQLITE_ROW && !enough) {
        obs_feedback feedback;

        read_feedback(stmt, &feedback);
        g->result.n_rows++;
        enough = (g->row && g->row(&feedback, g->user)) || g->result.n_rows == g->limit;
        rc = sqlite3_step(stmt);
    }
    g->result.has_more = rc == SQLITE_ROW;
    statement_release(stmt);
    g->result.error = rc == SQLITE_ROW || rc == SQLITE_DONE ? OBS_OK : db_error(statements->db, rc);
}

static void finish(struct read_job *job)
{
    struct get *g = (struct get *)job;

    g->done(&g->result, g->user);
    obs_arena_destroy(g->sql.arena);
}

static int put_id(struct sql *sql, const char *column, const uint8_t *id, size_t n)
{
    if (!is_set(id, n))
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

    obs_buf_printf(
        sql->text,
        "SELECT project_id,id,trace_id,span_id,session_id,name,value,label,comment,source,"
        "author,resolved,metadata,ts_ns FROM feedback WHERE 1=1");
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

int feedback_submit_get(struct readers *readers, const obs_scope *scope,
                        const obs_feedback_query *query, obs_feedback_fn row, obs_search_fn done,
                        void *user)
{
    obs_arena *arena;
    struct get *g;
    int rc;

    if (query->limit == 0 ||
        (!is_set(query->trace_id, 16) && !query->session_id.len && !query->id.len))
        return OBS_E_INVALID;
    arena = obs_arena_create(/* limit_bytes= */ 0);
    g = arena ? obs_arena_calloc(arena, 1, sizeof(*g)) : NULL;
    rc = g ? sql_init(&g->sql, arena, &sqlite_dialect) : OBS_E_NOMEM;
    if (rc == OBS_OK)
        rc = build(&g->sql, scope, query);
    if (rc == OBS_OK) {
        g->job.run = run;
        g->job.done = finish;
        g->limit = query->limit;
        g->row = row;
        g->done = done;
        g->user = user;
        g->result.size = sizeof(g->result);
        g->result.total = OBS_ABSENT;
        rc = readers_submit(readers, &g->job);
    }
    if (rc < 0)
        obs_arena_destroy(arena);
    return rc;
}
