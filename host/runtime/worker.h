/* SPDX-License-Identifier: Apache-2.0 */
/* A worker: one thread, one event loop. A connection lives and dies on one. */
#ifndef HOST_RUNTIME_WORKER_H
#define HOST_RUNTIME_WORKER_H

#include <observatory/worker.h>
#include <uv.h>

struct generation;
struct http_worker;
struct post_queue;

/* The opaque obs_worker of the SDK. Fields are touched by the worker's own
 * thread only, except `posts`, which has a lock of its own. */
struct obs_worker {
    uv_loop_t loop;
    uint32_t index;
    struct generation *generation; /* current one; a request keeps the one it began with */
    struct http_worker *http;
    struct post_queue *posts;
};

#endif
