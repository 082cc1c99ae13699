/* SPDX-License-Identifier: Apache-2.0 */
/* Feedback added up by name. Each piece counts once, however many spans of its trace
 * are among those that are meant. */
#include "bind.h"
#include "conditions.h"
#include "dialect.h"
#include "feedback.h"

struct sums {
    struct read_job job; /* first: a read_job is cast to a sums */
    struct sql sql;
    obs_feedback_sum_fn row;
    obs_search_fn done;
    void *user;
    obs_search_result result;
};

static int build(struct sql *sql, const struct settings *settings, const obs_scope *scope,
                 const obs_span_set *spans)
{
    int rc;

    if (spans->from_ns > spans->to_ns)
        return OBS_E_INVALID;
    obs_buf_printf(sql->text, "SELECT f.name,count(*),count(f.value),COALESCE(sum(f.value),0.0),"
                              "count(*) FILTER(WHERE f.resolved=1),count(*) FILTER(WHERE "
                              "f.resolved=0) FROM feedback f WHERE 1=1");
    rc = scope_sql(sql, scope, "f.project_id");
    obs_buf_printf(sql->text, " AND EXISTS(SELECT 1");
    from_sql(sql, settings, spans->filter, /* contents= */ false);
    if (rc == OBS_OK)
        rc = conditions_sql(sql, settings, scope, spans->from_ns, spans->to_ns, spans->filter);
    obs_buf_printf(sql->text, " AND s.trace_id=f.trace_id AND s.project_id=f.project_id"
                              " AND (f.span_id IS NULL OR f.span_id=s.span_id))"
                              " GROUP BY f.name ORDER BY 2 DESC,1");
    return rc < 0 ? rc : obs_buf_error(sql->text);
}

static void run(struct read_job *job, struct statements *statements)
{
    struct sums *s = (struct sums *)job;
    struct statement *stmt = NULL;
    int rc = statement_bound(statements, &s->sql, &stmt), enough = 0;

    while (rc == DB_OK && !enough && (rc = statement_step(stmt)) == DB_ROW) {
        obs_feedback_sum sum = {
            .size = sizeof(sum),
            .name = statement_text(stmt, 0),
            .count = statement_int(stmt, 1),
            .values = statement_int(stmt, 2),
            .sum = statement_real(stmt, 3),
            .resolved = statement_int(stmt, 4),
            .unresolved = statement_int(stmt, 5),
        };

        enough = s->row(&sum, s->user);
        s->result.n_rows++;
        rc = DB_OK;
    }
    s->result.error = db_error(statements->db, rc);
    statement_release(stmt);
}

static void finish(struct read_job *job)
{
    struct sums *s = (struct sums *)job;

    s->done(&s->result, s->user);
    obs_arena_destroy(s->sql.arena);
}

int feedback_submit_sums(struct readers *readers, const struct settings *settings,
                         const obs_scope *scope, const obs_span_set *spans, obs_feedback_sum_fn row,
                         obs_search_fn done, void *user)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    struct sums *s = arena ? obs_arena_calloc(arena, 1, sizeof(*s)) : NULL;
    int rc = s ? sql_init(&s->sql, arena, &store_dialect) : OBS_E_NOMEM;

    if (rc == OBS_OK)
        rc = build(&s->sql, settings, scope, spans);
    if (rc == OBS_OK) {
        s->job.op = READ_FEEDBACK;
        s->job.run = run;
        s->job.done = finish;
        s->row = row;
        s->done = done;
        s->user = user;
        s->result.size = sizeof(s->result);
        s->result.total = OBS_ABSENT;
        rc = readers_submit(readers, &s->job, /* timeout_ns= */ 0);
    }
    if (rc < 0)
        obs_arena_destroy(arena);
    return rc;
}
