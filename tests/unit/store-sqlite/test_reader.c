/* SPDX-License-Identifier: Apache-2.0 */
/* The readers: kept statements are the right ones and forget what was bound, and
 * a full queue refuses. */
#include "fixture.h"
#include "statement.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

static int64_t ask(struct statements *statements, const char *sql, int bind)
{
    struct statement *stmt = NULL;
    int64_t number;

    assert_int_equal(statement_get(statements, obs_str_of(sql), &stmt), DB_OK);
    if (bind)
        assert_int_equal(statement_bind_int(stmt, 1, bind), SQLITE_OK);
    assert_int_equal(statement_step(stmt), DB_ROW);
    number = statement_is_null(stmt, 0) ? -1 : statement_int(stmt, 0);
    statement_release(stmt);
    return number;
}

static struct db *open_memory(void)
{
    struct db *db = calloc(1, sizeof(*db));

    assert_non_null(db);
    db->deadline_ns = INT64_MAX;
    assert_int_equal(sqlite3_open(":memory:", &db->handle), SQLITE_OK);
    return db;
}

/* SQLITE_OK only when no statement is left. */
static void close_all(struct statements *statements)
{
    struct db *db = statements->db;

    statements_finish(statements);
    assert_int_equal(sqlite3_close(db->handle), SQLITE_OK);
    free(db);
}

static void a_text_gets_its_own_statement(void **state)
{
    struct statements statements = {0};
    char sql[64];

    (void)state;
    statements.db = open_memory();
    for (int round = 0; round < 3; round++)
        for (int i = 1; i <= 2 * STATEMENTS_KEPT; i++) { /* some are a prefix of another */
            snprintf(sql, sizeof(sql), "SELECT %d", i);
            assert_int_equal(ask(&statements, sql, 0), i);
            assert_int_equal(ask(&statements, "SELECT 1", 0), 1);
        }
    close_all(&statements);
}

static void a_kept_statement_is_used_again_without_its_values(void **state)
{
    struct statements statements = {0};
    struct statement *first = NULL, *again = NULL;
    const obs_str sql = OBS_STR("SELECT ?1");

    (void)state;
    statements.db = open_memory();
    assert_int_equal(ask(&statements, "SELECT ?1", 7), 7);
    assert_int_equal(ask(&statements, "SELECT ?1", 0), -1);
    assert_int_equal(statement_get(&statements, sql, &first), SQLITE_OK);
    statement_release(first);
    assert_int_equal(ask(&statements, "SELECT 2", 0), 2);
    assert_int_equal(statement_get(&statements, sql, &again), SQLITE_OK);
    assert_ptr_equal(first, again);
    assert_int_equal(statement_get(&statements, obs_str_of("no SQL"), &again), SQLITE_ERROR);
    close_all(&statements);
}

/* --- queue ------------------------------------------------------------------------ */

struct gate {
    pthread_mutex_t lock; /* held by the test: the reader stands in its row */
    int entered, answers, done;
};

static int wait_at_gate(const obs_span *span, void *user)
{
    struct gate *gate = user;

    (void)span;
    __atomic_store_n(&gate->entered, 1, __ATOMIC_RELEASE);
    pthread_mutex_lock(&gate->lock);
    pthread_mutex_unlock(&gate->lock);
    return 0;
}

static void on_searched(const obs_search_result *result, void *user)
{
    struct gate *gate = user;

    assert_int_equal(result->error, OBS_OK);
    assert_int_equal(result->n_rows, 1);
    gate->done = ++gate->answers == 3;
}

static void a_full_queue_of_readers_refuses(void **state)
{
    struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER};
    obs_span span = span_make(1, "p", 1);
    obs_span_query query = query_all();
    struct fixture f;

    (void)state;
    fixture_init(&f);
    f.settings.store.readers = 1;
    f.settings.store.read_queue = 2;
    assert_int_equal(fixture_open(&f), OBS_OK);
    assert_int_equal(append_wait(&f, &scope_all, &span, 1, NULL), OBS_OK);
    pthread_mutex_lock(&gate.lock);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            f.store->search(f.self, &scope_all, &query, wait_at_gate, on_searched, &gate), OBS_OK);
        while (!__atomic_load_n(&gate.entered, __ATOMIC_ACQUIRE))
            sched_yield(); /* the first one has left the queue */
    }
    assert_int_equal(f.store->search(f.self, &scope_all, &query, wait_at_gate, on_searched, &gate),
                     OBS_E_BUSY);
    pthread_mutex_unlock(&gate.lock);
    fake_worker_wait(f.worker, &gate.done);
    fixture_finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_gets_its_own_statement),
        cmocka_unit_test(a_kept_statement_is_used_again_without_its_values),
        cmocka_unit_test(a_full_queue_of_readers_refuses),
    };
    return cmocka_run_group_tests_name("readers", tests, NULL, NULL);
}
