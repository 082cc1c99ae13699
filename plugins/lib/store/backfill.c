/* SPDX-License-Identifier: Apache-2.0 */
/* In order of rows. What is behind the mark is counted, and changes as it does at
 * ingest; what is before it is left alone until the mark comes there. */
#include "backfill.h"
#include "selection.h"
#include "usage.h"

#define FIELDS                                                                                     \
    (OBS_FIELD_BIT(OBS_FIELD_PROJECT_ID) | OBS_FIELD_BIT(OBS_FIELD_OPERATION_TYPE) |               \
     OBS_FIELD_BIT(OBS_FIELD_STATUS) | OBS_FIELD_BIT(OBS_FIELD_PROVIDER) |                         \
     OBS_FIELD_BIT(OBS_FIELD_MODEL) | OBS_FIELD_BIT(OBS_FIELD_ENVIRONMENT) |                       \
     OBS_FIELD_BIT(OBS_FIELD_SERVICE_NAME) | OBS_FIELD_BIT(OBS_FIELD_USER_ID) |                    \
     OBS_FIELD_BIT(OBS_FIELD_SESSION_ID) | OBS_FIELD_BIT(OBS_FIELD_TOTAL_TOKENS) |                 \
     OBS_FIELD_BIT(OBS_FIELD_PROMPT_COST) | OBS_FIELD_BIT(OBS_FIELD_COMPLETION_COST) |             \
     OBS_FIELD_BIT(OBS_FIELD_TOTAL_COST) | OBS_FIELD_BIT(OBS_FIELD_COST_SOURCE) |                  \
     OBS_FIELD_BIT(OBS_FIELD_TTFT) | OBS_FIELD_BIT(OBS_FIELD_SAMPLED))

/* Rows that are counted together. */
struct rows_to_count {
    obs_span *spans;
    int64_t *rows;
    size_t n;
};

static int read_rows(struct statement *stmt, const struct selection *selection, obs_arena *arena,
                     struct rows_to_count *r)
{
    int rc;

    while ((rc = statement_step(stmt)) == DB_ROW) {
        obs_span *span = &r->spans[r->n];

        selection_read(selection, stmt, 1, span);
        if (selection_keep(selection, span, arena) < 0)
            return DB_NOMEM;
        r->rows[r->n++] = statement_int(stmt, 0);
    }
    return rc == DB_DONE ? DB_OK : rc;
}

static int count_rows(struct writing *w, struct rows_to_count *r)
{
    int rc;

    w->rollups.counted = r->rows[r->n - 1];
    rc = usage_arrived(w, r->rows, r->spans, r->n);
    for (size_t i = 0; i < r->n && rc == DB_OK; i++)
        rc = rollups_add(&w->rollups, r->rows[i], &r->spans[i]);
    return rc;
}

static int put_sql(obs_buf *sql, const struct selection *selection)
{
    obs_buf_printf(sql, "SELECT s.id");
    selection_sql(selection, sql);
    obs_buf_printf(sql, " FROM spans s WHERE s.id>?1 AND s.id<=?2 ORDER BY s.id LIMIT ?3");
    return obs_buf_error(sql);
}

static int count_some(struct writing *w, obs_arena *arena, int n, int *ret_n)
{
    struct selection selection;
    struct rows_to_count r = {
        .spans = obs_arena_calloc(arena, (size_t)n, sizeof(*r.spans)),
        .rows = obs_arena_calloc(arena, (size_t)n, sizeof(*r.rows)),
    };
    obs_buf *sql = obs_buf_new(arena, /* limit_bytes= */ 0);
    struct statement *stmt = NULL;
    int rc;

    selection_of(FIELDS, &selection);
    if (!sql || !r.spans || !r.rows || put_sql(sql, &selection) < 0)
        return DB_NOMEM;
    rc = statement_get(&w->statements, obs_buf_str(sql), &stmt);
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 1, w->rollups.counted);
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 2, w->rollups.end);
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 3, n);
    if (rc == DB_OK)
        rc = read_rows(stmt, &selection, arena, &r);
    statement_release(stmt);
    *ret_n = (int)r.n;
    return rc == DB_OK && r.n ? count_rows(w, &r) : rc;
}

int backfill_some(struct writing *w, int n, bool *ret_more)
{
    obs_arena *arena;
    int counted = 0, rc;

    *ret_more = false;
    if (!rollups_lag(&w->rollups))
        return DB_OK;
    arena = obs_arena_create(/* limit_bytes= */ 0);
    rc = arena ? count_some(w, arena, n, &counted) : DB_NOMEM;
    obs_arena_destroy(arena);
    *ret_more = counted == n;
    if (rc == DB_OK)
        rc = rollups_note(&w->rollups, *ret_more ? w->rollups.counted : w->rollups.end);
    return rc;
}
