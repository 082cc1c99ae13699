/* SPDX-License-Identifier: Apache-2.0 */
/* Run with a queue of ten spans: what does not fit is refused at once, what was
 * taken is stored; a disk without room is an error and not the end. */
#include "probe.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <cmocka.h>

#define N_CALLS 200

struct flood {
    int waiting, stored, failed, done;
};

static void on_appended(const obs_append_result *result, void *user)
{
    struct flood *f = user;

    if (result->error == OBS_OK)
        f->stored += (int)result->n_stored;
    else
        f->failed++;
    f->done = --f->waiting == 0;
}

static void a_full_queue_refuses_and_loses_nothing(void **unused)
{
    static obs_span spans[N_CALLS][4];
    obs_span_query q = query_all();
    struct flood f = {0};
    int busy = 0, taken = 0;
    (void)unused;

    for (uint64_t i = 0; i < N_CALLS; i++) {
        int rc;
        for (uint64_t k = 0; k < 4; k++) {
            spans[i][k] = span_of(1000 + 4 * i + k);
            spans[i][k].project_id = obs_str_of("flood");
        }
        rc = probe.store->append(probe.self, &everything, spans[i], 4, NULL, obs_worker_current(),
                                 on_appended, &f);
        assert_true(rc == OBS_OK || rc == OBS_E_BUSY);
        busy += rc == OBS_E_BUSY;
        taken += rc == OBS_OK;
        f.waiting += rc == OBS_OK;
    }
    assert_int_equal(obs_command_wait(probe.call, &f.done), OBS_OK);
    assert_true(busy > 0);
    assert_int_equal(f.failed, 0);
    assert_int_equal(f.stored, 4 * taken);
    q.flags |= OBS_QUERY_TOTAL;
    assert_int_equal(search(&everything, &q, NULL, NULL).total, 4 * taken);
}

static void a_request_larger_than_the_queue_passes_alone(void **unused)
{
    obs_span spans[40];
    (void)unused;

    for (uint64_t i = 0; i < 40; i++)
        spans[i] = span_of(9000 + i);
    assert_int_equal(append(spans, 40).n_stored, 40);
}

static void a_full_disk_is_an_error_and_not_the_end(void **unused)
{
    struct rlimit before, small;
    obs_span span = span_of(50000);
    char *large = malloc(4 << 20);
    int rc;
    (void)unused;

    memset(large, 'x', 4 << 20);
    span.input_text = obs_str_n(large, 4 << 20);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 1 << 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    rc = append_error(&everything, &span, 1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(rc == OBS_E_STORE_FULL || rc == OBS_E_STORE);
    assert_int_equal(append(&span, 1).n_stored, 1);
    free(large);
}

int test_limits(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_queue_refuses_and_loses_nothing),
        cmocka_unit_test(a_request_larger_than_the_queue_passes_alone),
    };
    const struct CMUnitTest disk[] = {
        cmocka_unit_test(a_full_disk_is_an_error_and_not_the_end),
    };
    int failed = cmocka_run_group_tests_name("limits", tests, NULL, NULL);

    if (!getenv("OBSERVATORY_TEST_POSTGRES")) /* whose disk is another process's */
        failed += cmocka_run_group_tests_name("disk", disk, NULL, NULL);
    return failed;
}
