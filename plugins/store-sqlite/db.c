/* SPDX-License-Identifier: Apache-2.0 */
/* Opening: WAL so that readers and the writer do not wait for each other, large
 * pages and a rare checkpoint because both make inserts 1.4 times as fast as
 * SQLite's defaults do (docs/performance.md). The writer checkpoints itself: on a
 * thread of its own it was not faster, and the pauses were as long (0.1 s). */
#include "db.h"
#include "functions.h"
#include "schema.h"
#include "text_search.h"
#include "tokenizer.h"

#include <observatory/worker.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEPS_PER_CHECK 20000 /* of SQLite's machine, between looks at the clock */

static int run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* --- opening ----------------------------------------------------------------------------- */

static int refuse(sqlite3 *db, int code, const struct sqlite_settings *settings, char *error,
                  size_t size)
{
    int system = db ? sqlite3_system_errno(db) : 0;
    bool of_system = (code & 0xff) == SQLITE_CANTOPEN || (code & 0xff) == SQLITE_IOERR;

    snprintf(error, size, "database %s: %s%s%s", settings->path,
             db ? sqlite3_errmsg(db) : "out of memory", of_system && system ? ": " : "",
             of_system && system ? strerror(system) : "");
    sqlite3_close(db);
    return OBS_E_STORE;
}

/* The folder of the file, when it is missing; its own parent must exist. */
static void make_folder(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;

    if (len == 0 || len >= sizeof(folder))
        return;
    memcpy(folder, path, len);
    folder[len] = '\0';
    (void)mkdir(folder, 0700); /* when that failed, opening says why */
}

/* A missing file is made here, since SQLite would make it readable for others;
 * what it makes beside the file takes the file's mode. Never opens one that is
 * there: closing it would drop the locks of this process's other connections. */
static void make_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd >= 0)
        close(fd);
}

static int configure(sqlite3 *db, const struct sqlite_settings *settings, bool read_only)
{
    char sql[512];
    int rc;

    sqlite3_busy_timeout(db, (int)(settings->busy_timeout_ns / 1000000));
    snprintf(sql, sizeof(sql),
             "PRAGMA cache_size=-%llu; PRAGMA mmap_size=%llu; PRAGMA temp_store=MEMORY;"
             "PRAGMA trusted_schema=OFF",
             (unsigned long long)(settings->cache_bytes / 1024),
             (unsigned long long)settings->mmap_bytes);
    rc = run(db, sql);
    if (rc != SQLITE_OK)
        return rc;
    if (read_only)
        return run(db, "PRAGMA query_only=ON");
    snprintf(sql, sizeof(sql),
             "PRAGMA page_size=%d; PRAGMA journal_mode=WAL; PRAGMA synchronous=%s;"
             "PRAGMA wal_autocheckpoint=%llu; PRAGMA journal_size_limit=%llu",
             DB_PAGE_BYTES, settings->synchronous == SYNCHRONOUS_FULL ? "FULL" : "NORMAL",
             (unsigned long long)(settings->checkpoint_bytes / DB_PAGE_BYTES),
             (unsigned long long)settings->checkpoint_bytes);
    return run(db, sql);
}

static int too_late(void *arg)
{
    const struct db *db = arg;

    return obs_clock_mono_ns() > db->deadline_ns;
}

/* What the statements of this store need. */
static int equip(sqlite3 *db)
{
    int rc = functions_add(db);

    if (rc == SQLITE_OK)
        rc = text_search_add(db);
    return rc == SQLITE_OK ? tokenizer_add(db) : rc;
}

static int open_file(const struct sqlite_settings *settings, bool read_only, sqlite3 **ret_handle,
                     char *error, size_t error_size)
{
    /* readers open for writing too, since a WAL file's index must be shared;
     * query_only keeps them from using it */
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, rc;
    sqlite3 *handle = NULL;

    if (!read_only) {
        make_folder(settings->path);
        make_file(settings->path);
    }
    rc = sqlite3_open_v2(settings->path, &handle, flags, NULL);
    if (rc == SQLITE_OK)
        rc = configure(handle, settings, read_only);
    if (rc == SQLITE_OK)
        rc = equip(handle);
    if (rc != SQLITE_OK)
        return refuse(handle, rc, settings, error, error_size);
    *ret_handle = handle;
    return OBS_OK;
}

