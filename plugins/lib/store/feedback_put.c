/* SPDX-License-Identifier: Apache-2.0 */
/* Feedback on its way into the database, and out of it for good. */
#include "feedback.h"
#include "bind.h"
#include "conditions.h"
#include "dialect.h"

#include <math.h>
#include <stdlib.h>

#define MAX_ID_BYTES 256

struct put {
    struct write_job job; /* first: a write_job is cast to a put */
    const obs_feedback *feedback;
    size_t n;
    struct sql sql; /* of a removal; with an arena of its own */
    obs_append_fn done;
    void *user;
    obs_append_result result;
};

/* --- rows ----------------------------------------------------------------------- */

static int bind_text(struct statement *stmt, int at, obs_str text)
{
    return text.len ? statement_bind_text(stmt, at, text) : statement_bind_null(stmt, at);
}

static int bind_id(struct statement *stmt, int at, const uint8_t *id, size_t n)
{
    return feedback_has_id(id, n) ? statement_bind_blob(stmt, at, id, n)
                                  : statement_bind_null(stmt, at);
}

static int bind_feedback(struct statement *stmt, const obs_feedback *f)
{
    const struct {
        int at;
        obs_str text;
    } texts[] = {{1, f->project_id}, {2, f->id},      {5, f->session_id},
                 {6, f->name},       {8, f->label},   {9, f->comment},
                 {10, f->source},    {11, f->author}, {13, f->metadata}};
    int rc = bind_id(stmt, 3, f->trace_id, sizeof(f->trace_id));

    if (rc == DB_OK)
        rc = bind_id(stmt, 4, f->span_id, sizeof(f->span_id));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && rc == DB_OK; i++)
        rc = bind_text(stmt, texts[i].at, texts[i].text);
    if (rc == DB_OK)
        rc =
            isnan(f->value) ? statement_bind_null(stmt, 7) : statement_bind_real(stmt, 7, f->value);
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 12, f->resolved);
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 14, f->ts_ns);
    return rc;
}

/* Steps a statement to its end; `ret_changed` is how many rows it wrote. */
static int run(struct writing *writing, struct statement *stmt, uint64_t *ret_changed)
{
    int rc = statement_step(stmt);

    statement_release(stmt);
    *ret_changed = rc == DB_DONE ? (uint64_t)db_changes(writing->db) : 0;
    return rc == DB_DONE ? DB_OK : rc;
}

static int write_row(struct writing *writing, obs_str sql, const obs_feedback *f,
                     uint64_t *ret_changed)
{
    struct statement *stmt = NULL;
    int rc = statement_get(&writing->statements, sql, &stmt);

    if (rc == DB_OK)
        rc = bind_feedback(stmt, f);
    if (rc == DB_OK)
        return run(writing, stmt, ret_changed);
    statement_release(stmt);
    return rc;
}

/* An upsert does not tell whether the row was there, so it takes two. */
static int write_one(struct writing *writing, const obs_feedback *f, obs_append_result *result)
{
    static const obs_str insert =
        OBS_STR("INSERT INTO feedback(" FEEDBACK_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
                " ON CONFLICT(id,project_id) DO NOTHING");
    static const obs_str replace =
        OBS_STR("INSERT INTO feedback(" FEEDBACK_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
                " ON CONFLICT(id,project_id) DO UPDATE SET trace_id=excluded.trace_id,"
                "span_id=excluded.span_id,session_id=excluded.session_id,name=excluded.name,"
                "value=excluded.value,label=excluded.label,comment=excluded.comment,"
                "source=excluded.source,author=excluded.author,resolved=excluded.resolved,"
                "metadata=excluded.metadata,ts_ns=excluded.ts_ns");
    uint64_t changed;
    int rc = write_row(writing, insert, f, &changed);

    if (rc == DB_OK && changed == 0) {
        result->n_merged++;
        return write_row(writing, replace, f, &changed);
    }
    result->n_stored++;
    return rc;
}

/* --- jobs ----------------------------------------------------------------------- */

