/* SPDX-License-Identifier: Apache-2.0 */
/* Scores: what somebody thought of a trace, an observation or a session, as
 * feedback. */
#include "feedback.h"
#include "ids.h"
#include "json_out.h"
#include "langfuse.h"

/* --- values ----------------------------------------------------------------- */

/* What a row of the score's table says; kind OTLP_NONE when nothing. */
static struct otlp_value value_of(const struct langfuse_event *score, const char *name)
{
    const struct langfuse_fields *fields = &langfuse_fields[BODY_SCORE];

    for (uint32_t i = 0; i < fields->n; i++)
        if (score->set >> i & 1 && strcmp(fields->rows[i].attribute, name) == 0)
            return score->values[i];
    return (struct otlp_value){.kind = OTLP_NONE};
}

static obs_str text_of(const struct langfuse_event *score, const char *name)
{
    struct otlp_value value = value_of(score, name);

    return value.kind == OTLP_STRING ? value.s : obs_str_n(NULL, 0);
}

/* A number, or true and false as 1 and 0. */
static bool number_of(const struct otlp_value *value, double *ret)
{
    if (value->kind != OTLP_INT && value->kind != OTLP_DOUBLE && value->kind != OTLP_BOOL)
        return false;
    *ret = value->kind == OTLP_DOUBLE ? value->d : (double)value->i;
    return true;
}

/* --- what is wrong ------------------------------------------------------------ */

static const char *value_problem(const struct langfuse_event *score, const char **ret_expected)
{
    struct otlp_value value = value_of(score, "value");
    obs_str type = text_of(score, "type");
    bool text = value.kind == OTLP_STRING && value.s.len;
    double number = 0;
    bool is_number = number_of(&value, &number);

    *ret_expected = "a number or a string";
    if (!type.len)
        return text || is_number ? NULL : "body.value";
    *ret_expected = "a number";
    if (obs_str_is(type, "NUMERIC"))
        return is_number ? NULL : "body.value";
    *ret_expected = "0 or 1";
    if (obs_str_is(type, "BOOLEAN"))
        return is_number && (number == 0 || number == 1) ? NULL : "body.value";
    *ret_expected = "a string";
    if (obs_str_is(type, "CATEGORICAL") || obs_str_is(type, "TEXT"))
        return text ? NULL : "body.value";
    *ret_expected = "NUMERIC, BOOLEAN, CATEGORICAL or TEXT";
    return "body.dataType";
}

const char *langfuse_score_problem(const struct langfuse_event *score, const char **ret_expected)
{
    bool session = text_of(score, "session").len > 0;

    *ret_expected = "a name";
    if (!score->name.len)
        return "body.name";
    *ret_expected = "traceId, with or without observationId, or sessionId alone";
    if (!score->trace.len == !session || (session && score->parent.len))
        return "body";
    return value_problem(score, ret_expected);
}

/* --- feedback ----------------------------------------------------------------- */

static void put_value(const struct langfuse_event *score, obs_feedback *feedback)
{
    struct otlp_value value = value_of(score, "value");

    if (value.kind == OTLP_STRING)
        feedback->label = value.s;
    else if (number_of(&value, &feedback->value) && obs_str_is(text_of(score, "type"), "BOOLEAN"))
        feedback->label = obs_str_of(feedback->value == 0 ? "False" : "True"); /* as Langfuse */
}

/* The caller's metadata, and what feedback has no member for: under names that begin
 * so. ptr NULL: out of memory. */
static obs_str metadata_of(const struct langfuse_event *score, struct json_out *out)
{
    static const char prefix[] = "langfuse.";
    const struct langfuse_fields *fields = &langfuse_fields[BODY_SCORE];
    struct otlp_value metadata = value_of(score, "metadata");
    bool first = true;

    json_out_char(out, '{');
    for (uint32_t i = 0; i < fields->n; i++) {
        const char *name = fields->rows[i].attribute;

        if (score->set >> i & 1 && strncmp(name, prefix, strlen(prefix)) == 0)
            json_out_member(out, &first, obs_str_of(name), &score->values[i]);
    }
    if (metadata.kind == OTLP_JSON && metadata.s.ptr[0] == '{') {
        if (metadata.s.len > 2 && !first)
            json_out_char(out, ',');
        json_out_raw(out, obs_str_n(metadata.s.ptr + 1, metadata.s.len - 2));
    } else if (metadata.kind != OTLP_NONE) {
        json_out_member(out, &first, (obs_str)OBS_STR("metadata"), &metadata);
    }
    json_out_char(out, '}');
    return json_out_take(out);
}

static int add(const struct langfuse_event *score, obs_str project, struct json_out *out,
               struct mapped *mapped)
{
    obs_feedback *feedback = feedback_add(mapped, out->arena);

    if (!feedback)
        return OBS_E_NOMEM;
    feedback->id = score->id;
    feedback->project_id = project;
    if (score->trace.len)
        langfuse_trace_id(score->trace, feedback->trace_id);
    if (score->parent.len)
        langfuse_span_id(score->parent, feedback->span_id);
    feedback->session_id = text_of(score, "session");
    feedback->name = score->name;
    feedback->comment = text_of(score, "comment");
    feedback->source = feedback_source_name(FEEDBACK_LANGFUSE);
    feedback->metadata = metadata_of(score, out);
    feedback->ts_ns = score->time_ns;
    put_value(score, feedback);
    if (!feedback->metadata.ptr)
        return OBS_E_NOMEM;
    if (feedback->metadata.len == 2) /* nothing in it */
        feedback->metadata = obs_str_n(NULL, 0);
    return feedback_finish(out->arena, feedback, /* key= */ score->envelope);
}

int langfuse_scores(const struct langfuse_batch *batch, obs_str project, struct mapped *mapped)
{
    struct json_out out;
    int rc = OBS_OK;

    json_out_init(&out, batch->arena);
    for (size_t i = 0; rc == OBS_OK && i < batch->n_scores; i++)
        rc = add(&batch->scores[i], project, &out, mapped);
    return rc;
}
