/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest HTTP client: one GET to our own server, for `status`. */
#ifndef HOST_CLI_HTTP_GET_H
#define HOST_CLI_HTTP_GET_H

#include <observatory/memory.h>

/* Asks `listen` (an address as in the config: "127.0.0.1:8080", "*:8080",
 * "[::1]:8080", "unix:/path") for `path`. The body is in `arena`. Waits five
 * seconds at most for each step. On failure a sentence is in `error`. Errors:
 * OBS_E_INVALID (no such address), OBS_E_UPSTREAM (nobody answers, or not
 * HTTP), OBS_E_NOMEM. Blocks. */
OBS_MUST_CHECK int http_get(obs_arena *arena, const char *listen, const char *path, int *ret_status,
                            obs_str *ret_body, char *error, size_t error_size);

#endif
