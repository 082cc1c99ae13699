/* SPDX-License-Identifier: Apache-2.0 */
/* What the preparation of a generation is doing, for whoever waits for it with a
 * deadline, the sentence that it failed with, and that it is not wanted any more. */
#ifndef HOST_PLUGIN_PROGRESS_H
#define HOST_PLUGIN_PROGRESS_H

#include <observatory/base.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct progress {
    _Atomic bool cancelled; /* end as soon as the plugin that is being called returns */
    pthread_mutex_t lock;   /* over `doing` */
    char doing[160];        /* "start of hello" */
    char error[600];        /* the preparing thread's until it has ended */
};

#define PROGRESS_INIT                                                                              \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                          \
    }

/* Says what comes next. */
OBS_PRINTF(2, 3) void progress_say(struct progress *progress, const char *format, ...);

/* Copies what was said last. Thread: any. */
void progress_read(struct progress *progress, char *text, size_t size);

#endif
