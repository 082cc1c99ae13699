/* SPDX-License-Identifier: Apache-2.0 */
/* The writer from inside one process: who fails when a row fails, what a full
 * disk and another writer do, and that a killed process had told no lies. */
#include "fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define BASE_NS INT64_C(1790000000000000000)

/* --- answers --------------------------------------------------------------------- */

struct call {
    obs_append_result result;
    int answers;
    int *left, *done;
};

static void on_answer(const obs_append_result *result, void *user)
{
    struct call *call = user;

    call->result = *result;
    call->answers++;
    *call->done = --*call->left == 0;
}

/* Another connection to the file, as another process has. */
static void run_beside(const struct fixture *f, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static sqlite3 *lock_beside(const struct fixture *f)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return db;
}

/* The writer is held up until all calls are queued, so that they share a
 * transaction; the row that SQLite refuses is in the middle one. */
static void a_row_that_fails_fails_its_request_alone(void **state)
{
    enum { CALLS = 9, EACH = 5 };
    obs_span spans[CALLS][EACH], first = span_make(1000, "p", BASE_NS);
    struct call calls[CALLS + 1];
    int left = CALLS + 1, done = 0;
    sqlite3 *lock;
    struct fixture f;

    (void)state;
    fixture_init(&f);
    f.settings.busy_timeout_ns = INT64_C(30000000000);
    assert_int_equal(fixture_open(&f), OBS_OK);
    run_beside(&f, "CREATE TRIGGER poison BEFORE INSERT ON spans WHEN new.span_name='poison' "
                   "BEGIN SELECT RAISE(ABORT,'poison'); END");
    lock = lock_beside(&f);
    for (size_t i = 0; i <= CALLS; i++)
        calls[i] = (struct call){.left = &left, .done = &done};
    assert_int_equal(
        f.store->append(f.self, &scope_all, &first, 1, NULL, f.worker, on_answer, &calls[CALLS]),
        OBS_OK);
    for (size_t i = 0; i < CALLS; i++) {
        for (size_t k = 0; k < EACH; k++)
            spans[i][k] = span_make(1 + i * EACH + k, "p", BASE_NS);
        if (i == CALLS / 2)
            spans[i][EACH - 1].span_name = obs_str_of("poison");
        assert_int_equal(f.store->append(f.self, &scope_all, spans[i], EACH, NULL, f.worker,
                                         on_answer, &calls[i]),
                         OBS_OK);
    }
    sqlite3_exec(lock, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(lock);
    fake_worker_wait(f.worker, &done);
    for (size_t i = 0; i < CALLS; i++) {
        assert_int_equal(calls[i].answers, 1);
        assert_int_equal(calls[i].result.error, i == CALLS / 2 ? OBS_E_INVALID : OBS_OK);
        assert_int_equal(calls[i].result.n_stored, i == CALLS / 2 ? 0 : EACH);
    }
    assert_int_equal(fake_health(), OBS_HEALTHY);
    fixture_close(&f);
    assert_int_equal(file_number(&f, "SELECT count(*) FROM spans"), (CALLS - 1) * EACH + 1);
    fixture_finish(&f);
}

static void stopping_answers_everything_that_was_queued(void **state)
{
    enum { CALLS = 300 };
    static obs_span spans[CALLS];
    static struct call calls[CALLS];
    int left = CALLS, done = 0;
    struct fixture f;

    (void)state;
    fixture_init(&f);
    f.settings.store.commit_max_spans = 7;
    assert_int_equal(fixture_open(&f), OBS_OK);
    for (size_t i = 0; i < CALLS; i++) {
        spans[i] = span_make(i + 1, "p", BASE_NS);
        calls[i] = (struct call){.left = &left, .done = &done};
        assert_int_equal(
            f.store->append(f.self, &scope_all, &spans[i], 1, NULL, f.worker, on_answer, &calls[i]),
            OBS_OK);
    }
    fixture_close(&f);
    fake_worker_wait(f.worker, &done);
    for (size_t i = 0; i < CALLS; i++) {
        assert_int_equal(calls[i].answers, 1);
        assert_int_equal(calls[i].result.n_stored, 1);
    }
    assert_int_equal(file_number(&f, "SELECT count(*) FROM spans"), CALLS);
    fixture_finish(&f);
}

/* --- trouble ---------------------------------------------------------------------- */

static void another_writer_is_waited_for_and_then_told(void **state)
{
    obs_span span = span_make(1, "p", BASE_NS);
    struct fixture f;
    sqlite3 *lock;

    (void)state;
    fixture_init(&f);
    f.settings.busy_timeout_ns = 50000000;
    assert_int_equal(fixture_open(&f), OBS_OK);
    lock = lock_beside(&f);
    assert_int_equal(append_wait(&f, &scope_all, &span, 1, NULL), OBS_E_STORE);
    assert_int_equal(fake_health(), OBS_UNHEALTHY);
    sqlite3_exec(lock, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(lock);
    assert_int_equal(append_wait(&f, &scope_all, &span, 1, NULL), OBS_OK);
    assert_int_equal(fake_health(), OBS_HEALTHY);
    fixture_finish(&f);
}

/* Files may grow to `bytes` at most; 0: as far as before. */
static void limit_files(rlim_t bytes)
{
    static struct rlimit before;
    struct rlimit now;

    if (bytes) {
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
        now = before;
        now.rlim_cur = bytes;
    } else {
        now = before;
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
}

/* A server that is not ready gets no spans, so it must find out by itself. */
static void a_full_disk_is_told_and_recovery_is_noticed_without_spans(void **state)
{
    obs_span span = span_make(1, "p", BASE_NS), other = span_make(2, "p", BASE_NS);
    char *text = malloc(4 << 20);
    unsigned reports;
    struct fixture f;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', 4 << 20);
    span.input_text = obs_str_n(text, 4 << 20);
    signal(SIGXFSZ, SIG_IGN);
    fixture_init(&f);
    assert_int_equal(fixture_open(&f), OBS_OK);
    reports = fake_health_reports();
    limit_files(512 << 10);
    assert_int_equal(append_wait(&f, &scope_all, &span, 1, NULL), OBS_E_STORE_FULL);
    assert_int_equal(fake_health(), OBS_UNHEALTHY);
    assert_int_equal(append_wait(&f, &scope_all, &span, 1, NULL), OBS_E_STORE_FULL);
    assert_int_equal(fake_health_reports(), reports + 1); /* once a change */
    limit_files(0);
    for (int tries = 0; fake_health() != OBS_HEALTHY && tries < 1000; tries++)
        usleep(10000);
    assert_int_equal(fake_health(), OBS_HEALTHY);
    assert_int_equal(append_wait(&f, &scope_all, &span, 1, NULL), OBS_OK);
    assert_int_equal(append_wait(&f, &scope_all, &other, 1, NULL), OBS_OK);
    fixture_close(&f);
    assert_int_equal(file_number(&f, "SELECT count(*) FROM spans"), 2);
    assert_int_equal(file_number(&f, "SELECT count(*) FROM records"), 0);
    fixture_finish(&f);
    free(text);
}

static void a_query_that_takes_too_long_is_ended(void **state)
{
    enum { SPANS = 20000 };
    obs_span *spans = calloc(SPANS, sizeof(*spans));
    obs_span_query query = query_all();
    struct found found = {0};
    struct fixture f;

    (void)state;
    assert_non_null(spans);
    fixture_init(&f);
    assert_int_equal(fixture_open(&f), OBS_OK);
    for (size_t i = 0; i < SPANS; i++)
        spans[i] = span_make(i + 1, "p", BASE_NS);
    assert_int_equal(append_wait(&f, &scope_all, spans, SPANS, NULL), OBS_OK);
    query.sort_field = OBS_FIELD_TOTAL_TOKENS;
    query.timeout_ns = 1;
    assert_int_equal(search_wait(&f, &scope_all, &query, &found), OBS_E_TIMEOUT);
    found_finish(&found);
    query.timeout_ns = 0;
    assert_int_equal(search_wait(&f, &scope_all, &query, &found), OBS_OK);
    found_finish(&found);
    fixture_finish(&f);
    free(spans);
}

static void what_sqlite_could_not_store_is_refused(void **state)
{
    obs_span span = span_make(1, "p", BASE_NS);
    struct fixture f;

    (void)state;
    fixture_init(&f);
    assert_int_equal(fixture_open(&f), OBS_OK);
    span.sample_rate = __builtin_nan("");
    assert_int_equal(append_wait(&f, &scope_all, &span, 1, NULL), OBS_E_INVALID);
    span.sample_rate = 1;
    span.start_ns = INT64_MIN;
    span.end_ns = INT64_MAX;
    assert_int_equal(append_wait(&f, &scope_all, &span, 1, NULL), OBS_E_INVALID);
    fixture_finish(&f);
}

static void a_file_that_cannot_be_opened_ends_the_start(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    f.settings.path = "/proc/no/such/folder/o.db";
    assert_true(fixture_open(&f) < 0);
    fixture_finish(&f);
}

/* --- a killed process ----------------------------------------------------------------- */

#define ROUNDS 20
#define REQUEST_SPANS 40

struct stream {
    struct fixture *f;
    uint64_t next, begun; /* numbers of spans; the request that is under way begins here */
    int fd, done;
    obs_span spans[REQUEST_SPANS];
};

static void send_request(struct stream *stream);

/* What is told here is told to the parent before anything else happens. */
static void on_durable(const obs_append_result *result, void *user)
{
    struct stream *stream = user;

    if (result->error != OBS_OK ||
        write(stream->fd, &stream->begun, sizeof(stream->begun)) != sizeof(stream->begun))
        _exit(3);
    send_request(stream);
}

static void send_request(struct stream *stream)
{
    stream->begun = stream->next;
    for (size_t i = 0; i < REQUEST_SPANS; i++)
        stream->spans[i] = span_make(stream->next++, "p", BASE_NS + (int64_t)i);
    if (stream->f->store->append(stream->f->self, &scope_all, stream->spans, REQUEST_SPANS, NULL,
                                 stream->f->worker, on_durable, stream) < 0)
        _exit(4);
}

/* Several requests are under way, so that a transaction holds some of each. */
static void write_until_killed(struct fixture *f, uint64_t from, int fd)
{
    static struct stream streams[4];

    if (fixture_open(f) < 0)
        _exit(2);
    for (uint64_t i = 0; i < 4; i++) {
        streams[i] = (struct stream){.f = f, .next = from + i * 1000000, .fd = fd};
        send_request(&streams[i]);
    }
    fake_worker_wait(f->worker, &streams[0].done); /* which never is */
}

static void assert_stored(const struct fixture *f, const uint64_t *begun, size_t n)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;

    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT count(*) FROM spans WHERE trace_id=?1 AND "
                                        "span_id=?2 AND project_id='p'",
                                        -1, &stmt, NULL),
                     SQLITE_OK);
    for (size_t i = 0; i < n * REQUEST_SPANS; i++) {
        uint64_t number = begun[i / REQUEST_SPANS] + i % REQUEST_SPANS;
        obs_span span = span_make(number, "p", 0);
        sqlite3_bind_blob(stmt, 1, span.trace_id, 16, SQLITE_STATIC);
        sqlite3_bind_blob(stmt, 2, span.span_id, 8, SQLITE_STATIC);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        if (sqlite3_column_int(stmt, 0) != 1)
            fail_msg("span %llu was acknowledged and is not there", (unsigned long long)number);
        sqlite3_reset(stmt);
    }
    sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_exec(db, "PRAGMA integrity_check", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static size_t read_all(int fd, uint64_t *to, size_t max)
{
    size_t n = 0;

    while (n < max && read(fd, &to[n], sizeof(*to)) == sizeof(*to))
        n++;
    return n;
}

static void what_was_acknowledged_survives_kill_9(void **state)
{
    static uint64_t begun[100000];
    size_t n = 0;
    struct fixture f;

    (void)state;
    fixture_init(&f);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        int fds[2], status;
        pid_t pid;
        size_t before = n;
        assert_int_equal(pipe(fds), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            close(fds[0]);
            write_until_killed(&f, 1 + round * 10000000, fds[1]);
            _exit(5);
        }
        close(fds[1]);
        n += read_all(fds[0], begun + n, 1); /* it writes; from now on any moment will do */
        usleep((useconds_t)(3000 * round));
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        n += read_all(fds[0], begun + n, sizeof(begun) / sizeof(*begun) - n);
        close(fds[0]);
        assert_true(n > before);
        assert_stored(&f, begun, n);
    }
    fixture_finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_acknowledged_survives_kill_9), /* first: it forks */
        cmocka_unit_test(a_row_that_fails_fails_its_request_alone),
        cmocka_unit_test(stopping_answers_everything_that_was_queued),
        cmocka_unit_test(another_writer_is_waited_for_and_then_told),
        cmocka_unit_test(a_full_disk_is_told_and_recovery_is_noticed_without_spans),
        cmocka_unit_test(a_query_that_takes_too_long_is_ended),
        cmocka_unit_test(what_sqlite_could_not_store_is_refused),
        cmocka_unit_test(a_file_that_cannot_be_opened_ends_the_start),
    };
    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
