/* SPDX-License-Identifier: Apache-2.0 */
/* The queue through which other threads reach a loop: a locked list and one
 * wake-up a batch. In the order of posting by one thread. */
#ifndef HOST_RUNTIME_POST_H
#define HOST_RUNTIME_POST_H

#include <uv.h>

/* Embedded in what is posted. `run` owns the memory from its call on. */
struct post {
    struct post *next;
    void (*run)(struct post *post);
};

struct post_queue;

/* A queue that is drained by `loop`; keeps the loop alive until closed. Errors:
 * OBS_E_NOMEM. Thread: the loop's, or before it runs. */
int post_queue_open(uv_loop_t *loop, struct post_queue **ret_queue);

/* Hands `post` over. Thread: any, while the queue is open. */
void post_queue_push(struct post_queue *queue, struct post *post);

/* Runs what is left and closes; freed when the loop turns once more. NULL is a
 * no-op. Thread: the loop's. */
void post_queue_close(struct post_queue *queue);

#endif
