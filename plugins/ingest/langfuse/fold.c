/* SPDX-License-Identifier: Apache-2.0 */
/* Events about the same thing become one before they are mapped: the usage that an
 * update brings is then read with the model that the creation told. What comes in
 * another request is merged by the store, with the same outcome. */
#include "json_merge.h"
#include "langfuse.h"

#include <stdlib.h>

static int by_identity(const struct langfuse_event *a, const struct langfuse_event *b)
{
    int order = memcmp(a->trace_id, b->trace_id, sizeof(a->trace_id));

    if (order == 0) /* the trace before its observations */
        order = (a->body > b->body) - (a->body < b->body);
    return order ? order : memcmp(a->span_id, b->span_id, sizeof(a->span_id));
}

static int by_order(const void *x, const void *y)
{
    const struct langfuse_event *a = x, *b = y;
    int order = by_identity(a, b);

    if (order == 0)
        order = a->update - b->update;
    if (order == 0)
        order = (a->time_ns > b->time_ns) - (a->time_ns < b->time_ns);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

static void replace(obs_str *to, obs_str text)
{
    if (text.len)
        *to = text;
}

/* Tags and the members of metadata add up, of all else the later counts; false when
 * out of memory. */
static bool replace_value(struct json_out *out, uint8_t kind, struct otlp_value *to,
                          const struct otlp_value *value)
{
    bool both =
        to->kind == OTLP_JSON && value->kind == OTLP_JSON && to->s.ptr[0] == value->s.ptr[0];

    if (both && kind == KIND_TEXTS)
        to->s = json_merge_arrays(out, to->s, value->s);
    else if (both && kind == KIND_METADATA && to->s.ptr[0] == '{')
        to->s = json_merge_objects(out, to->s, value->s, /* over= */ true);
    else
        *to = *value;
    return to->kind != OTLP_JSON || to->s.ptr;
}

static bool replace_values(struct json_out *out, struct langfuse_event *to,
                           const struct langfuse_event *more)
{
    for (uint32_t left = more->set; left; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(left);

        if (!(to->set >> i & 1))
            to->values[i] = more->values[i];
        else if (!replace_value(out, langfuse_fields[to->body].rows[i].kind, &to->values[i],
                                &more->values[i]))
            return false;
    }
    to->set |= more->set;
    return true;
}

/* What a later event says takes the place of what an earlier one said, but for the
 * start, which is the earliest. False when out of memory. */
static bool add(struct json_out *out, struct langfuse_event *to, const struct langfuse_event *more)
{
    to->update &= more->update;
    if (more->observation)
        to->observation = more->observation;
    if (more->parent.len)
        memcpy(to->parent_id, more->parent_id, sizeof(to->parent_id));
    if (more->start_ns && (!to->start_ns || more->start_ns < to->start_ns))
        to->start_ns = more->start_ns;
    if (more->end_ns)
        to->end_ns = more->end_ns;
    replace(&to->id, more->id);
    replace(&to->trace, more->trace);
    replace(&to->parent, more->parent);
    replace(&to->name, more->name);
    return replace_values(out, to, more);
}

int langfuse_fold(struct langfuse_batch *batch)
{
    struct json_out out;
    size_t n = 0;

    json_out_init(&out, batch->arena);
    if (batch->n_events)
        qsort(batch->events, batch->n_events, sizeof(*batch->events), by_order);
    for (size_t i = 0; i < batch->n_events; i++) {
        const struct langfuse_event *event = &batch->events[i];

        if (n == 0 || by_identity(&batch->events[n - 1], event) != 0)
            batch->events[n++] = *event;
        else if (!add(&out, &batch->events[n - 1], event))
            return OBS_E_NOMEM;
    }
    batch->n_events = n;
    return OBS_OK;
}
