/* SPDX-License-Identifier: Apache-2.0 */
/* How late a loop is: a timer that measures its own lateness feeds
 * loop_lag_seconds, and a turn of the loop that took long without a plugin
 * being to blame is logged as the host's. Also counts the turns, twice a second at
 * least, by which others see that the loop is not stuck. One a worker. */
#ifndef HOST_RUNTIME_LAG_H
#define HOST_RUNTIME_LAG_H

#include <uv.h>

struct lag;

/* Errors: OBS_E_NOMEM. Thread: the loop's, or before it runs. */
int lag_open(uv_loop_t *loop, struct lag **ret_lag);

/* Freed when the loop turns once more. NULL is a no-op. Thread: the loop's. */
void lag_close(struct lag *lag);

#endif
