/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration nodes: making and reading them. */
#include "config/node.h"

struct conf_entry *node_find(const struct obs_conf *map, obs_str key)
{
    if (!map || map->type != OBS_CONF_MAPPING)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (obs_str_eq(map->entries[i].key, key))
            return &map->entries[i];
    return NULL;
}

struct obs_conf *node_new(obs_arena *arena, uint32_t type)
{
    struct obs_conf *node = obs_arena_calloc(arena, 1, sizeof(*node));

    if (node) {
        node->type = type;
        node->text = obs_str_n("", 0);
    }
    return node;
}

struct conf_entry *node_append(obs_arena *arena, struct obs_conf *parent, obs_str key,
                               struct obs_conf *value)
{
    if (parent->count == parent->capacity) {
        size_t capacity = parent->capacity ? 2 * parent->capacity : 8;
        struct conf_entry *entries = obs_arena_calloc(arena, capacity, sizeof(*entries));
        if (!entries)
            return NULL;
        if (parent->count)
            memcpy(entries, parent->entries, parent->count * sizeof(*entries));
        parent->entries = entries;
        parent->capacity = capacity;
    }
    parent->entries[parent->count] = (struct conf_entry){.key = key, .value = value};
    return &parent->entries[parent->count++];
}

bool node_equal(const struct obs_conf *a, const struct obs_conf *b)
{
    if (!a || !b)
        return a == b;
    if (a->type != b->type || a->quoted != b->quoted || a->count != b->count ||
        !obs_str_eq(a->text, b->text))
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!obs_str_eq(a->entries[i].key, b->entries[i].key) ||
            !node_equal(a->entries[i].value, b->entries[i].value))
            return false;
    return true;
}

/* --- the SDK's functions ------------------------------------------------------ */

uint32_t obs_conf_type(const obs_conf *node)
{
    return node ? node->type : OBS_CONF_NULL;
}

const obs_conf *obs_conf_get(const obs_conf *map, const char *key)
{
    struct conf_entry *entry = node_find(map, obs_str_of(key));

    return entry ? entry->value : NULL;
}

size_t obs_conf_count(const obs_conf *node)
{
    return node ? node->count : 0;
}

const obs_conf *obs_conf_at(const obs_conf *node, size_t index, obs_str *ret_key)
{
    if (!node || index >= node->count)
        return NULL;
    if (ret_key)
        *ret_key = node->entries[index].key;
    return node->entries[index].value;
}

obs_str obs_conf_str(const obs_conf *node)
{
    return node && node->type == OBS_CONF_SCALAR ? node->text : obs_str_n("", 0);
}

const char *obs_conf_source(const obs_conf *node)
{
    return node && node->source ? node->source : "";
}

uint32_t obs_conf_line(const obs_conf *node)
{
    return node ? node->line : 0;
}

uint32_t obs_conf_column(const obs_conf *node)
{
    return node ? node->column : 0;
}
