/* SPDX-License-Identifier: Apache-2.0 */
/* Feedback is sorted by span, then each span looks for its own. */
#include "remarks.h"
#include "feedback_json.h"

#include <stdlib.h>

static int compare_ids(const struct remark *remark, const uint8_t id[8])
{
    return memcmp(remark->span_id, id, sizeof(remark->span_id));
}

static int by_span(const void *a, const void *b)
{
    const struct remark *left = a, *right = b;
    int order = compare_ids(left, right->span_id);

    return order ? order : (left->order > right->order) - (left->order < right->order);
}

static int by_order(const void *a, const void *b)
{
    const struct remark *left = a, *right = b;

    return (left->order > right->order) - (left->order < right->order);
}

/* --- collecting ------------------------------------------------------------ */

static struct remark *new_remark(struct remarks *r)
{
    if (r->n == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 16;
        struct remark *items = obs_arena_calloc(r->arena, capacity, sizeof(*items));

        if (!items)
            return NULL;
        if (r->n)
            memcpy(items, r->items, r->n * sizeof(*items));
        r->items = items;
        r->capacity = capacity;
    }
    return &r->items[r->n];
}

int remarks_add(struct remarks *r, const obs_feedback *feedback, size_t *ret_bytes)
{
    struct remark *remark = new_remark(r);
    obs_jw *jw;

    if (!r->buf)
        r->buf = obs_buf_new(r->arena, /* limit_bytes= */ 0);
    if (!remark || !r->buf)
        return OBS_E_NOMEM;
    obs_buf_truncate(r->buf, 0);
    jw = obs_jw_new(r->arena, r->buf);
    if (!jw)
        return OBS_E_NOMEM;
    feedback_json(jw, feedback);
    memcpy(remark->span_id, feedback->span_id, sizeof(remark->span_id));
    remark->order = r->n;
    remark->json = obs_arena_dup(r->arena, obs_buf_str(r->buf));
    if (!remark->json.ptr || obs_buf_error(r->buf) < 0)
        return OBS_E_NOMEM;
    *ret_bytes = remark->json.len + sizeof(*remark);
    r->n++;
    return OBS_OK;
}

/* --- showing --------------------------------------------------------------- */

/* The first one on the span `id`, or where it would be. */
static size_t first_on(const struct remarks *r, const uint8_t id[8])
{
    size_t low = 0, high = r->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_ids(&r->items[middle], id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The node's object again, with one member more. */
static int attach(struct remarks *r, struct node *node)
{
    size_t at = first_on(r, node->id);
    bool first = true;

    obs_buf_truncate(r->buf, 0);
    obs_buf_append(r->buf, node->json.ptr, node->json.len - 1);
    obs_buf_printf(r->buf, ",\"feedback\":[");
    for (; at < r->n && compare_ids(&r->items[at], node->id) == 0; at++, first = false) {
        if (!first)
            obs_buf_append(r->buf, ",", 1);
        obs_buf_append(r->buf, r->items[at].json.ptr, r->items[at].json.len);
        r->items[at].shown = true;
    }
    obs_buf_append(r->buf, "]}", 2);
    node->json = obs_arena_dup(r->arena, obs_buf_str(r->buf));
    return node->json.ptr ? obs_buf_error(r->buf) : OBS_E_NOMEM;
}

int remarks_attach(struct remarks *r, struct node *nodes, size_t n)
{
    int rc = OBS_OK;

    if (!r->buf)
        r->buf = obs_buf_new(r->arena, /* limit_bytes= */ 0);
    if (!r->buf)
        return OBS_E_NOMEM;
    if (r->n)
        qsort(r->items, r->n, sizeof(*r->items), by_span);
    for (size_t i = 0; i < n && rc == OBS_OK; i++)
        rc = attach(r, &nodes[i]);
    if (r->n)
        qsort(r->items, r->n, sizeof(*r->items), by_order);
    return rc;
}

void remarks_write_rest(const struct remarks *r, obs_jw *jw)
{
    obs_jw_array(jw);
    for (size_t i = 0; i < r->n; i++)
        if (!r->items[i].shown)
            obs_jw_raw(jw, r->items[i].json);
    obs_jw_end_array(jw);
}