static int write_all(struct write_job *job, struct writing *writing)
{
    struct put *p = (struct put *)job;
    int rc = DB_OK;

    p->result = (obs_append_result){.size = sizeof(p->result)};
    for (size_t i = 0; i < p->n && rc == DB_OK; i++)
        rc = write_one(writing, feedback_at(p->feedback, i), &p->result);
    return rc;
}

static int write_removal(struct write_job *job, struct writing *writing)
{
    struct put *p = (struct put *)job;
    struct statement *stmt = NULL;
    int rc = statement_bound(&writing->statements, &p->sql, &stmt);

    p->result = (obs_append_result){.size = sizeof(p->result)};
    if (rc == DB_OK)
        return run(writing, stmt, &p->result.n_merged);
    statement_release(stmt);
    return rc;
}

static void done(struct write_job *job)
{
    struct put *p = (struct put *)job;

    if (job->error < 0)
        p->result = (obs_append_result){.size = sizeof(p->result)};
    p->result.error = job->error;
    p->done(&p->result, p->user);
    obs_arena_destroy(p->sql.arena);
    free(p);
}

static int submit(struct writer *writer, const struct put *like)
{
    struct put *p = malloc(sizeof(*p));
    int rc;

    if (!p)
        return OBS_E_NOMEM;
    *p = *like;
    p->job.done = done;
    rc = writer_submit(writer, &p->job);
    if (rc < 0)
        free(p);
    return rc;
}

/* --- calls ---------------------------------------------------------------------- */

static bool is_valid(const obs_feedback *f, uint32_t size)
{
    return f->size == size && f->id.len && f->id.len <= MAX_ID_BYTES && f->project_id.len &&
           f->name.len &&
           (feedback_has_id(f->trace_id, sizeof(f->trace_id)) || f->session_id.len) &&
           f->resolved <= OBS_FEEDBACK_UNSAID && !isinf(f->value);
}

static size_t bytes_of(const obs_feedback *f)
{
    return sizeof(*f) + f->id.len + f->session_id.len + f->name.len + f->label.len +
           f->comment.len + f->source.len + f->author.len + f->metadata.len;
}

int feedback_submit_put(struct writer *writer, const obs_feedback *feedback, size_t n,
                        obs_worker *worker, obs_append_fn ready, void *user)
{
    struct put put = {.job = {.worker = worker, .n_spans = n, .write = write_all},
                      .feedback = feedback,
                      .n = n,
                      .done = ready,
                      .user = user};

    if (n == 0 || feedback->size < sizeof(*feedback))
        return OBS_E_INVALID;
    for (size_t i = 0; i < n; i++) {
        const obs_feedback *f = feedback_at(feedback, i);

        if (!is_valid(f, feedback->size))
            return OBS_E_INVALID;
        put.job.bytes += bytes_of(f);
    }
    return submit(writer, &put);
}

/* On the caller's thread, for the scope lives only there. */
static int build_removal(struct sql *sql, obs_arena *arena, const obs_scope *scope, obs_str id)
{
    int rc = sql_init(sql, arena, &store_dialect);

    if (rc < 0)
        return rc;
    obs_buf_printf(sql->text, "DELETE FROM feedback WHERE id=");
    rc = sql_bind_text(sql, id);
    if (rc == OBS_OK)
        rc = scope_sql(sql, scope, "project_id");
    return rc < 0 ? rc : obs_buf_error(sql->text);
}

int feedback_submit_remove(struct writer *writer, const obs_scope *scope, obs_str id,
                           obs_worker *worker, obs_append_fn ready, void *user)
{
    struct put put = {
        .job = {.worker = worker, .n_spans = 1, .bytes = sizeof(put), .write = write_removal},
        .done = ready,
        .user = user};
    obs_arena *arena;
    int rc;

    if (!id.len)
        return OBS_E_INVALID;
    arena = obs_arena_create(/* limit_bytes= */ 0);
    rc = arena ? build_removal(&put.sql, arena, scope, id) : OBS_E_NOMEM;
    if (rc == OBS_OK)
        rc = submit(writer, &put);
    if (rc < 0)
        obs_arena_destroy(arena);
    return rc;
}
