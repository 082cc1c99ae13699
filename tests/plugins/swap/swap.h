/* SPDX-License-Identifier: Apache-2.0 */
/* swap: the plugin that tests exchange while it is used. Each build has a
 * letter, and whatever it answers is made of that letter, so an answer that two
 * builds had a hand in shows. */
#ifndef TESTS_PLUGINS_SWAP_H
#define TESTS_PLUGINS_SWAP_H

#include <observatory/observatory.h>

#include <stdatomic.h>
#include <stdbool.h>

#define SWAP_MAX_WORKERS 64u

struct swap_config {
    const char *journal;  /* a file: a line for each call of the life cycle */
    const char *word;     /* something to change */
    const char *content;  /* a file whose content counts */
    const char *fail;     /* the call that fails */
    const char *block;    /* the call that takes block_for */
    int64_t block_for_ns; /* on the calling thread */
    const char *leave;    /* what stop() leaves running: "timer" or "thread" */
    int32_t background;   /* timers, posts, jobs and a thread, all the time */
};

struct swap;

/* What belongs to one worker. Only that one writes it. */
struct swap_worker {
    struct swap *swap;
    _Atomic(obs_worker *) worker;
    _Atomic uint64_t n_requests; /* state: handed over */
    uint64_t n_ticks;
    obs_timer *tick;
};

struct swap {
    _Atomic uint32_t alive; /* SWAP_ALIVE until destroy() */
    const struct swap_config *config;
    obs_instance *instance;
    obs_thread *thread;
    _Atomic bool stopping;
    uint32_t n_swaps; /* state: handed over */
    struct swap_worker workers[SWAP_MAX_WORKERS];
};

/* Ends the process when `swap` was destroyed: a callback that comes too late. */
void swap_check(const struct swap *swap);

/* background.c: what goes on without requests. */
OBS_MUST_CHECK int background_start(struct swap *swap);
void background_stop(struct swap *swap);
OBS_MUST_CHECK int background_start_worker(struct swap_worker *worker);
void background_stop_worker(struct swap_worker *worker);

/* answers.c: what the descriptor names. */
#define SWAP_N_ROUTES 5u
#define SWAP_N_HOOKS 4u
extern const obs_route swap_routes[SWAP_N_ROUTES];
extern const obs_hook swap_hooks[SWAP_N_HOOKS];

/* resident.cpp, in builds with SWAP_RESIDENT: an object of the calling thread
 * whose destructor lives in this file. */
int resident_touch(void);

#endif
