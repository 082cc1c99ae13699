/* SPDX-License-Identifier: Apache-2.0 */
/* A body of any bytes inside JSON: as text when it is UTF-8, else as base64. */
#ifndef ECHO_PAYLOAD_H
#define ECHO_PAYLOAD_H

#include <observatory/json.h>

#include <stdbool.h>

/* True when `text` is well-formed UTF-8 (RFC 3629 §4). */
bool payload_is_utf8(obs_str text);

/* `data` as base64 (RFC 4648 §4, padded) in the arena; `ptr` is NULL when out
 * of memory. */
obs_str payload_base64(obs_arena *arena, obs_str data);

/* Writes the members "body" and "body_encoding" ("utf-8" or "base64") into the
 * open object of `jw`. Errors: OBS_E_NOMEM. */
int payload_write(obs_arena *arena, obs_jw *jw, obs_str body);

#endif
