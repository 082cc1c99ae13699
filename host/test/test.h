/* SPDX-License-Identifier: Apache-2.0 */
/* The test host from the inside. All of it belongs to the thread of the test
 * program, which is the main thread and the only worker of its runtime. */
#ifndef HOST_TEST_TEST_H
#define HOST_TEST_TEST_H

#include "plugin/plan.h"
#include "runtime/worker.h"

#include <observatory/test.h>
#include <stdbool.h>

struct fakes;
struct http_server;
struct runtime;
struct settings;

enum test_stage { TEST_NEW, TEST_RUNNING, TEST_STOPPED };

#define TEST_MAX_OLD 16

/* The opaque obs_test of the SDK. */
struct obs_test {
    obs_arena *arena; /* what was noted */
    char *error;      /* of the last failure, NULL: there was none */
    enum test_stage stage;
    int64_t timeout_ms;

    /* what to run */
    struct {
        int rc; /* OBS_OK: there was none */
        char text[600];
    } mistake;          /* the first one that was not told yet */
    const char *config; /* NULL: none */
    const char **sets;  /* in the order of their calls */
    size_t n_sets, sets_room;
    struct plan_link *links;
    struct fakes *fakes; /* NULL: none */

    /* what runs */
    struct settings *settings;
    struct runtime *runtime;
    struct http_server *http;
    uv_timer_t *tick;                     /* wakes the loop while somebody waits */
    struct generation *generation;        /* in use */
    struct generation *old[TEST_MAX_OLD]; /* on which requests still run */
    size_t n_old;
    bool stuck; /* something of a plugin did not end */
    obs_test_response *responses;

    obs_buf *left; /* what instances that have ended left behind */
    int log_fd;    /* of a file in memory */
    char *log;     /* as last read, NULL: not yet */
};

/* Notes why something failed and returns `rc`. */
OBS_PRINTF(3, 4) int test_fail(obs_test *t, int rc, const char *format, ...);

/* noting.c: tells the first mistake in what was noted, once. */
OBS_MUST_CHECK int test_mistake(obs_test *t);

/* noting.c: the overrides of the configuration as settings_load() takes them, in
 * the arena of the test host. NULL when out of memory. */
const char *const *test_overrides(obs_test *t, size_t *ret_n);

/* noting.c: lets go of the linked plugins. */
void test_forget_links(obs_test *t);

/* fakes.c: adds a service to the plugin that provides them all, which it makes
 * and links first. Errors: OBS_E_NOMEM, OBS_E_CONFLICT, OBS_E_RANGE. */
OBS_MUST_CHECK int fakes_add(obs_test *t, const char *id, const void *table, void *provider);

/* The only worker, while the test host runs. */
obs_worker *test_worker(const obs_test *t);

/* OBS_OK while the test host runs, else OBS_E_CLOSED with a sentence. */
OBS_MUST_CHECK int test_running(obs_test *t);

/* turn.c: turns the loop until `done(user)` is not 0 or `timeout_ms` is over.
 * Returns what done() said last. */
int test_turn_until(obs_test *t, int (*done)(void *user), void *user, int64_t timeout_ms);

/* life.c: ends the old generations on which no request runs any more. */
void test_reap(obs_test *t);

/* response.c: all requests of the test host. */
bool responses_are_open(const obs_test *t);
void responses_name_open(const obs_test *t, obs_buf *out);
void responses_resume(obs_test *t);
void responses_hang_up(obs_test *t);
void responses_free(obs_test *t);

#endif
