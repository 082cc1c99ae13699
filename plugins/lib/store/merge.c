/* SPDX-License-Identifier: Apache-2.0 */
/* Merging needs the whole span: it is read, handed to the caller's function, and
 * what comes of it is written back. */
#include "merge.h"
#include "usage.h"

/* Makes `span` what comes of it and of `added`; `ret_changed` is set when that is
 * anything else. */
static int apply(struct merge_call *call, const obs_span *added, obs_arena *arena, obs_span *span,
                 bool *ret_changed)
{
    obs_span merged;
    int64_t duration_ns;
    int rc = call->merge(span, added, arena, &merged, call->user);

    if (rc > 0 &&
        (__builtin_sub_overflow(merged.end_ns, merged.start_ns, &duration_ns) || duration_ns < 0))
        rc = OBS_E_INVALID;
    if (rc < 0) {
        call->error = rc;
        return DB_REFUSED;
    }
    if (rc > 0) {
        merged.flags |= span->flags & (OBS_SPAN_OUTER_TOKENS | OBS_SPAN_OUTER_COST);
        *span = merged;
        *ret_changed = true;
    }
    return DB_OK;
}

/* Writes what became of a span, and counts it so. */
static int change(struct writing *w, int64_t row, const obs_span *stored, const obs_span *span)
{
    int rc = row_same_content(stored, span) ? DB_OK : text_changes(&w->text, row);

    if (rc == DB_OK)
        rc = row_change(&w->rows, row, stored, span);

    if (rc == DB_OK)
        rc = rollups_change(&w->rollups, row, stored, span);
    return rc == DB_OK ? usage_changed(w, stored, span) : rc;
}

static int find_and_merge(struct writing *w, const obs_span *added, struct merge_call *call,
                          obs_arena *arena, enum outcome *ret_outcome)
{
    obs_span stored, span;
    bool changed = false;
    int64_t row;
    int rc = row_find(&w->rows, added, arena, &row, &stored);

    if (rc == DB_OK && row == 0) { /* nothing but a fragment comes here then */
        *ret_outcome = OUTCOME_WAITS;
        return fragment_keep(&w->fragments, added, arena);
    }
    span = stored;
    if (rc == DB_OK)
        rc = apply(call, added, arena, &span, &changed);
    *ret_outcome = changed ? OUTCOME_MERGED : OUTCOME_SAME;
    return rc == DB_OK && changed ? change(w, row, &stored, &span) : rc;
}

int merge_into_stored(struct writing *writing, const obs_span *added, struct merge_call *call,
                      enum outcome *ret_outcome)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    int rc = arena ? find_and_merge(writing, added, call, arena, ret_outcome) : DB_NOMEM;

    obs_arena_destroy(arena);
    return rc;
}

static int take_and_merge(struct writing *w, const obs_span *stored, int64_t row,
                          struct merge_call *call, obs_arena *arena)
{
    obs_span span = *stored;
    struct fragment *fragment;
    bool changed = false;
    int rc = fragments_take(&w->fragments, stored, arena, &fragment);

    span.size = sizeof(span);
    for (; rc == DB_OK && fragment; fragment = fragment->next)
        rc = apply(call, &fragment->span, arena, &span, &changed);
    return rc == DB_OK && changed ? change(w, row, stored, &span) : rc;
}

int merge_waiting(struct writing *writing, const obs_span *span, int64_t row,
                  struct merge_call *call)
{
    obs_arena *arena;
    bool any;
    int rc = fragments_wait_for(&writing->fragments, span, &any);

    if (rc != DB_OK || !any)
        return rc;
    arena = obs_arena_create(/* limit_bytes= */ 0);
    rc = arena ? take_and_merge(writing, span, row, call, arena) : DB_NOMEM;
    obs_arena_destroy(arena);
    return rc;
}
