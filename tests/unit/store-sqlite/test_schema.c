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
static struct settings settings = {
    .path = path,
    .cache_bytes = 1 << 20,
    .checkpoint_bytes = 1 << 20,
    .busy_timeout_ns = 1000000000,
    .filter_depth = 16,
    .filter_nodes = 256,
    .filter_values = 1000,
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

static sqlite3 *opened(void)
{
    char error[300] = "";
    sqlite3 *db = NULL;

    if (db_open(&settings, 0, &db, error, sizeof(error)) < 0)
        fail_msg("%s", error);
    return db;
}

static void a_new_file_is_private_and_of_this_version(void **unused)
{
    char error[300];
    sqlite3 *db = opened();
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

static void a_newer_file_is_refused_with_a_sentence(void **unused)
{
    char error[300] = "";
    sqlite3 *db = opened();
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
    sqlite3 *db = NULL;
    FILE *file;
    (void)unused;

    snprintf(name, sizeof(name), "%s/below", folder);
    mkdir(name, 0700);
    file = fopen(path, "w");
    for (int i = 0; i < 5000; i++)
        fputs("this is text ", file);
    fclose(file);
    assert_true(db_open(&settings, 0, &db, error, sizeof(error)) < 0);
    assert_non_null(strstr(error, path));
}

static void explain(sqlite3 *db, const obs_span_query *query, char *plan, size_t size)
{
    const obs_scope all = {.size = sizeof(all), .all = 1};
    char sql[8192] = "EXPLAIN QUERY PLAN ";
    sqlite3_stmt *stmt;

    assert_int_equal(search_explain(&settings, &all, query, sql + strlen(sql), 8000), OBS_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    plan[0] = '\0';
    while (sqlite3_step(stmt) == SQLITE_ROW)
        snprintf(plan + strlen(plan), size - strlen(plan), "%s;",
                 (const char *)sqlite3_column_text(stmt, 3));
    sqlite3_finalize(stmt);
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
    sqlite3 *db = opened();
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
        cmocka_unit_test_setup_teardown(a_newer_file_is_refused_with_a_sentence, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_database_is_refused_with_a_sentence, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(common_questions_are_answered_by_an_index, setup, teardown),
    };
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
