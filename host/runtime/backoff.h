/* SPDX-License-Identifier: Apache-2.0 */
/* How long to wait before the next try of something that keeps failing: twice as
 * long each time, up to a limit, and as in the beginning after it did well for
 * a while. */
#ifndef HOST_RUNTIME_BACKOFF_H
#define HOST_RUNTIME_BACKOFF_H

#include <observatory/base.h>
#include <stdbool.h>

struct backoff {
    int64_t first_ns; /* before the second try */
    int64_t most_ns;  /* at least first_ns */
    int64_t reset_ns; /* it did well when it lasted that long */
    int64_t last_ns;  /* the last wait; 0: there was none */
};

/* The wait after a try that lasted `lasted_ns`. */
int64_t backoff_next(struct backoff *backoff, int64_t lasted_ns);

#endif
