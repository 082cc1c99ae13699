/* SPDX-License-Identifier: Apache-2.0 */
/* Feedback, member by member. */
#include "feedback_json.h"

static void put_text(obs_jw *jw, const char *key, obs_str text)
{
    obs_jw_key(jw, key);
    if (text.len)
        obs_jw_str(jw, text);
    else
        obs_jw_null(jw);
}

/* All zero is nothing. */
static void put_id(obs_jw *jw, const char *key, const uint8_t *id, size_t len)
{
    static const uint8_t none[16];

    obs_jw_key(jw, key);
    if (memcmp(id, none, len) == 0)
        obs_jw_null(jw);
    else
        obs_jw_hex(jw, id, len);
}

void feedback_json(obs_jw *jw, const obs_feedback *f)
{
    obs_jw_object(jw);
    put_text(jw, "id", f->id);
    put_text(jw, "project_id", f->project_id);
    put_id(jw, "trace_id", f->trace_id, sizeof(f->trace_id));
    put_id(jw, "span_id", f->span_id, sizeof(f->span_id));
    put_text(jw, "session_id", f->session_id);
    put_text(jw, "name", f->name);
    obs_jw_key(jw, "score");
    obs_jw_double(jw, f->value); /* null for none */
    put_text(jw, "label", f->label);
    put_text(jw, "comment", f->comment);
    obs_jw_key(jw, "resolved");
    if (f->resolved == OBS_FEEDBACK_UNSAID)
        obs_jw_null(jw);
    else
        obs_jw_bool(jw, f->resolved == OBS_FEEDBACK_RESOLVED);
    put_text(jw, "source", f->source);
    put_text(jw, "author", f->author);
    obs_jw_key(jw, "metadata");
    obs_jw_raw(jw, f->metadata.len ? f->metadata : (obs_str)OBS_STR("{}"));
    obs_jw_key(jw, "ts");
    obs_jw_time(jw, f->ts_ns);
    obs_jw_end_object(jw);
}
