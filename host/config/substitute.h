/* SPDX-License-Identifier: Apache-2.0 */
/* `${...}` in the values of a configuration. */
#ifndef HOST_CONFIG_SUBSTITUTE_H
#define HOST_CONFIG_SUBSTITUTE_H

#include "config/errors.h"

/* Replaces in every scalar below `root`:
 *   ${NAME}             the environment variable; an error when it is not set
 *   ${NAME:-default}    the default when it is not set or empty
 *   ${file:PATH}        the file's content without one trailing newline; PATH is
 *                       relative to `folder`
 *   $$                  a dollar
 * Every complaint goes to `errors`. Errors: OBS_E_SYNTAX, OBS_E_NOT_FOUND,
 * OBS_E_TOO_LARGE, OBS_E_INVALID, OBS_E_NOMEM. */
int substitute(obs_arena *arena, struct obs_conf *root, obs_str folder, struct conf_errors *errors);

#endif
