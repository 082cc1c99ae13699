/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of hello, apart from HTTP so that a test can look at it. */
#ifndef HELLO_GREETING_H
#define HELLO_GREETING_H

#include <observatory/json.h>

/* Writes {"message":"GREETING, NAME!"} to `out`; what it needs on the way lives
 * in `arena`. Errors: OBS_E_NOMEM, and those of the buffer. */
int greeting_write(obs_arena *arena, obs_str greeting, obs_str name, obs_buf *out);

#endif
