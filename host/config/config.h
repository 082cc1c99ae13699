/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as a whole: the file, what the environment and other files
 * fill in, what the command line overrides. */
#ifndef HOST_CONFIG_CONFIG_H
#define HOST_CONFIG_CONFIG_H

#include "config/errors.h"

/* Reads `file` (NULL: start from nothing), fills in `${...}` (substitute.h), then
 * applies `sets` (override.h), whose values are taken as they are, in order.
 * Every complaint goes to `errors`. On failure `ret_root` is what could be read,
 * at least the overrides, unless memory ran out. Errors: OBS_E_SYNTAX,
 * OBS_E_NOT_FOUND, OBS_E_TOO_LARGE, OBS_E_INVALID, OBS_E_NOMEM. */
int config_load(obs_arena *arena, const char *file, const char *const *sets, size_t n_sets,
                const obs_conf **ret_root, struct conf_errors *errors);

/* The folder that relative paths of `file` start from, absolute, in the arena:
 * the one that its path names, not the one that a link leads to; the working
 * directory for NULL. Its ptr is NULL when out of memory. */
obs_str config_folder(obs_arena *arena, const char *file);

#endif
