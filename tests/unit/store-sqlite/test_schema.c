/* SPDX-License-Identifier: Apache-2.0 */
/* Opening files of other ages, and which index answers what. */
#include "schema.h"
#include "search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/observatory-schema-XXXXXX";
static char path[64];
static struct sqlite_settings settings = {
    .path = path,
    .cache_bytes = 1 << 20,
    .checkpoint_bytes = 1 << 20,
    .busy_timeout_ns = 1000000000,
    .store = {.filter_depth = 16, .filter_nodes = 256, .filter_values = 1000},
};

static int setup(void **unused)
{
    (void)unused;
    strcpy(folder + sizeof(folder) - 7, "XXXXXX");
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof(path), "%s/below/o.db", folder);
    return 0;
}

static int teardown(void **unused)
{
    char command[128];
    (void)unused;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static struct db *opened(void)
{
    char error[300] = "";
    struct db *db = NULL;

    if (db_open(&settings.store, /* read_only= */ false, &db, error, sizeof(error)) < 0)
        fail_msg("%s", error);
    return db;
}

static void a_new_file_is_private_and_of_this_version(void **unused)
{
    char error[300];
    struct db *db = opened();
    struct stat st;
    (void)unused;

    assert_int_equal(schema_migrate(db, error, sizeof(error)), OBS_OK);
    assert_int_equal(schema_migrate(db, error, sizeof(error)), OBS_OK); /* nothing to do */
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    snprintf(error, sizeof(error), "%s/below", folder);
    assert_int_equal(stat(error, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    db_close(db);
}

/* The schema of version 1, as it was released: frozen here. */
static const char version_1[] =
    "CREATE TABLE spans("
    " id INTEGER PRIMARY KEY,"
    " start_ns INTEGER NOT NULL,"
    " duration_ns INTEGER NOT NULL,"
    " trace_id BLOB NOT NULL,"
    " span_id BLOB NOT NULL,"
    " parent_span_id BLOB,"
    " project_id TEXT NOT NULL,"
    " service_name TEXT,"
    " span_name TEXT,"
    " span_kind TEXT,"
    " operation_type TEXT,"
    " provider TEXT,"
    " model TEXT,"
    " request_model TEXT,"
    " finish_reason TEXT,"
    " status INTEGER NOT NULL,"
    " error_type TEXT,"
    " error_message TEXT,"
    " user_id TEXT,"
    " session_id TEXT,"
    " environment TEXT,"
    " release TEXT,"
    " input_tokens INTEGER,"
    " cache_read_tokens INTEGER,"
    " cache_write_tokens INTEGER,"
    " output_tokens INTEGER,"
    " reasoning_tokens INTEGER,"
    " prompt_cost INTEGER,"
    " completion_cost INTEGER,"
    " total_cost INTEGER,"
    " cost_source TEXT,"
    " ttft_ns INTEGER,"
    " flags INTEGER NOT NULL,"
    " sample_rate REAL NOT NULL,"
    " tags TEXT,"
    " attributes TEXT,"
    " resource_attributes TEXT,"
    " events TEXT,"
    " links TEXT,"
    " model_parameters TEXT,"
    " tool_calls TEXT);"
    "CREATE TABLE contents("
    " id INTEGER PRIMARY KEY," /* of the span */
    " input_text TEXT,"
    " output_text TEXT,"
    " input_messages TEXT,"
    " output_messages TEXT);"
    "CREATE TABLE records("
    " space TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,"
    " PRIMARY KEY(space, key)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX spans_identity ON spans(trace_id, span_id, project_id);"
    "CREATE INDEX spans_time ON spans(start_ns);"
    "CREATE INDEX spans_project ON spans(project_id, start_ns);"
    "CREATE INDEX spans_model ON spans(model, start_ns) WHERE model IS NOT NULL;"
    "CREATE INDEX spans_session ON spans(session_id, start_ns) WHERE session_id IS NOT NULL;"
    "CREATE INDEX spans_user ON spans(user_id, start_ns) WHERE user_id IS NOT NULL;"
    "ANALYZE;" /* makes the table of the next statements */
    "DELETE FROM sqlite_stat1;"
    "INSERT INTO sqlite_stat1(tbl, idx, stat) VALUES"
    "('spans', 'spans_identity', '1000000 10 1 1')," /* rows, rows that share the first column, */
    "('spans', 'spans_time', '1000000 1'),"          /* the first two, … */
    "('spans', 'spans_project', '1000000 200000 1'),"
    "('spans', 'spans_model', '1000000 50000 1'),"
    "('spans', 'spans_session', '1000000 20 1'),"
    "('spans', 'spans_user', '1000000 500 1'),"
    "('contents', NULL, '1000000')";

static int64_t number(struct db *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int64_t value;

    assert_int_equal(sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return value;
}

/* A file that was made by other means. */
static void make_file(const char *schema, const char *rows)
{
    char name[80];
    sqlite3 *handle = NULL;

    snprintf(name, sizeof(name), "%s/below", folder);
    assert_int_equal(mkdir(name, 0700), 0);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, schema, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, rows, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

/* Rows stay, and each figure of cost becomes the candidate that it was. */
static void a_file_of_version_1_is_brought_up_to_date(void **unused)
{
    static const char rows[] =
        "INSERT INTO spans(start_ns,duration_ns,trace_id,span_id,project_id,status,flags,"
        "sample_rate,input_tokens,total_cost,cost_source) VALUES"
        "(1,1,x'01',x'01','p',0,1,1.0,10,100,'emitter'),"
        "(2,1,x'01',x'02','p',0,1,1.0,10,200,'provider'),"
        "(3,1,x'01',x'03','p',0,1,1.0,10,300,'price_book'),"
        "(4,1,x'01',x'04','p',0,1,1.0,10,0,'free'),"
        "(5,1,x'01',x'05','p',0,1,1.0,10,NULL,'unpriced');"
        "INSERT INTO contents(id,input_text) VALUES(1,'question');"
        "PRAGMA user_version=1";
    struct db *db;
    (void)unused;

    make_file(version_1, rows);
    db = opened();
    assert_int_equal(number(db, "PRAGMA user_version"), schema_version());
    assert_int_equal(number(db, "SELECT count(*) FROM spans"), 5);
    assert_int_equal(number(db, "SELECT emitter_cost FROM spans WHERE start_ns=1"), 100);
    assert_int_equal(number(db, "SELECT provider_cost FROM spans WHERE start_ns=2"), 200);
    assert_int_equal(number(db, "SELECT book_cost FROM spans WHERE start_ns=3"), 300);
    assert_int_equal(number(db, "SELECT book_cost FROM spans WHERE start_ns=4"), 0);
    assert_int_equal(number(db, "SELECT count(book_cost)+count(emitter_cost)+count(provider_cost)"
                                " FROM spans"),
                     4);
    assert_int_equal(number(db, "SELECT count(*) FROM feedback"), 0);
    db_close(db);
}

static void a_newer_file_is_refused_with_a_sentence(void **unused)
{
    char error[300] = "";
    struct db *db = opened();
    (void)unused;

    assert_int_equal(db_run(db, "PRAGMA user_version=4711"), SQLITE_OK);
    assert_int_equal(schema_migrate(db, error, sizeof(error)), OBS_E_STORE);
    assert_non_null(strstr(error, "4711"));
    assert_non_null(strstr(error, "newer"));
    db_close(db);
}

static void what_is_no_database_is_refused_with_a_sentence(void **unused)
{
    char error[300] = "", name[80];
    struct db *db = NULL;
    FILE *file;
    (void)unused;

    snprintf(name, sizeof(name), "%s/below", folder);
    mkdir(name, 0700);
    file = fopen(path, "w");
    for (int i = 0; i < 5000; i++)
        fputs("this is text ", file);
    fclose(file);
    assert_true(db_open(&settings.store, /* read_only= */ false, &db, error, sizeof(error)) < 0);
    assert_non_null(strstr(error, path));
}

static void explain_sql(struct db *db, const char *sql, char *plan, size_t size)
{
    sqlite3_stmt *stmt;

    assert_int_equal(sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL), SQLITE_OK);
    plan[0] = '\0';
    while (sqlite3_step(stmt) == SQLITE_ROW)
        snprintf(plan + strlen(plan), size - strlen(plan), "%s;",
                 (const char *)sqlite3_column_text(stmt, 3));
    sqlite3_finalize(stmt);
}

static void explain(struct db *db, const obs_span_query *query, char *plan, size_t size)
{
    const obs_scope all = {.size = sizeof(all), .all = 1};
    char sql[8192] = "EXPLAIN QUERY PLAN ";

    assert_int_equal(search_explain(&settings.store, &all, query, sql + strlen(sql), 8000), OBS_OK);
    explain_sql(db, sql, plan, size);
}

/* As feedback_get.c and fragment.c ask. */
static void feedback_and_fragments_are_never_scanned(void **unused)
{
    static const char *const conditions[] = {
        "feedback WHERE 1=1 AND trace_id=? AND project_id IN(?,?) ORDER BY ts_ns,project_id,id",
        "feedback WHERE 1=1 AND session_id=? AND project_id IN(?) ORDER BY ts_ns,project_id,id",
        "feedback WHERE 1=1 AND id=? AND project_id IN(?,?) ORDER BY ts_ns,project_id,id",
        "feedback WHERE 1=1 AND id=? ORDER BY ts_ns,project_id,id",
        "fragments WHERE trace_id=? AND span_id=? AND project_id=? ORDER BY id",
        "fragments WHERE received_ns<? ORDER BY received_ns LIMIT ?",
    };
    char error[300], plan[1024], sql[300];
    struct db *db = opened();
    (void)unused;

    assert_int_equal(schema_migrate(db, error, sizeof(error)), OBS_OK);
    for (size_t i = 0; i < sizeof(conditions) / sizeof(*conditions); i++) {
        snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN SELECT * FROM %s", conditions[i]);
        explain_sql(db, sql, plan, sizeof(plan));
        if (!strstr(plan, "SEARCH") || strstr(plan, "SCAN"))
            fail_msg("%s: %s", conditions[i], plan);
    }
    db_close(db);
}

static void common_questions_are_answered_by_an_index(void **unused)
{
    obs_value value = {.s = OBS_STR("m")}, id = {.s = OBS_STR("0123456789abcdef")};
    obs_filter leaf = {.size = sizeof(leaf),
                       .kind = OBS_FILTER_LEAF,
                       .op = OBS_OP_EQ,
                       .values = &value,
                       .n_values = 1};
    obs_span_query q = {.size = sizeof(q),
                        .flags = OBS_QUERY_DESCENDING,
                        .fields = OBS_FIELDS_ALL,
                        .from_ns = INT64_MIN,
                        .to_ns = INT64_MAX,
                        .sort_field = OBS_FIELD_TS,
                        .limit = 50};
    char error[300], plan[1024];
    struct db *db = opened();
    (void)unused;

    assert_int_equal(schema_migrate(db, error, sizeof(error)), OBS_OK);
    explain(db, &q, plan, sizeof(plan));
    assert_non_null(strstr(plan, "spans_time"));
    assert_null(strstr(plan, "TEMP B-TREE"));
    q.filter = &leaf;
    leaf.field = OBS_FIELD_MODEL;
    explain(db, &q, plan, sizeof(plan));
    assert_non_null(strstr(plan, "spans_model"));
    assert_null(strstr(plan, "TEMP B-TREE"));
    leaf.field = OBS_FIELD_SESSION_ID;
    explain(db, &q, plan, sizeof(plan));
    assert_non_null(strstr(plan, "spans_session"));
    leaf.field = OBS_FIELD_TRACE_ID;
    leaf.values = &id;
    explain(db, &q, plan, sizeof(plan));
    assert_non_null(strstr(plan, "spans_identity"));
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_file_is_private_and_of_this_version, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_of_version_1_is_brought_up_to_date, setup, teardown),
        cmocka_unit_test_setup_teardown(a_newer_file_is_refused_with_a_sentence, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_database_is_refused_with_a_sentence, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(feedback_and_fragments_are_never_scanned, setup, teardown),
        cmocka_unit_test_setup_teardown(common_questions_are_answered_by_an_index, setup, teardown),
    };
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
