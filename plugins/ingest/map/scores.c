/* SPDX-License-Identifier: Apache-2.0 */
/* Reading feedback. A span is immutable, so the same feedback in it twice is sent
 * again: without an identifier of the sender's its content is part of its identity. */
#include "scores.h"
#include "evaluation.h"
#include "feedback.h"
#include "json_merge.h"
#include "messages.h"

#include <math.h>

/* One score, as sent. */
struct score {
    double value;
    obs_str name, label, comment;
    obs_str author;   /* the sender's identifier */
    obs_str metadata; /* JSON object */
};

struct carrier {
    struct json_out *out;
    const struct otlp_span *from;
    const obs_span *span;
    struct mapped *mapped;
};

/* --- reading --------------------------------------------------------------- */

static bool has_result(const struct score *score)
{
    return !isnan(score->value) || score->label.len || score->comment.len;
}

/* An object, or one in a text; empty for anything else. */
static obs_str object_of(struct json_out *out, const struct otlp_value *value)
{
    obs_str json = obs_str_n(NULL, 0);

    if (value->kind == OTLP_KVLIST) {
        json_out_value(out, value);
        return json_out_take(out);
    }
    if (value->kind != OTLP_STRING || json_compacted(out, value->s, &json) < 0 ||
        json.ptr[0] != '{')
        return obs_str_n(NULL, 0);
    return json;
}

/* {"annotator_kind": …}: who judged, in the words of the sender. */
static obs_str kind_of(struct json_out *out, const struct otlp_value *value)
{
    bool first = true;

    json_out_char(out, '{');
    json_out_member(out, &first, (obs_str)OBS_STR("annotator_kind"), value);
    json_out_char(out, '}');
    return json_out_take(out);
}

/* The members of OpenInference; others stay attributes only. */
static void read_part(struct json_out *out, const struct indexed_part *part, struct score *score)
{
    const struct {
        const char *name;
        obs_str *text;
    } texts[] = {
        {"name", &score->name},
        {"label", &score->label},
        {"explanation", &score->comment},
        {"identifier", &score->author},
    };
    const struct otlp_value *value = &part->attr->value;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (obs_str_is(part->name, texts[i].name))
            (void)value_as_text(out, value, texts[i].text);
    if (obs_str_is(part->name, "score"))
        (void)value_as_number(out, value, &score->value);
    else if (obs_str_is(part->name, "metadata"))
        score->metadata = json_merge_objects(out, score->metadata, object_of(out, value), true);
    else if (obs_str_is(part->name, "annotator_kind"))
        score->metadata = json_merge_objects(out, score->metadata, kind_of(out, value), false);
}

/* --- adding ---------------------------------------------------------------- */

/* What is judged. False: nothing that is there. */
static bool aim(const struct carrier *c, const struct map_row *row, obs_feedback *feedback)
{
    const struct otlp_link *link = c->from->links;
    bool elsewhere = obs_str_is(feedback->source, "evaluation") && c->from->n_links == 1 &&
                     map_is_id(link->trace_id, 16) && map_is_id(link->span_id, 8);

    if (row->marks & MARK_OF_SESSION) {
        feedback->session_id = c->span->session_id;
        return feedback->session_id.len > 0;
    }
    memcpy(feedback->trace_id, elsewhere ? link->trace_id.ptr : (const char *)c->span->trace_id,
           sizeof(feedback->trace_id));
    if (!(row->marks & MARK_OF_TRACE))
        memcpy(feedback->span_id, elsewhere ? link->span_id.ptr : (const char *)c->span->span_id,
               sizeof(feedback->span_id));
    return true;
}

/* OpenInference: target, name and identifier are the identity, on whichever way it
 * came. Without an identifier everything that it says is. */
static int identify(obs_arena *arena, obs_feedback *feedback)
{
    obs_feedback same = *feedback;
    obs_str content;
    int rc;

    if (feedback->author.len) {
        same.source = same.author = obs_str_n(NULL, 0);
        rc = feedback_finish(arena, &same, feedback->author);
        feedback->id = same.id;
        return rc < 0 ? rc : feedback_finish(arena, feedback, obs_str_n(NULL, 0));
    }
    content = obs_arena_printf(arena, "%.17g %zu:%.*s %.*s", feedback->value, feedback->label.len,
                               OBS_STR_ARG(feedback->label), OBS_STR_ARG(feedback->comment));
    return content.ptr ? feedback_finish(arena, feedback, content) : OBS_E_NOMEM;
}

static int add(const struct carrier *c, const struct score *score, const struct map_row *row)
{
    obs_feedback judged, *added;

    if (c->out->failed)
        return OBS_E_NOMEM;
    feedback_init(&judged);
    judged.source = obs_str_of(row->name);
    if (!has_result(score) || !aim(c, row, &judged))
        return OBS_OK;
    judged.project_id = c->span->project_id;
    judged.name = score->name;
    judged.value = score->value;
    judged.label = score->label;
    judged.comment = score->comment;
    judged.author = score->author;
    judged.metadata = score->metadata;
    judged.ts_ns = c->span->end_ns;
    added = feedback_add(c->mapped, c->out->arena);
    if (!added)
        return OBS_E_NOMEM;
    *added = judged;
    return identify(c->out->arena, added);
}

static int add_parts(const struct carrier *c, struct indexed_parts *parts)
{
    const struct indexed_part *end, *part = indexed_of(parts, LIST_FEEDBACK, &end);

    while (part < end) {
        const struct indexed_part *head = part;
        struct score score = {.value = (double)NAN};
        int rc;

        for (; part < end && part->row == head->row && part->index == head->index; part++)
            read_part(c->out, part, &score);
        rc = add(c, &score, head->row);
        if (rc < 0)
            return rc;
    }
    return OBS_OK;
}

/* Marks attributes of events, which were written before. */
static int add_events(const struct carrier *c)
{
    for (uint32_t i = 0; i < c->from->n_events; i++) {
        const struct otlp_event *event = &c->from->events[i];
        const struct map_event_row *row = map_event_find(event->name);
        const struct evaluation evaluation = {
            .trace_id = c->from->trace_id,
            .span_id = c->from->span_id,
            .attrs = event->attrs,
            .time_ns = event->time_ns ? event->time_ns : c->from->end_ns,
        };
        int rc;

        if (!row || row->use != EVENT_EVALUATION)
            continue;
        rc = evaluation_add(c->mapped, c->out, c->span->project_id, &evaluation);
        if (rc < 0)
            return rc;
    }
    return OBS_OK;
}

int scores_map(struct indexed_parts *parts, struct json_out *out, const struct otlp_span *from,
               struct mapped *mapped)
{
    const struct carrier c = {out, from, &mapped->spans[mapped->n_spans], mapped};
    int rc = add_events(&c);

    return rc < 0 || !parts->n ? rc : add_parts(&c, parts);
}
