/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the configuration: file, substitution, overrides. */
#include "config/config.h"
#include "config/yaml.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SECRET_BYTES ((size_t)64 << 10)
#define MAX_VALUE_BYTES ((size_t)1 << 20)

struct substitution {
    obs_arena *arena;
    struct conf_errors *errors;
    obs_str folder;
    const struct obs_conf *node; /* the scalar at hand */
    const char *path;
};

obs_str config_folder(obs_arena *arena, const char *file)
{
    char folder[PATH_MAX], *slash;

    if (!file || !realpath(file, folder)) {
        if (!getcwd(folder, sizeof(folder)))
            strcpy(folder, "/");
        return obs_arena_dup(arena, obs_str_of(folder));
    }
    slash = strrchr(folder, '/');
    slash[slash == folder] = '\0';
    return obs_arena_dup(arena, obs_str_of(folder));
}

/* --- substitution --------------------------------------------------------------- */

/* A secret's file must not be writable by strangers. */
static int put_file(struct substitution *s, obs_str name, obs_buf *out)
{
    obs_str path =
        name.len && name.ptr[0] == '/'
            ? obs_arena_dup(s->arena, name)
            : obs_arena_printf(s->arena, "%.*s/%.*s", OBS_STR_ARG(s->folder), OBS_STR_ARG(name));
    struct stat st;
    char why[128];
    obs_str text;
    int rc;

    if (!path.ptr)
        return OBS_E_NOMEM;
    if (stat(path.ptr, &st) == 0 && (st.st_mode & (S_IWGRP | S_IWOTH))) {
        conf_error_at(s->errors, s->node, s->path,
                      "%s is writable by others than its owner; expected mode 0600 or less",
                      path.ptr);
        return OBS_E_SYNTAX;
    }
    rc = yaml_read_file(s->arena, path.ptr, MAX_SECRET_BYTES, &text, why, sizeof(why));
    if (rc < 0) {
        conf_error_at(s->errors, s->node, s->path, "%s: %s", path.ptr, why);
        return rc;
    }
    if (text.len && text.ptr[text.len - 1] == '\n')
        text.len--;
    obs_buf_append(out, text.ptr, text.len);
    return OBS_OK;
}

static int put_variable(struct substitution *s, obs_str inside, obs_buf *out)
{
    const char *rest = memmem(inside.ptr, inside.len, ":-", 2), *value;
    size_t len = rest ? (size_t)(rest - inside.ptr) : inside.len;
    obs_str name = obs_arena_dup(s->arena, obs_str_n(inside.ptr, len));

    if (!name.ptr)
        return OBS_E_NOMEM;
    value = getenv(name.ptr);
    if (rest && (!value || !*value))
        obs_buf_append(out, rest + 2, inside.len - len - 2);
    else if (value)
        obs_buf_append(out, value, strlen(value));
    else {
        conf_error_at(s->errors, s->node, s->path,
                      "the environment variable %s is not set; expected it, or ${%s:-default}",
                      name.ptr, name.ptr);
        return OBS_E_SYNTAX;
    }
    return OBS_OK;
}

/* What stands between `${` and `}`. */
static int put_inside(struct substitution *s, obs_str inside, obs_buf *out)
{
    if (inside.len > 5 && memcmp(inside.ptr, "file:", 5) == 0)
        return put_file(s, obs_str_n(inside.ptr + 5, inside.len - 5), out);
    if (inside.len > 0)
        return put_variable(s, inside, out);
    conf_error_at(s->errors, s->node, s->path, "${} is empty; expected ${NAME} or ${file:PATH}");
    return OBS_E_SYNTAX;
}

static int substitute_text(struct substitution *s, obs_str text, obs_buf *out)
{
    const char *p = text.ptr, *end = text.ptr + text.len;

    while (p < end) {
        const char *dollar = memchr(p, '$', (size_t)(end - p)), *close;
        int rc;
        if (!dollar || dollar + 1 == end) {
            obs_buf_append(out, p, (size_t)(end - p));
            break;
        }
        obs_buf_append(out, p, (size_t)(dollar - p));
        if (dollar[1] != '{') {
            obs_buf_append(out, "$", 1);
            p = dollar + 1 + (dollar[1] == '$');
            continue;
        }
        close = memchr(dollar, '}', (size_t)(end - dollar));
        if (!close) {
            conf_error_at(s->errors, s->node, s->path, "${ without its }; write $$ for a dollar");
            return OBS_E_SYNTAX;
        }
        rc = put_inside(s, obs_str_n(dollar + 2, (size_t)(close - dollar) - 2), out);
        if (rc < 0)
            return rc;
        p = close + 1;
    }
    return obs_buf_error(out);
}

