/* SPDX-License-Identifier: Apache-2.0 */
/* From JSON to feedback: a row a member. */
#include "body.h"
#include "feedback_id.h"
#include "hex_id.h"
#include "timeparse.h"

#include <math.h>

struct reader;

struct field {
    const char *name;
    int (*read)(struct reader *r, const struct field *f, const obs_json *value);
    size_t offset; /* of texts */
    bool fixed;    /* the id may be made of it */
};

struct reader {
    struct body *body;
    obs_feedback *to;
    obs_str worded; /* a score that is a text */
    bool changing;
    size_t index; /* of the item, in a list */
};

static int complain(struct reader *r, int error, const char *field, const char *text)
{
    struct body *body = r->body;

    body->field = field;
    body->text = body->list
                     ? obs_arena_printf(body->arena, "item %zu: %s: %s", r->index, field, text)
                     : obs_arena_printf(body->arena, "%s: %s", field, text);
    return error;
}

/* --- values ---------------------------------------------------------------- */

static int read_text(struct reader *r, const struct field *f, const obs_json *value)
{
    obs_str *to = (obs_str *)(void *)((char *)r->to + f->offset);
    uint32_t type = obs_json_type(value);

    if (type != OBS_JSON_STRING && type != OBS_JSON_NULL)
        return complain(r, OBS_E_INVALID, f->name, "expected a text");
    *to = obs_json_str(value);
    return OBS_OK;
}

static int read_id(struct reader *r, const struct field *f, const obs_json *value)
{
    int rc = read_text(r, f, value);

    if (rc == OBS_OK && r->to->id.len > FEEDBACK_MAX_ID_BYTES)
        return complain(r, OBS_E_RANGE, f->name, "expected at most 256 bytes");
    return rc;
}

static int read_span_id(struct reader *r, const struct field *f, const obs_json *value)
{
    if (obs_json_type(value) == OBS_JSON_NULL)
        return OBS_OK;
    if (r->to->session_id.len)
        return complain(r, OBS_E_INVALID, f->name, "feedback on a session is on no span");
    if (hex_span_id(obs_json_str(value), r->to->span_id) < 0)
        return complain(r, OBS_E_INVALID, f->name, "expected 16 hexadecimal digits, not all zero");
    return OBS_OK;
}

static int read_score(struct reader *r, const struct field *f, const obs_json *value)
{
    r->to->value = (double)NAN;
    switch (obs_json_type(value)) {
    case OBS_JSON_NULL:
        return OBS_OK;
    case OBS_JSON_BOOL:
        r->to->value = obs_json_bool(value);
        return OBS_OK;
    case OBS_JSON_INT:
    case OBS_JSON_REAL:
        r->to->value = obs_json_double(value);
        return OBS_OK;
    case OBS_JSON_STRING:
        r->worded = obs_json_str(value);
        return OBS_OK;
    default:
        return complain(r, OBS_E_INVALID, f->name, "expected a number, a boolean or a text");
    }
}

static int read_resolved(struct reader *r, const struct field *f, const obs_json *value)
{
    uint32_t type = obs_json_type(value);

    if (type != OBS_JSON_BOOL && type != OBS_JSON_NULL)
        return complain(r, OBS_E_INVALID, f->name, "expected true or false");
    r->to->resolved = type == OBS_JSON_NULL  ? OBS_FEEDBACK_UNSAID
                      : obs_json_bool(value) ? OBS_FEEDBACK_RESOLVED
                                             : OBS_FEEDBACK_UNRESOLVED;
    return OBS_OK;
}

