/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration node from the inside. Every node and key knows where it
 * stands. Nodes live in the arena they were read into and are constant once
 * config_load() has applied the overrides. */
#ifndef HOST_CONFIG_NODE_H
#define HOST_CONFIG_NODE_H

#include <observatory/conf.h>
#include <stdbool.h>

struct conf_entry {
    obs_str key; /* empty in a sequence */
    uint32_t key_line, key_column;
    struct obs_conf *value;
};

struct obs_conf {
    uint32_t type;         /* OBS_CONF_* */
    uint32_t line, column; /* from 1; 0: not from a file */
    uint16_t quoted;       /* 1: a scalar in quotes is always text */
    uint16_t filled;       /* 1: from the environment or a file, perhaps a secret */
    const char *source;    /* file name as given, or "--set plugins.hello" */
    obs_str text;          /* scalar, NUL-terminated */
    struct conf_entry *entries;
    size_t count, capacity;
};

/* The entry of `map` under `key`, NULL when absent. */
struct conf_entry *node_find(const struct obs_conf *map, obs_str key);

/* A node of `type` at the place of nothing: source, line and column unset. NULL
 * when out of memory. */
struct obs_conf *node_new(obs_arena *arena, uint32_t type);

/* Appends an entry and returns it; NULL when out of memory. */
struct conf_entry *node_append(obs_arena *arena, struct obs_conf *parent, obs_str key,
                               struct obs_conf *value);

/* Whether both say the same: types, texts, keys and their order; places and
 * comments do not count. NULL equals NULL. */
bool node_equal(const struct obs_conf *a, const struct obs_conf *b);

#endif
