/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors: where a page ended, bound to the query and authenticated, so that a
 * client can neither make one up nor use it for another query. */
#ifndef TRACE_SEARCH_CURSOR_H
#define TRACE_SEARCH_CURSOR_H

#include "params.h"

#define CURSOR_KEY_BYTES 32

/* The text of a cursor in `arena`; ptr NULL when out of memory. */
obs_str cursor_write(obs_arena *arena, const uint8_t key[CURSOR_KEY_BYTES],
                     const uint8_t digest[PARAMS_DIGEST_BYTES], obs_str position);

/* The position in a cursor, in `arena`. Errors: OBS_E_CURSOR (made up, cut, of
 * another query), OBS_E_NOMEM. */
OBS_MUST_CHECK int cursor_read(obs_arena *arena, const uint8_t key[CURSOR_KEY_BYTES],
                               const uint8_t digest[PARAMS_DIGEST_BYTES], obs_str text,
                               obs_str *ret_position);

#endif
