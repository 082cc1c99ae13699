/* SPDX-License-Identifier: Apache-2.0 */
/* The pool for blocking work: bounded, off the loops, answered on the worker
 * that asked. */
#include "fixture.h"

#include "plugin/ledger.h"

#include <semaphore.h>
#include <stdlib.h>

#define N_THREADS 2
#define QUEUE 3

static int setup(void **state)
{
    *state = fixture_create(&(struct runtime_spec){
        .n_workers = 2, .offload_threads = N_THREADS, .offload_queue = QUEUE});
    return 0;
}

static int teardown(void **state)
{
    fixture_destroy(*state);
    return 0;
}

/* Jobs that block until let go. */
struct gate {
    struct fixture *fixture;
    sem_t go;
    _Atomic int n_working;
    _Atomic int n_done;
    int n_on_wrong_thread;
    obs_worker *asked;
    int results[8]; /* of obs_offload(), in order */
};

static void work(void *arg)
{
    struct gate *gate = arg;

    if (obs_worker_current())
        abort(); /* work belongs off the loops */
    atomic_fetch_add(&gate->n_working, 1);
    sem_wait(&gate->go);
}

static void done(void *arg)
{
    struct gate *gate = arg;

    gate->n_on_wrong_thread += obs_worker_current() != gate->asked;
    atomic_fetch_add(&gate->n_done, 1);
}

static void offload_one(obs_worker *worker, void *arg)
{
    struct gate *gate = arg;

    gate->asked = worker;
    gate->results[0] = obs_offload(gate->fixture->instance, work, done, gate);
}

static void fill_queue(obs_worker *worker, void *arg)
{
    struct gate *gate = arg;

    (void)worker;
    for (int i = 0; i < QUEUE + 1; i++)
        gate->results[i] = obs_offload(gate->fixture->instance, work, done, gate);
}

static void a_full_queue_is_refused_and_what_waits_is_answered_on_the_asking_worker(void **state)
{
    struct fixture *fixture = *state;
    struct gate gate = {.fixture = fixture};
    obs_worker *worker = fixture->runtime->workers[1];

    sem_init(&gate.go, 0, 0);
    for (int i = 0; i < N_THREADS; i++) { /* every thread of the pool is busy */
        worker_call(worker, offload_one, &gate);
        assert_int_equal(gate.results[0], OBS_OK);
        fixture_wait(fixture, &gate.n_working, i + 1);
    }
    worker_call(worker, fill_queue, &gate);
    for (int i = 0; i < QUEUE; i++)
        assert_int_equal(gate.results[i], OBS_OK);
    assert_int_equal(gate.results[QUEUE], OBS_E_BUSY);
    assert_int_equal(ledger_in_flight(fixture->instance->ledger), N_THREADS + QUEUE);

    for (int i = 0; i < N_THREADS + QUEUE; i++)
        sem_post(&gate.go);
    fixture_wait(fixture, &gate.n_done, N_THREADS + QUEUE);
    assert_int_equal(gate.n_on_wrong_thread, 0);
    sem_destroy(&gate.go);
}

struct sum {
    struct fixture *fixture;
    _Atomic int n_done;
    _Atomic int total;
    int accepted;
};

static void add(void *arg)
{
    struct sum *sum = arg;

    atomic_fetch_add(&sum->total, 1);
}

static void count_done(void *arg)
{
    struct sum *sum = arg;

    atomic_fetch_add(&sum->n_done, 1);
}

static void offload_many(obs_worker *worker, void *arg)
{
    struct sum *sum = arg;

    (void)worker;
    for (int i = 0; i < 2000; i++)
        sum->accepted += obs_offload(sum->fixture->instance, add, count_done, sum) == OBS_OK;
}

static void every_accepted_job_is_worked_and_answered_once(void **state)
{
    struct fixture *fixture = *state;
    struct sum sum = {.fixture = fixture};

    for (uint32_t i = 0; i < 10; i++)
        worker_call(fixture->runtime->workers[i % 2], offload_many, &sum);
    assert_true(sum.accepted >= QUEUE);
    fixture_wait(fixture, &sum.n_done, sum.accepted);
    assert_int_equal(atomic_load(&sum.total), sum.accepted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_full_queue_is_refused_and_what_waits_is_answered_on_the_asking_worker, setup,
            teardown),
        cmocka_unit_test_setup_teardown(every_accepted_job_is_worked_and_answered_once, setup,
                                        teardown),
    };
    return cmocka_run_group_tests_name("offload", tests, NULL, NULL);
}
