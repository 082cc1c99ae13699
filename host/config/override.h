/* SPDX-License-Identifier: Apache-2.0 */
/* `--set path=value`: single values from the command line. */
#ifndef HOST_CONFIG_OVERRIDE_H
#define HOST_CONFIG_OVERRIDE_H

#include "config/errors.h"

/* Applies "path=value" to the tree: the path is made of keys between dots,
 * mappings that are missing are made. The value is a mapping `{...}`, a list
 * `[...]` or a text in quotes as YAML writes them, null when it is empty, `~` or
 * `null`, and else the text itself (`[::1]:8080` and `*:8080` too). Complaints go
 * to `errors`. Errors: OBS_E_SYNTAX, OBS_E_NOMEM. */
int override_apply(obs_arena *arena, struct obs_conf *root, const char *set,
                   struct conf_errors *errors);

#endif
