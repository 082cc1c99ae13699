/* SPDX-License-Identifier: Apache-2.0 */
/* Substitution. What comes from the environment or a file may be a secret: the
 * node is marked, so that no complaint ever shows its text. */
#include "config/substitute.h"
#include "config/file.h"
#include "core/utf8.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#define MAX_SECRET_BYTES ((size_t)64 << 10)
#define MAX_VALUE_BYTES ((size_t)1 << 20)

struct substitution {
    obs_arena *arena;
    struct conf_errors *errors;
    obs_str folder;
    struct obs_conf *node; /* the scalar at hand */
    const char *path;
    obs_buf *out;
};

static bool is_text(const char *text, size_t len)
{
    return !memchr(text, 0, len) && utf8_valid(obs_str_n(text, len));
}

static int put_file(struct substitution *s, obs_str name)
{
    bool absolute = name.len && name.ptr[0] == '/';
    obs_str path = absolute ? obs_arena_dup(s->arena, name)
                            : obs_arena_printf(s->arena, "%.*s/%.*s", OBS_STR_ARG(s->folder),
                                               OBS_STR_ARG(name));
    struct file_spec spec = {
        .path = path.ptr,
        .limit_bytes = MAX_SECRET_BYTES,
        .refused_mode = S_IWGRP | S_IWOTH, /* strangers must not choose our secrets */
    };
    char why[128];
    obs_str text;
    int rc;

    if (!path.ptr)
        return OBS_E_NOMEM;
    rc = file_read(s->arena, &spec, &text, why, sizeof(why));
    if (rc < 0) {
        conf_error_at(s->errors, s->node, s->path, "%s: %s", path.ptr, why);
        return rc;
    }
    if (!is_text(text.ptr, text.len)) {
        conf_error_at(s->errors, s->node, s->path, "%s: expected UTF-8 text", path.ptr);
        return OBS_E_SYNTAX;
    }
    if (text.len && text.ptr[text.len - 1] == '\n')
        text.len--;
    obs_buf_append(s->out, text.ptr, text.len);
    return OBS_OK;
}

static bool is_name(obs_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c != '_' && !isalpha(c) && (i == 0 || !isdigit(c)))
            return false;
    }
    return s.len > 0;
}

static int put_variable(struct substitution *s, obs_str name, const obs_str *fallback)
{
    obs_str copy = obs_arena_dup(s->arena, name);
    const char *value;

    if (!copy.ptr)
        return OBS_E_NOMEM;
    value = getenv(copy.ptr);
    if (fallback && (!value || !*value)) {
        obs_buf_append(s->out, fallback->ptr, fallback->len);
        return OBS_OK;
    }
    if (!value) {
        conf_error_at(s->errors, s->node, s->path,
                      "the environment variable %s is not set; expected it, or ${%s:-default}",
                      copy.ptr, copy.ptr);
        return OBS_E_SYNTAX;
    }
    if (!is_text(value, strlen(value))) {
        conf_error_at(s->errors, s->node, s->path,
                      "the environment variable %s: expected UTF-8 text", copy.ptr);
        return OBS_E_SYNTAX;
    }
    obs_buf_append(s->out, value, strlen(value));
    return OBS_OK;
}

/* What stands between `${` and `}`. */
static int put_inside(struct substitution *s, obs_str inside)
{
    const char *rest = memmem(inside.ptr, inside.len, ":-", 2);
    obs_str name = obs_str_n(inside.ptr, rest ? (size_t)(rest - inside.ptr) : inside.len), fallback;

    if (memmem(inside.ptr, inside.len, "${", 2)) {
        conf_error_at(s->errors, s->node, s->path, "${ inside ${}; expected one without the other");
        return OBS_E_SYNTAX;
    }
    if (inside.len > 5 && memcmp(inside.ptr, "file:", 5) == 0)
        return put_file(s, obs_str_n(inside.ptr + 5, inside.len - 5));
    if (!is_name(name)) {
        conf_error_at(s->errors, s->node, s->path,
                      "expected ${NAME}, ${NAME:-default} or ${file:PATH}, found \"${%.*s}\"",
                      OBS_STR_ARG(inside));
        return OBS_E_SYNTAX;
    }
    if (rest)
        fallback = obs_str_n(rest + 2, inside.len - name.len - 2);
    return put_variable(s, name, rest ? &fallback : NULL);
}

static int substitute_text(struct substitution *s, obs_str text)
{
    const char *p = text.ptr, *end = text.ptr + text.len;

    while (p < end) {
        const char *dollar = memchr(p, '$', (size_t)(end - p)), *close;
        int rc;
        if (!dollar || dollar + 1 == end) {
            obs_buf_append(s->out, p, (size_t)(end - p));
            break;
        }
        obs_buf_append(s->out, p, (size_t)(dollar - p));
        if (dollar[1] != '{') {
            obs_buf_append(s->out, "$", 1);
            p = dollar + 1 + (dollar[1] == '$');
            continue;
        }
        close = memchr(dollar, '}', (size_t)(end - dollar));
        if (!close) {
            conf_error_at(s->errors, s->node, s->path, "${ without its }; write $$ for a dollar");
            return OBS_E_SYNTAX;
        }
        s->node->filled = 1;
        rc = put_inside(s, obs_str_n(dollar + 2, (size_t)(close - dollar) - 2));
        if (rc < 0)
            return rc;
        p = close + 1;
    }
    return obs_buf_error(s->out);
}

static int substitute_scalar(struct substitution *s, struct obs_conf *node)
{
    int rc;

    if (!memchr(node->text.ptr, '$', node->text.len))
        return OBS_OK;
    s->node = node;
    s->out = obs_buf_new(s->arena, MAX_VALUE_BYTES);
    if (!s->out)
        return OBS_E_NOMEM;
    rc = substitute_text(s, node->text);
    if (rc == OBS_E_TOO_LARGE && obs_buf_error(s->out))
        conf_error_at(s->errors, node, s->path, "expected at most %zu bytes", MAX_VALUE_BYTES);
    if (rc < 0)
        return rc;
    node->text = obs_arena_dup(s->arena, obs_buf_str(s->out));
    if (!node->text.ptr)
        return OBS_E_NOMEM;
    if (node->text.len == 0 && !node->quoted)
        node->type = OBS_CONF_NULL;
    return OBS_OK;
}

/* "plugins" + "ingest", "listen" + element 2. */
static obs_str path_below(struct substitution *s, const struct obs_conf *node, const char *path,
                          size_t i)
{
    if (node->type == OBS_CONF_SEQUENCE)
        return obs_arena_printf(s->arena, "%s[%zu]", path ? path : "", i);
    return obs_arena_printf(s->arena, "%s%s%.*s", path ? path : "", path ? "." : "",
                            OBS_STR_ARG(node->entries[i].key));
}

/* Goes on after a complaint, so that all are told at once. */
static int substitute_below(struct substitution *s, struct obs_conf *node, const char *path)
{
    int result = OBS_OK;

    s->path = path;
    if (node->type == OBS_CONF_SCALAR)
        return substitute_scalar(s, node);
    for (size_t i = 0; i < node->count; i++) {
        obs_str below = path_below(s, node, path, i);
        int rc = below.ptr ? substitute_below(s, node->entries[i].value, below.ptr) : OBS_E_NOMEM;
        if (rc < 0)
            result = rc;
    }
    return result;
}

int substitute(obs_arena *arena, struct obs_conf *root, obs_str folder, struct conf_errors *errors)
{
    struct substitution s = {.arena = arena, .errors = errors, .folder = folder};

    return substitute_below(&s, root, /* path= */ NULL);
}
