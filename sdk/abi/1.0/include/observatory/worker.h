/* SPDX-License-Identifier: Apache-2.0 */
/* Time and threads: timers, posts between threads, work off the loop, threads
 * of a plugin's own. Everything here hangs on the instance; what is left when
 * it retires the host revokes, after stop() and before destroy(). */
#ifndef OBSERVATORY_WORKER_H
#define OBSERVATORY_WORKER_H

#include <observatory/log.h>

OBS_BEGIN_DECLS

/* A worker: one thread with one event loop.  Since: ABI 1.0. */
typedef struct obs_worker obs_worker;

/* The worker of the calling thread; NULL on any other thread. The main thread
 * is a worker while it runs a plugin's command.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API obs_worker *obs_worker_current(void);

/* Number of workers, and a worker's index from 0.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API uint32_t obs_worker_count(void);
OBS_API uint32_t obs_worker_index(const obs_worker *worker);

/* Runs `fn(arg)` on `worker`, in the order of posting by one thread. `arg` is
 * handed over. Never waits. A post that is under way when the instance
 * retires is still run before destroy(). Errors: OBS_E_NOMEM: `fn` will not
 * run.  Thread: [any].  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_post(obs_instance *instance, obs_worker *worker,
                                    void (*fn)(void *arg), void *arg);

/* Runs `work(arg)` on the host's pool for blocking work and then `done(arg)`
 * on the calling worker. Bounded by runtime.offload_queue. Errors:
 * OBS_E_BUSY (queue full), OBS_E_NOMEM: neither will run.
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_offload(obs_instance *instance, void (*work)(void *arg),
                                       void (*done)(void *arg), void *arg);

/* A timer of one worker.  Since: ABI 1.0. */
typedef struct obs_timer obs_timer;

/* Calls `fn(user)` on this worker once after `delay_ms`, then every
 * `period_ms` (0: never again). Ticks missed because the loop was busy are
 * dropped. `user` is borrowed until the timer stops. End it with
 * obs_timer_stop(), a one-shot timer too. Errors: OBS_E_NOMEM.
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_timer_start(obs_instance *instance, uint64_t delay_ms,
                                           uint64_t period_ms, void (*fn)(void *user), void *user,
                                           obs_timer **ret_timer);

/* Stops and frees; `fn` is not called again. NULL is a no-op. A callback may
 * stop its own timer.  Thread: [worker], the one that started it.
 * Since: ABI 1.0. */
OBS_API void obs_timer_stop(obs_timer *timer);

/* A thread of a plugin.  Since: ABI 1.0. */
typedef struct obs_thread obs_thread;

/* Starts a thread that runs `fn(arg)`, all signals blocked, named `name` (15
 * characters are shown by the system). The plugin tells it to end and joins
 * it in stop(). Errors: OBS_E_NOMEM.
 * Thread: [control].  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_thread_start(obs_instance *instance, const char *name,
                                            void (*fn)(void *arg), void *arg,
                                            obs_thread **ret_thread);

/* Waits for the thread to end and frees it. NULL is a no-op.
 * Thread: [control].  Since: ABI 1.0. */
OBS_API void obs_thread_join(obs_thread *thread);

/* The clocks: wall (nanoseconds since the Unix epoch) and monotonic.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API int64_t obs_clock_wall_ns(void);
OBS_API int64_t obs_clock_mono_ns(void);

OBS_END_DECLS
#endif
