/* SPDX-License-Identifier: Apache-2.0 */
/* Posts across threads: order, thread, nothing lost. */
#include "fixture.h"

#include "plugin/ledger.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define N_WORKERS 3
#define N_THREADS 4
#define N_POSTS 20000 /* a thread and worker */

static int setup(void **state)
{
    *state = fixture_create(
        &(struct runtime_spec){.n_workers = N_WORKERS, .offload_threads = 2, .offload_queue = 16});
    return 0;
}

static int teardown(void **state)
{
    fixture_destroy(*state);
    return 0;
}

/* What one thread sends to one worker; only that worker writes it. */
struct lane {
    struct fixture *fixture;
    obs_worker *worker;
    int next;
    int n_wrong;
};

struct message {
    struct lane *lane;
    int number;
};

static _Atomic int n_received;

static void receive(void *arg)
{
    struct message *message = arg;
    struct lane *lane = message->lane;

    if (message->number != lane->next || obs_worker_current() != lane->worker)
        lane->n_wrong++;
    lane->next = message->number + 1;
    free(message);
    atomic_fetch_add(&n_received, 1);
}

static void *send_all(void *arg)
{
    struct lane *lanes = arg;

    for (int i = 0; i < N_POSTS; i++) {
        for (int w = 0; w < N_WORKERS; w++) {
            struct message *message = malloc(sizeof(*message));

            *message = (struct message){&lanes[w], i};
            if (obs_post(lanes[w].fixture->instance, lanes[w].worker, receive, message) != OBS_OK)
                abort();
        }
    }
    return NULL;
}

static void posts_of_one_thread_arrive_in_order_on_their_worker(void **state)
{
    struct fixture *fixture = *state;
    struct lane lanes[N_THREADS][N_WORKERS] = {0};
    pthread_t threads[N_THREADS];

    atomic_store(&n_received, 0);
    for (int t = 0; t < N_THREADS; t++) {
        for (int w = 0; w < N_WORKERS; w++)
            lanes[t][w] = (struct lane){fixture, fixture->runtime->workers[w], 0, 0};
        pthread_create(&threads[t], NULL, send_all, lanes[t]);
    }
    for (int t = 0; t < N_THREADS; t++)
        pthread_join(threads[t], NULL);
    fixture_wait(fixture, &n_received, N_THREADS * N_WORKERS * N_POSTS);
    assert_int_equal(ledger_in_flight(fixture->instance->ledger), 0);
    for (int t = 0; t < N_THREADS; t++) {
        for (int w = 0; w < N_WORKERS; w++) {
            assert_int_equal(lanes[t][w].next, N_POSTS);
            assert_int_equal(lanes[t][w].n_wrong, 0);
        }
    }
}

struct chain {
    struct fixture *fixture;
    _Atomic int left;
    bool was_inside; /* a post ran inside the one that posted it */
    bool inside;
};

static void chain_on(void *arg)
{
    struct chain *chain = arg;

    chain->was_inside |= chain->inside;
    chain->inside = true;
    if (atomic_load(&chain->left) > 1 &&
        obs_post(chain->fixture->instance, obs_worker_current(), chain_on, chain) != OBS_OK)
        abort();
    chain->inside = false;
    atomic_fetch_sub(&chain->left, 1);
}

static void a_post_from_a_post_runs_after_it(void **state)
{
    struct fixture *fixture = *state;
    struct chain chain = {.fixture = fixture, .left = 1000};

    assert_int_equal(obs_post(fixture->instance, fixture->runtime->workers[0], chain_on, &chain),
                     OBS_OK);
    fixture_wait(fixture, &chain.left, 0);
    assert_false(chain.was_inside);
}

static void note_worker(obs_worker *worker, void *arg)
{
    obs_worker **seen = arg;

    seen[obs_worker_index(worker)] = obs_worker_current();
}

static void a_call_runs_on_its_worker_and_is_waited_for(void **state)
{
    struct fixture *fixture = *state;
    obs_worker *seen[N_WORKERS] = {0};

    assert_int_equal(obs_worker_count(), N_WORKERS);
    assert_null(obs_worker_current());
    for (int i = 0; i < N_WORKERS; i++) {
        worker_call(fixture->runtime->workers[i], note_worker, seen);
        assert_ptr_equal(seen[i], fixture->runtime->workers[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(posts_of_one_thread_arrive_in_order_on_their_worker, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_post_from_a_post_runs_after_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_runs_on_its_worker_and_is_waited_for, setup,
                                        teardown),
    };
    return cmocka_run_group_tests_name("post", tests, NULL, NULL);
}