static int read_time(struct reader *r, const struct field *f, const obs_json *value)
{
    obs_str text = obs_json_str(value);
    int rc = OBS_E_INVALID;

    if (obs_json_type(value) == OBS_JSON_NULL)
        return OBS_OK;
    if (obs_json_type(value) == OBS_JSON_INT)
        text = obs_arena_printf(r->body->arena, "%lld", (long long)obs_json_int(value));
    if (text.len)
        rc = time_parse(text, r->body->now_ns, &r->to->ts_ns);
    if (rc < 0 || r->to->ts_ns < 0)
        return complain(r, OBS_E_INVALID, f->name,
                        "expected an RFC 3339 time or a Unix time from 1970 on");
    return OBS_OK;
}

/* --- metadata -------------------------------------------------------------- */

static void put_value(obs_jw *jw, const obs_json *value);

static int put_member(obs_str key, const obs_json *value, void *user)
{
    obs_jw_key_str(user, key);
    put_value(user, value);
    return 0;
}

/* As deep as the parser allows, which is what the writer allows. */
static void put_value(obs_jw *jw, const obs_json *value)
{
    switch (obs_json_type(value)) {
    case OBS_JSON_BOOL:
        obs_jw_bool(jw, obs_json_bool(value));
        return;
    case OBS_JSON_INT:
        obs_jw_int(jw, obs_json_int(value));
        return;
    case OBS_JSON_REAL:
        obs_jw_double(jw, obs_json_double(value));
        return;
    case OBS_JSON_STRING:
        obs_jw_str(jw, obs_json_str(value));
        return;
    case OBS_JSON_ARRAY:
        obs_jw_array(jw);
        for (size_t i = 0; i < obs_json_count(value); i++)
            put_value(jw, obs_json_at(value, i));
        obs_jw_end_array(jw);
        return;
    case OBS_JSON_OBJECT:
        obs_jw_object(jw);
        (void)obs_json_each(value, put_member, jw);
        obs_jw_end_object(jw);
        return;
    default:
        obs_jw_null(jw);
    }
}

static int read_metadata(struct reader *r, const struct field *f, const obs_json *value)
{
    uint32_t type = obs_json_type(value);
    obs_buf *buf;
    obs_jw *jw;

    r->to->metadata = obs_str_n(NULL, 0);
    if (type != OBS_JSON_OBJECT && type != OBS_JSON_NULL)
        return complain(r, OBS_E_INVALID, f->name, "expected an object");
    if (obs_json_count(value) == 0)
        return OBS_OK;
    buf = obs_buf_new(r->body->arena, /* limit_bytes= */ 0);
    jw = buf ? obs_jw_new(r->body->arena, buf) : NULL;
    if (!jw)
        return OBS_E_NOMEM;
    put_value(jw, value);
    r->to->metadata = obs_buf_str(buf);
    return obs_buf_error(buf);
}

/* --- items ----------------------------------------------------------------- */

#define TEXT(member) read_text, offsetof(obs_feedback, member)

static const struct field fields[] = {
    {"score", read_score, 0, false},
    {"label", TEXT(label), false},
    {"comment", TEXT(comment), false},
    {"resolved", read_resolved, 0, false},
    {"metadata", read_metadata, 0, false},
    {"ts", read_time, 0, false},
    {"id", read_id, offsetof(obs_feedback, id), true},
    {"name", TEXT(name), true},
    {"source", TEXT(source), true},
    {"author", TEXT(author), true},
    {"user_id", TEXT(author), true}, /* another name of it */
    {"span_id", read_span_id, 0, true},
};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

static int complain_unknown(struct reader *r, obs_str key)
{
    obs_str known = obs_str_of("");

    for (size_t i = 0; i < N_FIELDS && known.ptr; i++)
        known = obs_arena_printf(r->body->arena, "%.*s%s%s", OBS_STR_ARG(known), i ? ", " : "",
                                 fields[i].name);
    key = obs_arena_dup(r->body->arena, key);
    if (!known.ptr || !key.ptr)
        return OBS_E_NOMEM;
    known = obs_arena_printf(r->body->arena, "unknown field; known are %.*s", OBS_STR_ARG(known));
    return known.ptr ? complain(r, OBS_E_UNKNOWN, key.ptr, known.ptr) : OBS_E_NOMEM;
}