int db_open(const struct settings *settings, bool read_only, struct db **ret_db, char *error,
            size_t error_size)
{
    struct db *db = calloc(1, sizeof(*db));
    int rc;

    snprintf(error, error_size, "out of memory");
    if (!db)
        return OBS_E_NOMEM;
    db->deadline_ns = INT64_MAX;
    rc = open_file((const struct sqlite_settings *)settings, read_only, &db->handle, error,
                   error_size);
    if (rc == OBS_OK && !read_only)
        rc = schema_migrate(db, error, error_size);
    if (rc < 0) {
        db_close(db);
        return rc;
    }
    sqlite3_progress_handler(db->handle, STEPS_PER_CHECK, too_late, db);
    *ret_db = db;
    return OBS_OK;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    sqlite3_close(db->handle);
    free(db);
}

/* --- transactions ---------------------------------------------------------------------------- */

int db_run(struct db *db, const char *sql)
{
    return run(db->handle, sql);
}

int db_begin(struct db *db, bool writes)
{
    return run(db->handle, writes ? "BEGIN IMMEDIATE" : "BEGIN");
}

int db_commit(struct db *db)
{
    return run(db->handle, "COMMIT");
}

bool db_in_transaction(struct db *db)
{
    return !sqlite3_get_autocommit(db->handle);
}

/* SQLite may have done it already. */
void db_rollback(struct db *db)
{
    if (db_in_transaction(db))
        (void)run(db->handle, "ROLLBACK");
}

int64_t db_changes(struct db *db)
{
    return sqlite3_changes64(db->handle);
}

int64_t db_total_changes(struct db *db)
{
    return sqlite3_total_changes64(db->handle);
}

int db_version(struct db *db, int64_t *ret_version)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db->handle, "PRAGMA data_version", -1, &stmt, NULL);

    if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        *ret_version = sqlite3_column_int64(stmt, 0);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    return rc;
}

void db_set_deadline(struct db *db, int64_t deadline_ns)
{
    db->deadline_ns = deadline_ns;
}

/* As large as a small batch, since a disk may have room for little things only. */
int db_probe(struct db *db)
{
    int rc = run(db->handle, "REPLACE INTO records VALUES('store-sqlite','probe',zeroblob(65536))");

    return rc == SQLITE_OK
               ? run(db->handle, "DELETE FROM records WHERE space='store-sqlite' AND key='probe'")
               : rc;
}

/* --- errors ------------------------------------------------------------------------------------
 */

const char *db_message(struct db *db)
{
    return sqlite3_errmsg(db->handle);
}

/* errno of the last failure on the log, where writing fails first, else on the
 * database. sqlite3_system_errno() forgets it on the way out of a statement. */
static int last_errno(sqlite3 *db)
{
    sqlite3_file *log = NULL;
    int number = 0;

    if (sqlite3_file_control(db, NULL, SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK && log &&
        log->pMethods)
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &number);
    if (number == 0)
        (void)sqlite3_file_control(db, NULL, SQLITE_FCNTL_LAST_ERRNO, &number);
    return number;
}

/* An I/O error is of the disk, unless the system says that there is no room. */
static int error_of_io(sqlite3 *db)
{
    switch (last_errno(db)) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return OBS_E_STORE_FULL;
    case EROFS:
        return OBS_E_STORE_READ_ONLY;
    default:
        return OBS_E_STORE;
    }
}

int db_error(struct db *db, int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return OBS_OK;
    case SQLITE_NOMEM:
        return OBS_E_NOMEM;
    case SQLITE_FULL:
        return OBS_E_STORE_FULL;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
        return OBS_E_INVALID;
    case SQLITE_READONLY:
        return OBS_E_STORE_READ_ONLY;
    case SQLITE_INTERRUPT:
        return OBS_E_TIMEOUT;
    case SQLITE_TOOBIG:
        return OBS_E_TOO_LARGE;
    case SQLITE_IOERR:
        return error_of_io(db->handle);
    default:
        return OBS_E_STORE;
    }
}
