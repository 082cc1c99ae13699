/* SPDX-License-Identifier: Apache-2.0 */
/* A file in a folder. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void database_init(struct fixture *f)
{
    strcpy(f->folder, "/tmp/store-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof(f->path), "%s/observatory.db", f->folder);
    f->settings.path = f->path;
    f->settings.cache_bytes = 8 << 20;
    f->settings.mmap_bytes = 64 << 20;
    f->settings.checkpoint_bytes = 4 << 20;
    f->settings.busy_timeout_ns = INT64_C(2000000000);
}

void database_finish(struct fixture *f)
{
    char path[160];

    for (const char *const *tail = (const char *const[]){"", "-wal", "-shm", NULL}; *tail; tail++) {
        snprintf(path, sizeof(path), "%s%s", f->path, *tail);
        (void)unlink(path); /* not all of them exist */
    }
    assert_int_equal(rmdir(f->folder), 0);
}

int64_t file_number(const struct fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    int64_t number;

    assert_int_equal(sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    number = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return number;
}

void change_file(const struct fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    char *error = NULL;

    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s", error);
    sqlite3_close(db);
}
