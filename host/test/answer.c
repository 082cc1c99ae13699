/* SPDX-License-Identifier: Apache-2.0 */
/* Reading an answer, by the parser that the server reads requests with, and
 * what a test asks about it. */
#include "test/response.h"

#include <stdlib.h>
#include <strings.h>

#define OUT_OF_MEMORY "out of memory"

/* ---- parser --------------------------------------------------------------- */

static int on_status_complete(llhttp_t *parser)
{
    obs_test_response *r = parser->data;

    r->fields = NULL; /* those of a 100 Continue before it */
    r->last_field = &r->fields;
    return HPE_OK;
}

static int append(obs_buf *to, const char *at, size_t len)
{
    obs_buf_append(to, at, len);
    return obs_buf_error(to) < 0 ? HPE_USER : HPE_OK;
}

/* A piece of a name: the first one begins a field. */
static int on_header_field(llhttp_t *parser, const char *at, size_t len)
{
    obs_test_response *r = parser->data;
    struct test_field *field = *r->last_field;

    if (!field) {
        field = obs_arena_calloc(r->arena, 1, sizeof(*field));
        if (!field)
            return HPE_USER;
        field->name = obs_buf_new(r->arena, /* limit_bytes= */ 0);
        field->value = obs_buf_new(r->arena, /* limit_bytes= */ 0);
        if (!field->name || !field->value)
            return HPE_USER;
        *r->last_field = field;
    }
    return append(field->name, at, len);
}

static int on_header_value(llhttp_t *parser, const char *at, size_t len)
{
    obs_test_response *r = parser->data;

    return append((*r->last_field)->value, at, len);
}

static int on_header_value_complete(llhttp_t *parser)
{
    obs_test_response *r = parser->data;

    r->last_field = &(*r->last_field)->next;
    return HPE_OK;
}

static int on_headers_complete(llhttp_t *parser)
{
    const obs_test_response *r = parser->data;

    return r->is_head ? 1 : 0; /* 1: no body follows */
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    obs_test_response *r = parser->data;

    return append(r->body, at, len);
}

static int on_message_complete(llhttp_t *parser)
{
    obs_test_response *r = parser->data;

    if (parser->status_code < 200)
        return HPE_OK; /* an interim answer */
    r->complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_status_complete = on_status_complete,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void answer_init(obs_test_response *r)
{
    r->last_field = &r->fields;
    /* llhttp takes the settings without const and only reads them */
    llhttp_init(&r->parser, HTTP_RESPONSE, (llhttp_settings_t *)(uintptr_t)&settings);
    r->parser.data = r;
}

void answer_parse(obs_test_response *r, const char *bytes, size_t len)
{
    llhttp_errno_t err =
        len > 0 ? llhttp_execute(&r->parser, bytes, len) : llhttp_finish(&r->parser);

    if (r->complete || r->fault)
        return;
    if (err == HPE_USER)
        r->fault = OUT_OF_MEMORY;
    else if (err != HPE_OK)
        r->fault = "the answer is not HTTP, or ends too early";
    else if (len == 0)
        r->fault = "the connection ended before the answer did";
}

/* ---- public, declared in observatory/test.h -------------------------------- */

int obs_test_status(const obs_test_response *r)
{
    return r && (r->fields || r->complete) ? r->parser.status_code : 0;
}

static bool is_named(const struct test_field *field, const char *name)
{
    obs_str found = obs_buf_str(field->name);

    return found.len == strlen(name) && strncasecmp(found.ptr, name, found.len) == 0;
}

obs_str obs_test_header(obs_test_response *r, const char *name)
{
    obs_buf *joined = NULL;
    obs_str value = {0};

    for (const struct test_field *f = r ? r->fields : NULL; f; f = f->next) {
        if (!is_named(f, name))
            continue;
        if (value.ptr && !joined) {
            joined = obs_buf_new(r->arena, /* limit_bytes= */ 0);
            if (!joined)
                break;
            obs_buf_append(joined, value.ptr, value.len);
        }
        value = obs_buf_str(f->value);
        if (!joined)
            continue;
        obs_buf_printf(joined, ", %.*s", OBS_STR_ARG(value));
        value = obs_buf_str(joined);
    }
    return value;
}

obs_str obs_test_body(const obs_test_response *r)
{
    return r ? obs_buf_str(r->body) : obs_str_of(NULL);
}

/* The next token of a JSON pointer, unescaped into `token`, which has room for
 * all of it; false after the last one. */
static bool next_token(const char **pointer, char *token)
{
    const char *at = *pointer;

    if (*at != '/')
        return false;
    for (at++; *at && *at != '/'; at++) {
        *token = *at;
        if (at[0] == '~' && (at[1] == '0' || at[1] == '1'))
            *token = *++at == '0' ? '~' : '/';
        token++;
    }
    *token = '\0';
    *pointer = at;
    return true;
}

static const obs_json *member(const obs_json *value, const char *token)
{
    char *end;
    unsigned long index;

    if (obs_json_type(value) != OBS_JSON_ARRAY)
        return obs_json_get(value, token);
    index = strtoul(token, &end, 10);
    return *token && !*end ? obs_json_at(value, index) : NULL;
}

const obs_json *obs_test_json(obs_test_response *r, const char *pointer)
{
    const obs_json *value;
    char *token;

    if (!r || !r->complete)
        return NULL;
    if (!r->json_parsed && obs_json_parse(r->arena, obs_test_body(r), &r->json, NULL) < 0)
        r->json = NULL;
    r->json_parsed = true;
    value = r->json;
    token = obs_arena_alloc(r->arena, strlen(pointer) + 1);
    if (!token)
        return NULL;
    while (value && next_token(&pointer, token))
        value = member(value, token);
    return *pointer ? NULL : value;
}
