/* SPDX-License-Identifier: Apache-2.0 */
/* Option tables: checking a part of the configuration against one, filling in
 * the struct behind it, printing it. */
#ifndef HOST_CONFIG_OPTIONS_H
#define HOST_CONFIG_OPTIONS_H

#include "config/errors.h"

#include <observatory/option.h>

/* Fills `config` from `map` (NULL or null: nothing given) by the table of `n`
 * options that are `stride` bytes apart; `path` ("plugins.ingest", "" at the
 * top) begins the paths in complaints, `folder` is where relative paths start.
 * Keys that no option has are complaints, except those for which `known` (may be
 * NULL) returns non-zero. Strings live in `arena`. Everything wrong goes to
 * `errors`. Errors: OBS_E_INVALID, OBS_E_NOMEM. */
struct options_spec {
    obs_arena *arena;
    const obs_conf *map;
    const char *path;
    obs_str folder;
    const obs_option *options;
    size_t n, stride;
    int (*known)(obs_str key);
};
int options_bind(const struct options_spec *spec, void *config, struct conf_errors *errors);

/* Element `i` of a table whose elements are `stride` bytes apart. */
const obs_option *options_at(const obs_option *options, size_t i, size_t stride);

/* The name of an option type for readers: "size". */
const char *options_type_name(uint32_t type);

/* One line an option: name, type, default, range, help. */
void options_print(FILE *to, const obs_option *options, size_t n, size_t stride);

#endif
