/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as a whole: the file, what the environment and other files
 * fill in, what the command line overrides. */
#ifndef HOST_CONFIG_CONFIG_H
#define HOST_CONFIG_CONFIG_H

#include "config/errors.h"

/* Reads `file` (NULL: start from nothing), replaces in every scalar `${NAME}`,
 * `${NAME:-default}`, `${file:PATH}` (relative to the file's folder, one trailing
 * newline cut) and `$$`, then applies `sets`, each "path=value" with a YAML flow
 * value, in order. Every complaint goes to `errors`.
 * Errors: OBS_E_SYNTAX, OBS_E_NOT_FOUND, OBS_E_TOO_LARGE, OBS_E_NOMEM. */
int config_load(obs_arena *arena, const char *file, const char *const *sets, size_t n_sets,
                const obs_conf **ret_root, struct conf_errors *errors);

/* The folder that relative paths of `file` start from, absolute, in the arena;
 * the working directory for NULL. Its ptr is NULL when out of memory. */
obs_str config_folder(obs_arena *arena, const char *file);

#endif
