/* SPDX-License-Identifier: Apache-2.0 */
/* Where what is kept begins is noted before anything goes, so that no answer is made
 * of a part of it. */
#include "retention.h"
#include "dialect.h"
#include "remove.h"
#include "rollup_row.h"

#include <observatory/worker.h>

#define S_NS INT64_C(1000000000)
#define CELLS_AT_ONCE 500

/* --- spans ----------------------------------------------------------------------------- */

static int remove_before(struct writing *w, int64_t before_ns, bool contents, bool *ret_more)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    int64_t removed = 0;
    struct sql sql;
    int rc = arena && sql_init(&sql, arena, &store_dialect) == OBS_OK ? DB_OK : DB_NOMEM;

    if (rc == DB_OK) {
        obs_buf_printf(sql.text,
                       "SELECT s.id,s.trace_id,s.project_id FROM spans s%s"
                       " WHERE s.start_ns<",
                       contents ? " JOIN contents c ON c.id=s.id" : "");
        if (sql_bind_int(&sql, before_ns) < 0)
            rc = DB_NOMEM;
        obs_buf_printf(sql.text, " ORDER BY s.start_ns LIMIT 256");
    }
    if (rc == DB_OK)
        rc = remove_some(w, &sql, contents, &removed);
    obs_arena_destroy(arena);
    *ret_more = removed > 0;
    return rc;
}

/* Sets a column of rollup_state, unless it is later already. */
static int note_horizon(struct statements *statements, obs_str sql, int64_t ns)
{
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 1, ns);
    if (rc == DB_OK)
        rc = statement_step(stmt);
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

int retention_content(struct writing *w, const struct settings *settings, bool *ret_more)
{
    *ret_more = false;
    if (settings->retention_content_ns == 0 ||
        (settings->retention_spans_ns &&
         settings->retention_content_ns >= settings->retention_spans_ns))
        return DB_OK; /* it goes with its span */
    return remove_before(w, obs_clock_wall_ns() - settings->retention_content_ns,
                         /* contents= */ true, ret_more);
}

int retention_spans(struct writing *w, const struct settings *settings, bool *ret_more)
{
    static const obs_str sql = OBS_STR("UPDATE rollup_state SET spans_ns=?1 WHERE spans_ns<?1");
    int64_t before_ns = obs_clock_wall_ns() - settings->retention_spans_ns;
    int rc;

    *ret_more = false;
    if (settings->retention_spans_ns == 0 || rollups_lag(&w->rollups))
        return DB_OK; /* what is not counted yet does not go */
    rc = note_horizon(&w->statements, sql, before_ns);
    return rc == DB_OK ? remove_before(w, before_ns, /* contents= */ false, ret_more) : rc;
}

/* --- cells ----------------------------------------------------------------------------- */

static int remove_cells(struct statements *statements, int level, int64_t before_s, bool *ret_more)
{
    static const obs_str sql =
        OBS_STR("DELETE FROM rollups WHERE (level,project,start_s,series) IN(SELECT r.level,"
                "r.project,r.start_s,r.series FROM rollup_projects p JOIN rollups r ON"
                " r.level=?1 AND r.project=p.id AND r.start_s<?2 LIMIT ?3)");
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 1, level);
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 2, before_s);
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 3, CELLS_AT_ONCE);
    if (rc == DB_OK)
        rc = statement_step(stmt);
    if (rc == DB_DONE)
        *ret_more |= db_changes(statements->db) == CELLS_AT_ONCE;
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

int retention_cells(struct writing *w, const struct settings *settings, bool *ret_more)
{
    static const obs_str sql[ROLLUP_N_RESOLUTIONS] = {
        OBS_STR("UPDATE rollup_state SET minutes_ns=?1 WHERE minutes_ns<?1"),
        OBS_STR("UPDATE rollup_state SET quarters_ns=?1 WHERE quarters_ns<?1"),
        OBS_STR("UPDATE rollup_state SET hours_ns=?1 WHERE hours_ns<?1"),
        OBS_STR("UPDATE rollup_state SET days_ns=?1 WHERE days_ns<?1")};
    int rc = DB_OK;

    *ret_more = false;
    for (int i = 0; i < ROLLUP_N_RESOLUTIONS && rc == DB_OK; i++) {
        int64_t keep_ns = settings->retention_cells_ns[i], before_ns;

        if (keep_ns == 0)
            continue;
        before_ns = obs_clock_wall_ns() - keep_ns;
        before_ns -= before_ns % rollup_ns[i];
        rc = note_horizon(&w->statements, sql[i], before_ns);
        for (int family = 0; family < ROLLUP_N_FAMILIES && rc == DB_OK; family++)
            rc = remove_cells(&w->statements, rollup_level(family, i), before_ns / S_NS, ret_more);
    }
    return rc;
}
