/* SPDX-License-Identifier: Apache-2.0 */
/* YAML text to configuration nodes, by libyaml. */
#ifndef HOST_CONFIG_YAML_H
#define HOST_CONFIG_YAML_H

#include "config/errors.h"

#include <stdbool.h>

/* Parses one document. `source` names it in complaints and lives as long as the
 * arena; with `placed` = 0 the nodes get no line and column (a value from the
 * command line). An alias gives a copy of what its anchor names. Tags, merge
 * keys, several documents, duplicate keys and what is, with all copies, deeper
 * than 64 levels or larger than a million nodes are refused. Complaints go to
 * `errors`. Errors: OBS_E_SYNTAX, OBS_E_NOMEM. */
int yaml_parse(obs_arena *arena, obs_str text, const char *source, int placed,
               struct obs_conf **ret_root, struct conf_errors *errors);

/* Reads the whole file; see yaml_parse(). Errors also: OBS_E_NOT_FOUND,
 * OBS_E_TOO_LARGE. */
int yaml_load(obs_arena *arena, const char *path, struct obs_conf **ret_root,
              struct conf_errors *errors);

/* Whether a plain scalar of this text is null. */
bool yaml_is_null(obs_str text);

#endif
