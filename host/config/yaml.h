/* SPDX-License-Identifier: Apache-2.0 */
/* YAML text to configuration nodes, by libyaml. */
#ifndef HOST_CONFIG_YAML_H
#define HOST_CONFIG_YAML_H

#include "config/errors.h"

/* Parses one document. `source` names it in complaints and lives as long as the
 * arena; with `placed` = 0 the nodes get no line and column (a value from the
 * command line). Anchors, aliases, tags, several documents, duplicate keys and
 * what is deeper than 64 or larger than a million nodes are refused. Complaints
 * go to `errors`. Errors: OBS_E_SYNTAX, OBS_E_NOMEM. */
int yaml_parse(obs_arena *arena, obs_str text, const char *source, int placed,
               struct obs_conf **ret_root, struct conf_errors *errors);

/* Reads the whole file; see yaml_parse(). Errors also: OBS_E_NOT_FOUND,
 * OBS_E_TOO_LARGE. */
int yaml_load(obs_arena *arena, const char *path, struct obs_conf **ret_root,
              struct conf_errors *errors);

/* The content of a small file in the arena, NUL-terminated. `error` holds a
 * reason of at most `size` bytes. Errors: OBS_E_NOT_FOUND, OBS_E_TOO_LARGE. */
int yaml_read_file(obs_arena *arena, const char *path, size_t limit_bytes, obs_str *ret_text,
                   char *error, size_t size);

#endif
