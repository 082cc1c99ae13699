/* SPDX-License-Identifier: Apache-2.0 */
/* The limits may change between two calls; each wait is within those of now. */
#include "runtime/backoff.h"

int64_t backoff_next(struct backoff *backoff, int64_t lasted_ns)
{
    bool is_first = backoff->last_ns == 0 || lasted_ns >= backoff->reset_ns;
    int64_t wait_ns = backoff->first_ns;

    if (!is_first)
        wait_ns = backoff->last_ns > backoff->most_ns / 2 ? backoff->most_ns : 2 * backoff->last_ns;
    if (wait_ns < backoff->first_ns)
        wait_ns = backoff->first_ns;
    backoff->last_ns = wait_ns;
    return wait_ns;
}