static int substitute_scalar(struct substitution *s, struct obs_conf *node)
{
    obs_buf *out;
    int rc;

    if (!memchr(node->text.ptr, '$', node->text.len))
        return OBS_OK;
    out = obs_buf_new(s->arena, MAX_VALUE_BYTES);
    if (!out)
        return OBS_E_NOMEM;
    s->node = node;
    rc = substitute_text(s, node->text, out);
    if (rc < 0)
        return rc;
    node->text = obs_arena_dup(s->arena, obs_buf_str(out));
    if (!node->text.ptr)
        return OBS_E_NOMEM;
    if (node->text.len == 0 && !node->quoted)
        node->type = OBS_CONF_NULL;
    return OBS_OK;
}

/* Goes on after a complaint, so that all are told at once. */
static int substitute(struct substitution *s, struct obs_conf *node, const char *path)
{
    int result = OBS_OK;

    s->path = path;
    if (node->type == OBS_CONF_SCALAR)
        return substitute_scalar(s, node);
    for (size_t i = 0; i < node->count; i++) {
        obs_str below = obs_arena_printf(s->arena, "%s%s%.*s", path ? path : "", path ? "." : "",
                                         OBS_STR_ARG(node->entries[i].key));
        int rc = below.ptr ? substitute(s, node->entries[i].value, below.ptr) : OBS_E_NOMEM;
        if (rc < 0)
            result = rc;
    }
    return result;
}

/* --- overrides -------------------------------------------------------------------- */

static int override_error(struct conf_errors *errors, const char *set, const char *text)
{
    conf_error_place(errors, NULL, 0, 0, NULL, "--set %s: %s", set, text);
    return OBS_E_SYNTAX;
}

/* The mapping under `key` of `map`, made when there is none. */
static struct obs_conf *step_into(obs_arena *arena, struct obs_conf *map, obs_str key,
                                  const char *source)
{
    struct conf_entry *entry = node_find(map, key);

    if (entry && entry->value->type == OBS_CONF_MAPPING)
        return entry->value;
    if (!entry)
        entry = node_append(arena, map, key, NULL);
    if (!entry || !(entry->value = node_new(arena, OBS_CONF_MAPPING)))
        return NULL;
    entry->value->source = source;
    return entry->value;
}

static int apply(obs_arena *arena, struct obs_conf *root, const char *set,
                 struct conf_errors *errors)
{
    const char *equals = strchr(set, '='), *at = set, *dot;
    struct obs_conf *map = root, *value;
    struct conf_entry *entry;
    obs_str source, key;
    int rc;

    if (!equals || equals == set)
        return override_error(errors, set, "expected path=value");
    source = obs_arena_printf(arena, "--set %.*s", (int)(equals - set), set);
    if (!source.ptr)
        return OBS_E_NOMEM;
    rc = yaml_parse(arena, obs_str_of(equals + 1), source.ptr, /* placed= */ 0, &value, errors);
    if (rc < 0)
        return rc;
    if (equals[1] == '\0')
        value->type = OBS_CONF_NULL;
    while ((dot = memchr(at, '.', (size_t)(equals - at)))) {
        key = obs_arena_dup(arena, obs_str_n(at, (size_t)(dot - at)));
        if (!key.len)
            return override_error(errors, set, "an empty name in the path");
        map = step_into(arena, map, key, source.ptr);
        if (!map)
            return OBS_E_NOMEM;
        at = dot + 1;
    }
    key = obs_arena_dup(arena, obs_str_n(at, (size_t)(equals - at)));
    if (!key.len)
        return override_error(errors, set, "an empty name in the path");
    entry = node_find(map, key);
    if (!entry)
        entry = node_append(arena, map, key, NULL);
    if (!entry)
        return OBS_E_NOMEM;
    entry->value = value;
    entry->key_line = entry->key_column = 0; /* its place is the command line now */
    return OBS_OK;
}

int config_load(obs_arena *arena, const char *file, const char *const *sets, size_t n_sets,
                const obs_conf **ret_root, struct conf_errors *errors)
{
    struct substitution s = {.arena = arena, .errors = errors};
    struct obs_conf *root = node_new(arena, OBS_CONF_MAPPING);
    int rc = OBS_OK, result = OBS_OK;

    if (!root)
        return OBS_E_NOMEM;
    if (file)
        rc = yaml_load(arena, file, &root, errors);
    if (rc < 0)
        return rc;
    if (root->type != OBS_CONF_MAPPING) {
        conf_error_at(errors, root, NULL, "expected a mapping such as `plugins:`");
        return OBS_E_SYNTAX;
    }
    s.folder = config_folder(arena, file);
    result = substitute(&s, root, NULL);
    for (size_t i = 0; i < n_sets; i++) {
        rc = apply(arena, root, sets[i], errors);
        if (rc < 0)
            result = rc;
    }
    if (result == OBS_OK)
        *ret_root = root;
    return result;
}
