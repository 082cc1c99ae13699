/* SPDX-License-Identifier: Apache-2.0 */
/* Reading JSON values. */
#include "json_value.h"
#include "messages.h"

static int number(struct json_cursor *c, struct otlp_value *ret)
{
    obs_str text;
    int rc = json_number(c, &text);

    if (rc < 0)
        return rc;
    *ret = (struct otlp_value){.kind = OTLP_INT};
    if (!memchr(text.ptr, '.', text.len) && !memchr(text.ptr, 'e', text.len) &&
        !memchr(text.ptr, 'E', text.len) && json_parse_int(c->arena, text, &ret->i))
        return OBS_OK;
    ret->kind = OTLP_DOUBLE;
    if (!json_parse_double(c->arena, text, &ret->d))
        *ret = (struct otlp_value){.kind = OTLP_STRING, .s = text};
    return OBS_OK;
}

int json_value_read(struct json_cursor *c, struct json_out *out, struct otlp_value *ret)
{
    char next = json_peek(c);
    bool truth = false;
    obs_str text;
    int rc;

    if (next == '-' || (next >= '0' && next <= '9'))
        return number(c, ret);
    if (next == 't' || next == 'f') {
        rc = json_bool(c, &truth);
        *ret = (struct otlp_value){.kind = OTLP_BOOL, .i = truth};
        return rc;
    }
    if (next == '"') {
        *ret = (struct otlp_value){.kind = OTLP_STRING};
        return json_string(c, &ret->s);
    }
    if (json_null(c)) {
        *ret = (struct otlp_value){.kind = OTLP_NONE};
        return OBS_OK;
    }
    rc = json_skip(c, &text);
    *ret = (struct otlp_value){.kind = OTLP_JSON};
    return rc < 0 ? rc : json_compacted(out, text, &ret->s);
}
