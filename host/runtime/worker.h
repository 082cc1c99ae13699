/* SPDX-License-Identifier: Apache-2.0 */
/* A worker: one thread, one event loop. A connection lives and dies on one. */
#ifndef HOST_RUNTIME_WORKER_H
#define HOST_RUNTIME_WORKER_H

#include <observatory/worker.h>
#include <pthread.h>
#include <stdbool.h>
#include <uv.h>

struct generation;
struct http_worker;
struct lag;
struct post_queue;
struct pulse;

/* The opaque obs_worker of the SDK. Fields are touched by the worker's own
 * thread only, except `posts`, which has a lock of its own, `pulse`, which
 * others read, and `thread`, `threaded`, which are the main thread's. */
struct obs_worker {
    uv_loop_t loop;
    uint32_t index;
    struct generation *generation; /* current one; a request keeps the one it began with */
    struct http_worker *http;
    struct post_queue *posts;
    struct lag *lag;
    _Atomic(const struct pulse *) pulse; /* of its thread while that runs, else NULL */
    pthread_t thread;
    bool threaded; /* false: the main thread is this worker */
};

/* Makes a worker and its loop; nothing runs yet. Errors: OBS_E_NOMEM.
 * Thread: control. */
OBS_MUST_CHECK int worker_create(uint32_t index, obs_worker **ret_worker);

/* Starts the thread "obs-w<index>", which turns the loop until worker_end().
 * Errors: OBS_E_NOMEM. Thread: control. */
OBS_MUST_CHECK int worker_begin(obs_worker *worker);

/* Makes the calling thread this worker: how a command runs. */
void worker_adopt(obs_worker *worker);

/* Runs `fn(worker, arg)` on the worker and waits for it to return. A direct
 * call when the calling thread is the worker. Thread: control. */
void worker_call(obs_worker *worker, void (*fn)(obs_worker *worker, void *arg), void *arg);

/* Ends the loop and joins the thread. Everything else on the loop has been
 * closed before; posts that are left are run. Thread: control. */
void worker_end(obs_worker *worker);

/* NULL is a no-op. The worker has ended, or never began. */
void worker_destroy(obs_worker *worker);

#endif
