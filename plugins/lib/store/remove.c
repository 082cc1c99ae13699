/* SPDX-License-Identifier: Apache-2.0 */
/* In steps of a few spans, each a job of the writer, so that what others write gets
 * in between. Rollups stay as they are. */
#include "remove.h"
#include "bind.h"
#include "conditions.h"
#include "dialect.h"

#define MAX_JOB_BYTES ((size_t)4 << 20)
#define AT_ONCE 256

struct removing {
    struct write_job job; /* first: a write_job is cast to a removing */
    struct writer *writer;
    struct sql sql; /* which rows are next */
    bool contents;
    int64_t removed; /* by this step */
    obs_append_fn done;
    void *user;
    obs_append_result result;
};

/* --- building -------------------------------------------------------------------------- */

static int build(struct removing *r, obs_arena *arena, const struct settings *settings,
                 const obs_scope *scope, const obs_span_set *spans, uint32_t flags)
{
    int rc = sql_init(&r->sql, arena, &store_dialect);

    if (rc < 0)
        return rc;
    if (spans->from_ns > spans->to_ns)
        return OBS_E_INVALID;
    r->contents = (flags & OBS_REMOVE_CONTENT) != 0;
    obs_buf_printf(r->sql.text, "SELECT s.id,s.trace_id,s.project_id");
    from_sql(&r->sql, settings, spans->filter, r->contents);
    rc = conditions_sql(&r->sql, settings, scope, spans->from_ns, spans->to_ns, spans->filter);
    obs_buf_printf(r->sql.text, "%s LIMIT %d", r->contents ? " AND c.id IS NOT NULL" : "", AT_ONCE);
    return rc < 0 ? rc : obs_buf_error(r->sql.text);
}

/* --- rows -------------------------------------------------------------------------------- */

/* A span that goes. */
struct victim {
    int64_t row;
    uint8_t trace_id[16];
    obs_str project;
};

static int find_victims(struct statements *statements, const struct sql *sql, obs_arena *arena,
                        struct victim *victims, size_t *ret_n)
{
    struct statement *stmt = NULL;
    int rc = statement_bound(statements, sql, &stmt);

    *ret_n = 0;
    while (rc == DB_OK && *ret_n < AT_ONCE && (rc = statement_step(stmt)) == DB_ROW) {
        struct victim *v = &victims[(*ret_n)++];
        obs_str trace;

        v->row = statement_int(stmt, 0);
        trace = statement_blob(stmt, 1);
        if (trace.len == sizeof(v->trace_id))
            memcpy(v->trace_id, trace.ptr, sizeof(v->trace_id));
        v->project = obs_arena_dup(arena, statement_text(stmt, 2));
        rc = v->project.ptr ? DB_OK : DB_NOMEM;
    }
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

static int step(struct statement *stmt)
{
    int rc = statement_step(stmt);

    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

static int remove_row(struct statements *statements, obs_str sql, int64_t row)
{
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 1, row);
    return rc == DB_OK ? step(stmt) : rc;
}

/* What waits for a span of a trace, or judges it, goes with the last one of its spans. */
static int remove_trace(struct statements *statements, obs_str sql, const struct victim *v)
{
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = statement_bind_blob(stmt, 1, v->trace_id, sizeof(v->trace_id));
    if (rc == DB_OK)
        rc = statement_bind_text(stmt, 2, v->project);
    return rc == DB_OK ? step(stmt) : rc;
}

#define LAST                                                                                       \
    " WHERE trace_id=?1 AND project_id=?2 AND NOT EXISTS(SELECT 1 FROM spans"                      \
    " WHERE trace_id=?1 AND project_id=?2)"

static int remove_victim(struct writing *w, const struct victim *v, bool contents)
{
    static const obs_str content = OBS_STR("DELETE FROM contents WHERE id=?1");
    static const obs_str span = OBS_STR("DELETE FROM spans WHERE id=?1");
    static const obs_str feedback = OBS_STR("DELETE FROM feedback" LAST);
    static const obs_str fragments = OBS_STR("DELETE FROM fragments" LAST);
    static const obs_str notes = OBS_STR("DELETE FROM usage_below" LAST);
    struct statements *statements = &w->statements;
    int rc = text_goes(&w->text, v->row);

    if (rc == DB_OK)
        rc = remove_row(statements, content, v->row);

    if (rc == DB_OK && !contents)
        rc = remove_row(statements, span, v->row);
    if (rc == DB_OK && !contents)
        rc = remove_trace(statements, feedback, v);
    if (rc == DB_OK && !contents)
        rc = remove_trace(statements, fragments, v);
    return rc == DB_OK && !contents ? remove_trace(statements, notes, v) : rc;
}

int remove_some(struct writing *writing, const struct sql *sql, bool contents, int64_t *ret_removed)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    struct victim *victims = arena ? obs_arena_calloc(arena, AT_ONCE, sizeof(*victims)) : NULL;
    size_t n = 0;
    int rc = victims ? find_victims(&writing->statements, sql, arena, victims, &n) : DB_NOMEM;

    for (size_t i = 0; i < n && rc == DB_OK; i++)
        rc = remove_victim(writing, &victims[i], contents);
    obs_arena_destroy(arena);
    *ret_removed = (int64_t)n;
    return rc;
}

/* --- jobs ---------------------------------------------------------------------------------- */

static int write(struct write_job *job, struct writing *writing)
{
    struct removing *r = (struct removing *)job;

    return remove_some(writing, &r->sql, r->contents, &r->removed);
}

/* The next step, as long as there was something to remove; once it is queued it is the
 * writer's. */
static bool go_on(struct removing *r)
{
    if (r->job.error < 0 || r->removed == 0)
        return false;
    r->job.next = NULL;
    r->job.error = OBS_OK;
    return writer_submit(r->writer, &r->job) == OBS_OK;
}

static void done(struct write_job *job)
{
    struct removing *r = (struct removing *)job;
    bool more = r->removed > 0;

    if (job->error == OBS_OK)
        r->result.n_merged += (uint64_t)r->removed;
    if (go_on(r))
        return;
    r->result.error = job->error < 0 ? job->error : more ? OBS_E_BUSY : OBS_OK;
    r->done(&r->result, r->user);
    obs_arena_destroy(r->sql.arena);
}

int remove_submit(struct writer *writer, const struct settings *settings, const obs_scope *scope,
                  const obs_span_set *spans, uint32_t flags, obs_append_fn ready, void *user)
{
    obs_arena *arena = obs_arena_create(MAX_JOB_BYTES);
    struct removing *r = arena ? obs_arena_calloc(arena, 1, sizeof(*r)) : NULL;
    int rc = OBS_E_NOMEM;

    if (r) {
        r->job = (struct write_job){
            .worker = obs_worker_current(), .n_spans = AT_ONCE, .write = write, .done = done};
        r->writer = writer;
        r->done = ready;
        r->user = user;
        r->result.size = sizeof(r->result);
        rc = build(r, arena, settings, scope, spans, flags);
    }
    if (rc == OBS_OK)
        rc = writer_submit(writer, &r->job);
    if (rc < 0)
        obs_arena_destroy(arena);
    return rc;
}
