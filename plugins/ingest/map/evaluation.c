/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluations, attribute by attribute. */
#include "evaluation.h"
#include "draft.h"
#include "feedback.h"

#include <observatory/worker.h>

/* Where a text goes; NULL when the attribute is none of these. */
static obs_str *text_field(obs_feedback *feedback, obs_str key)
{
    if (obs_str_is(key, "gen_ai.evaluation.name"))
        return &feedback->name;
    if (obs_str_is(key, "gen_ai.evaluation.score.label"))
        return &feedback->label;
    return obs_str_is(key, "gen_ai.evaluation.explanation") ? &feedback->comment : NULL;
}

/* True when the attribute's value is in a field now. */
static bool take(struct json_out *out, obs_feedback *feedback, const struct otlp_attr *attr)
{
    obs_str *text = text_field(feedback, attr->key);

    if (text)
        return value_as_text(out, &attr->value, text);
    return obs_str_is(attr->key, "gen_ai.evaluation.score.value") &&
           value_as_number(out, &attr->value, &feedback->value);
}

int evaluation_add(struct mapped *mapped, struct json_out *out, obs_str project,
                   const struct evaluation *from)
{
    obs_feedback *feedback = feedback_add(mapped, out->arena);
    obs_str response_id = obs_str_n("", 0);
    uint32_t n_left = 0;

    if (!feedback)
        return OBS_E_NOMEM;
    memcpy(feedback->trace_id, from->trace_id.ptr, sizeof(feedback->trace_id));
    if (from->span_id.len)
        memcpy(feedback->span_id, from->span_id.ptr, sizeof(feedback->span_id));
    feedback->project_id = project;
    feedback->source = feedback_source_name(FEEDBACK_EVALUATION);
    feedback->ts_ns = (int64_t)from->time_ns;
    if (feedback->ts_ns <= 0)
        feedback->ts_ns = obs_clock_wall_ns();
    for (uint32_t i = 0; i < from->attrs.n; i++) {
        struct otlp_attr *attr = &from->attrs.items[i];

        attr->value.mapped = take(out, feedback, attr);
        n_left += !attr->value.mapped;
        if (obs_str_is(attr->key, "gen_ai.response.id") && attr->value.kind == OTLP_STRING)
            response_id = attr->value.s;
    }
    if (n_left) {
        json_out_attrs(out, &from->attrs);
        feedback->metadata = json_out_take(out);
        if (!feedback->metadata.ptr)
            return OBS_E_NOMEM;
    }
    return feedback_finish(out->arena, feedback, response_id);
}
