/* SPDX-License-Identifier: Apache-2.0 */
/* A call tells the spans around it, one after the other, up to the root or to one that
 * knows already. Where the way up is broken, because that span has not come yet, a
 * note waits for it. So each span costs a look or two, whatever the trace is like. */
#include "usage.h"
#include "columns.h"
#include "rollup.h"

#include <observatory/worker.h>

#define OUTER (OBS_SPAN_OUTER_TOKENS | OBS_SPAN_OUTER_COST)
#define MAX_DEPTH 10000 /* of a trace; also ends rings */

static bool is_call(const obs_span *span)
{
    return span->cost_source.len && !obs_str_is(span->cost_source, "no_usage");
}

/* What a span tells those around it: what it has itself, and what it was told. */
static uint32_t told_by(const obs_span *span)
{
    uint32_t flags = span->flags & OUTER;

    if (!is_call(span))
        return flags;
    if (obs_span_total_tokens(span) > 0)
        flags |= OBS_SPAN_OUTER_TOKENS;
    if (span->total_cost > 0)
        flags |= OBS_SPAN_OUTER_COST;
    return flags;
}

static int step(struct statement *stmt)
{
    int rc = statement_step(stmt);

    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

static int bind_identity(struct statement *stmt, const obs_span *like, const uint8_t id[8])
{
    int rc = column_bind_identity(stmt, like);

    return rc == DB_OK ? statement_bind_blob(stmt, 2, id, 8) : rc;
}

/* --- notes for spans that are yet to come --------------------------------------------- */

static int leave_note(struct statements *statements, const obs_span *like, const uint8_t id[8],
                      uint32_t flags)
{
    static const obs_str sql =
        OBS_STR("INSERT INTO usage_below(trace_id,span_id,project_id,flags,seen_ns)"
                " VALUES(?1,?2,?3,?4,?5) ON CONFLICT(trace_id,span_id,project_id)"
                " DO UPDATE SET flags=usage_below.flags|excluded.flags");
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = bind_identity(stmt, like, id);
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 4, flags);
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 5, obs_clock_wall_ns());
    return rc == DB_OK ? step(stmt) : rc;
}

static int take_note(struct statements *statements, const obs_span *span, uint32_t *ret_flags)
{
    static const obs_str sql = OBS_STR("DELETE FROM usage_below WHERE trace_id=?1 AND span_id=?2"
                                       " AND project_id=?3 RETURNING flags");
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    *ret_flags = 0;
    if (rc == DB_OK)
        rc = column_bind_identity(stmt, span);
    if (rc != DB_OK)
        return rc;
    rc = statement_step(stmt);
    if (rc == DB_ROW) {
        *ret_flags = (uint32_t)statement_int(stmt, 0) & OUTER;
        rc = statement_step(stmt);
    }
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

int usage_expire(struct statements *statements, int64_t before_ns, int n)
{
    static const obs_str sql =
        OBS_STR("DELETE FROM usage_below WHERE (trace_id,span_id,project_id) IN(SELECT"
                " trace_id,span_id,project_id FROM usage_below WHERE seen_ns<?1 LIMIT ?2)");
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 1, before_ns);
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 2, n);
    return rc == DB_OK ? step(stmt) : rc;
}

/* --- the way up -------------------------------------------------------------------------- */

/* A span on the way up. */
struct ancestor {
    int64_t row; /* 0: not there */
    uint32_t flags;
    uint8_t parent[8]; /* zeroes: a root */
    bool has_usage;    /* tokens or cost of its own */
};

static int find_ancestor(struct statements *statements, const obs_span *like, const uint8_t id[8],
                         struct ancestor *ret)
{
    static const obs_str sql = OBS_STR(
        "SELECT id,flags,parent_span_id,COALESCE(total_cost,input_tokens,output_tokens,"
        "cache_read_tokens,cache_write_tokens,reasoning_tokens,input_audio_tokens,"
        "input_image_tokens,cache_read_audio_tokens,cache_write_1h_tokens,output_audio_tokens,"
        "output_image_tokens) IS NOT NULL FROM spans"
        " WHERE trace_id=?1 AND span_id=?2 AND project_id=?3");
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);
    obs_str parent;

    *ret = (struct ancestor){0};
    if (rc == DB_OK)
        rc = bind_identity(stmt, like, id);
    if (rc == DB_OK)
        rc = statement_step(stmt);
    if (rc == DB_ROW) {
        ret->row = statement_int(stmt, 0);
        ret->flags = (uint32_t)statement_int(stmt, 1);
        parent = statement_blob(stmt, 2);
        if (parent.len == sizeof(ret->parent))
            memcpy(ret->parent, parent.ptr, parent.len);
        ret->has_usage = (int)statement_int(stmt, 3) != 0;
        rc = DB_DONE;
    }
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

static int set_flags(struct statements *statements, int64_t row, uint32_t flags)
{
    static const obs_str sql = OBS_STR("UPDATE spans SET flags=flags|?1 WHERE id=?2");
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 1, flags);
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 2, row);
    return rc == DB_OK ? step(stmt) : rc;
}

/* What the rollups counted of a span is not counted any more. */
static int uncount(struct writing *w, const obs_span *like, const uint8_t id[8], uint32_t flags)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    obs_span identity = *like, old, span;
    int64_t row = 0;
    int rc = arena ? DB_OK : DB_NOMEM;

    memcpy(identity.span_id, id, 8);
    if (rc == DB_OK)
        rc = row_find(&w->rows, &identity, arena, &row, &old);
    if (rc == DB_OK && row) {
        span = old;
        span.flags |= flags;
        rc = rollups_change(&w->rollups, row, &old, &span);
    }
    obs_arena_destroy(arena);
    return rc;
}

/* Tells the spans around `span`, from `parent` up, what is below them. */
static int tell(struct writing *w, const obs_span *span, const uint8_t parent[8], uint32_t flags)
{
    static const uint8_t none[8];
    uint8_t id[8];
    int rc = DB_OK;

    memcpy(id, parent, 8);
    for (int depth = 0; depth < MAX_DEPTH && flags && rc == DB_OK; depth++) {
        struct ancestor a;

        if (memcmp(id, none, 8) == 0)
            return DB_OK;
        rc = find_ancestor(&w->statements, span, id, &a);
        if (rc == DB_OK && !a.row)
            return leave_note(&w->statements, span, id, flags);
        flags &= ~a.flags;
        if (rc == DB_OK && flags && a.has_usage)
            rc = uncount(w, span, id, flags);
        if (rc == DB_OK && flags)
            rc = set_flags(&w->statements, a.row, flags);
        memcpy(id, a.parent, 8);
    }
    return rc;
}

/* --- calls --------------------------------------------------------------------------------- */

int usage_arrived(struct writing *w, int64_t row, obs_span *span)
{
    uint32_t below = 0;
    int rc = take_note(&w->statements, span, &below);

    if (rc == DB_OK && below) {
        span->flags |= below;
        rc = set_flags(&w->statements, row, below);
    }
    return rc == DB_OK ? tell(w, span, span->parent_span_id, told_by(span)) : rc;
}

int usage_changed(struct writing *w, const obs_span *old, const obs_span *span)
{
    bool moved = memcmp(old->parent_span_id, span->parent_span_id, 8) != 0;
    uint32_t flags = moved ? told_by(span) : told_by(span) & ~told_by(old);

    return tell(w, span, span->parent_span_id, flags);
}
