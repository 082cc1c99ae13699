/* SPDX-License-Identifier: Apache-2.0 */
/* Overrides. Their nodes have no line; their source is "--set path". No complaint
 * shows the value: it may be a secret. */
#include "config/override.h"
#include "config/yaml.h"
#include "core/utf8.h"

#include <stdbool.h>
#include <stdio.h>

static int refuse(struct conf_errors *errors, const char *source, const char *text)
{
    conf_error_place(errors, source, /* line= */ 0, /* column= */ 0, /* path= */ NULL, "%s", text);
    return OBS_E_SYNTAX;
}

static obs_str trimmed(obs_str s)
{
    while (s.len && s.ptr[0] == ' ')
        s = obs_str_n(s.ptr + 1, s.len - 1);
    while (s.len && s.ptr[s.len - 1] == ' ')
        s.len--;
    return s;
}

/* Whether a value is YAML; an address such as [::1]:8080 is not. */
static bool is_flow(obs_str value)
{
    if (value.len == 0 || !memchr("{[\"'", value.ptr[0], 4))
        return false;
    return value.ptr[0] != '[' || value.ptr[value.len - 1] == ']' ||
           !memmem(value.ptr, value.len, "]:", 2);
}

static int parse_value(obs_arena *arena, obs_str text, const char *source,
                       struct obs_conf **ret_node, struct conf_errors *errors)
{
    struct obs_conf *node;

    text = trimmed(text);
    if (!utf8_valid(text))
        return refuse(errors, source, "expected UTF-8 text");
    if (is_flow(text))
        return yaml_parse(arena, text, source, /* placed= */ 0, ret_node, errors);
    node = node_new(arena, yaml_is_null(text) ? OBS_CONF_NULL : OBS_CONF_SCALAR);
    if (!node)
        return OBS_E_NOMEM;
    node->source = source;
    if (node->type == OBS_CONF_SCALAR && !(node->text = obs_arena_dup(arena, text)).ptr)
        return OBS_E_NOMEM;
    *ret_node = node;
    return OBS_OK;
}

/* The entry under `key`, made without a value when there is none. */
static struct conf_entry *entry_of(obs_arena *arena, struct obs_conf *map, obs_str key)
{
    struct conf_entry *entry = node_find(map, key);
    obs_str copy;

    if (entry)
        return entry;
    copy = obs_arena_dup(arena, key);
    return copy.ptr ? node_append(arena, map, copy, /* value= */ NULL) : NULL;
}

/* The mapping under `key` of `map`, made when there is none. */
static int step_into(obs_arena *arena, struct obs_conf **map, obs_str key, const char *source,
                     struct conf_errors *errors)
{
    struct conf_entry *entry = entry_of(arena, *map, key);
    char text[160];

    if (!entry)
        return OBS_E_NOMEM;
    if (!entry->value || entry->value->type == OBS_CONF_NULL) {
        entry->value = node_new(arena, OBS_CONF_MAPPING);
        if (!entry->value)
            return OBS_E_NOMEM;
        entry->value->source = source;
    } else if (entry->value->type != OBS_CONF_MAPPING) {
        snprintf(text, sizeof(text), "\"%.*s\" is %s; expected a mapping",
                 key.len < 100 ? (int)key.len : 100, key.ptr,
                 entry->value->type == OBS_CONF_SEQUENCE ? "a list" : "a single value");
        return refuse(errors, source, text);
    }
    *map = entry->value;
    return OBS_OK;
}

int override_apply(obs_arena *arena, struct obs_conf *root, const char *set,
                   struct conf_errors *errors)
{
    const char *equals = strchr(set, '='), *at = set;
    size_t path_len = equals ? (size_t)(equals - set) : strlen(set);
    obs_str source = obs_arena_printf(arena, "--set %.*s", (int)path_len, set);
    struct obs_conf *map = root, *value = NULL;
    struct conf_entry *entry;
    int rc;

    if (!source.ptr)
        return OBS_E_NOMEM;
    if (!equals || equals == set)
        return refuse(errors, source.ptr, "expected path=value");
    if (!utf8_valid(obs_str_n(set, path_len)))
        return refuse(errors, source.ptr, "expected UTF-8 text");
    rc = parse_value(arena, obs_str_of(equals + 1), source.ptr, &value, errors);
    for (const char *dot; rc == OBS_OK && (dot = memchr(at, '.', (size_t)(equals - at)));
         at = dot + 1) {
        if (dot == at)
            return refuse(errors, source.ptr, "an empty name in the path");
        rc = step_into(arena, &map, obs_str_n(at, (size_t)(dot - at)), source.ptr, errors);
    }
    if (rc < 0)
        return rc;
    if (at == equals)
        return refuse(errors, source.ptr, "an empty name in the path");
    entry = entry_of(arena, map, obs_str_n(at, (size_t)(equals - at)));
    if (!entry)
        return OBS_E_NOMEM;
    entry->value = value;
    entry->key_line = entry->key_column = 0; /* its place is the command line now */
    return OBS_OK;
}
