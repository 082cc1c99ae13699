/* SPDX-License-Identifier: Apache-2.0 */
/* A question to the running server over its control socket. */
#ifndef HOST_CLI_CONTROL_CLIENT_H
#define HOST_CLI_CONTROL_CLIENT_H

#include <jansson.h>
#include <observatory/base.h>

struct settings;

/* Asks the server that runs with `settings` and waits for its answer, however
 * long that takes; the caller owns it. On failure a sentence is in `error`.
 * Errors: OBS_E_NOT_FOUND (no server runs), OBS_E_UPSTREAM. */
OBS_MUST_CHECK int control_ask(const struct settings *settings, const json_t *question,
                               json_t **ret_answer, char *error, size_t error_size);

#endif