static int read_member(obs_str key, const obs_json *value, void *user)
{
    struct reader *r = user;

    for (size_t i = 0; i < N_FIELDS; i++) {
        const struct field *f = &fields[i];

        if (!obs_str_is(key, f->name))
            continue;
        if (f->fixed && r->changing)
            return complain(r, OBS_E_INVALID, f->name,
                            "cannot be changed: delete the feedback and post another");
        return f->read(r, f, value);
    }
    return complain_unknown(r, key);
}

/* Reads the members of an object into `r->to`. */
static int read_object(struct reader *r, const obs_json *object)
{
    obs_feedback *to = r->to;
    int rc;

    if (obs_json_type(object) != OBS_JSON_OBJECT)
        return complain(r, OBS_E_INVALID, "body", "expected an object with members such as score");
    rc = obs_json_each(object, read_member, r);
    if (rc < 0)
        return rc;
    if (r->worded.len && obs_json_str(obs_json_get(object, "label")).len)
        return complain(r, OBS_E_INVALID, "score",
                        "a text is a label, and there is another in label: expected a number");
    if (r->worded.len)
        to->label = r->worded;
    if (isnan(to->value) && !to->label.len && !to->comment.len &&
        to->resolved == OBS_FEEDBACK_UNSAID)
        return complain(r, OBS_E_MISSING, "score",
                        "expected at least one of score, label, comment and resolved");
    return OBS_OK;
}

static int read_item(struct body *body, const obs_json *object, size_t index)
{
    struct reader r = {.body = body, .to = &body->items[index], .index = index};
    int rc = read_object(&r, object);

    if (rc < 0)
        return rc;
    if (!r.to->name.len)
        r.to->name = (obs_str)OBS_STR(FEEDBACK_DEFAULT_NAME);
    if (!r.to->source.len)
        r.to->source = feedback_source_name(FEEDBACK_API);
    if (!r.to->id.len)
        r.to->id = feedback_id(body->arena, r.to, /* key= */ obs_str_n(NULL, 0));
    return r.to->id.ptr ? OBS_OK : OBS_E_NOMEM;
}

/* --- bodies ---------------------------------------------------------------- */

static int parse(struct body *body, obs_str json, const obs_json **ret_value)
{
    obs_json_error error = {.size = sizeof(error)};
    int rc = obs_json_parse(body->arena, json, ret_value, &error);

    if (rc == OBS_E_SYNTAX)
        body->text = obs_arena_printf(body->arena, "line %u, column %u: %s", error.line,
                                      error.column, error.text);
    return rc;
}

int body_read(struct body *body, obs_str json, const obs_feedback *target)
{
    const obs_json *value;
    int rc = parse(body, json, &value);

    if (rc < 0)
        return rc;
    body->list = obs_json_type(value) == OBS_JSON_ARRAY;
    body->n_items = body->list ? obs_json_count(value) : 1;
    if (body->n_items == 0 || body->n_items > body->max_items) {
        body->text = obs_arena_printf(body->arena,
                                      "expected an object, or an array of 1 to %zu of them, found "
                                      "%zu",
                                      body->max_items, body->n_items);
        return OBS_E_RANGE;
    }
    body->items = obs_arena_calloc(body->arena, body->n_items, sizeof(*body->items));
    if (!body->items)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < body->n_items && rc == OBS_OK; i++) {
        body->items[i] = *target;
        rc = read_item(body, body->list ? obs_json_at(value, i) : value, i);
    }
    return rc;
}

int body_change(struct body *body, obs_str json, obs_feedback *feedback)
{
    struct reader r = {.body = body, .to = feedback, .changing = true};
    const obs_json *value;
    int rc = parse(body, json, &value);

    body->items = feedback;
    body->n_items = 1;
    return rc < 0 ? rc : read_object(&r, value);
}
