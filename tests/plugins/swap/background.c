/* SPDX-License-Identifier: Apache-2.0 */
/* What a busy plugin has under way at any moment: a timer on each worker that
 * posts to the next one and hands a job to the pool, and a thread that posts.
 * Each callback looks whether its instance is still there. */
#include "swap.h"

#include <time.h>

#define TICK_MS 5u
#define THREAD_NS 2000000
#define LINGER_NS INT64_C(1000000000) /* of a thread that is left behind */

static bool leaves(const struct swap *swap, const char *what)
{
    return swap->config->leave && strcmp(swap->config->leave, what) == 0;
}

static void on_post(void *arg)
{
    swap_check(arg);
}

static void on_job(void *arg)
{
    const struct timespec pause = {.tv_nsec = THREAD_NS / 4};

    swap_check(arg);
    nanosleep(&pause, NULL);
    swap_check(arg);
}

static void post_to(struct swap *swap, uint32_t index)
{
    obs_worker *worker = atomic_load(&swap->workers[index].worker);

    if (worker) /* else it has not started yet; a post that fails is no fault here */
        (void)!obs_post(swap->instance, worker, on_post, swap);
}

static void on_tick(void *user)
{
    struct swap_worker *own = user;
    struct swap *swap = own->swap;

    swap_check(swap);
    own->n_ticks++;
    post_to(swap, (obs_worker_index(obs_worker_current()) + 1) % obs_worker_count());
    (void)!obs_offload(swap->instance, on_job, on_post, swap); /* a full pool is no fault here */
}

static void run_thread(void *arg)
{
    struct swap *swap = arg;
    const struct timespec pause = {.tv_nsec = THREAD_NS};
    int64_t until_ns = INT64_MAX;

    for (uint32_t turn = 0; obs_clock_mono_ns() < until_ns; turn++) {
        if (until_ns == INT64_MAX && atomic_load(&swap->stopping))
            until_ns = leaves(swap, "thread") ? obs_clock_mono_ns() + LINGER_NS : 0;
        swap_check(swap);
        post_to(swap, turn % obs_worker_count());
        nanosleep(&pause, NULL);
    }
}

int background_start(struct swap *swap)
{
    if (!swap->config->background)
        return OBS_OK;
    return obs_thread_start(swap->instance, "swap", run_thread, swap, &swap->thread);
}

void background_stop(struct swap *swap)
{
    atomic_store(&swap->stopping, true);
    if (!leaves(swap, "thread"))
        obs_thread_join(swap->thread);
}

int background_start_worker(struct swap_worker *worker)
{
    if (!worker->swap->config->background)
        return OBS_OK;
    return obs_timer_start(worker->swap->instance, TICK_MS, TICK_MS, on_tick, worker,
                           &worker->tick);
}

void background_stop_worker(struct swap_worker *worker)
{
    if (!leaves(worker->swap, "timer"))
        obs_timer_stop(worker->tick);
}
