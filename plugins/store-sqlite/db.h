/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite below the store: database.h, for one file. */
#ifndef STORE_SQLITE_DB_H
#define STORE_SQLITE_DB_H

#include "database.h"

#include <sqlite3.h>

/* The options of the plugin; filled by the host from plugin.c's table. */
struct sqlite_settings {
    struct settings store; /* first */
    const char *path;
    int32_t synchronous; /* enum below */
    uint64_t cache_bytes;
    uint64_t mmap_bytes;
    uint64_t checkpoint_bytes;
    int64_t busy_timeout_ns;
};

enum { SYNCHRONOUS_FULL, SYNCHRONOUS_NORMAL };

#define DB_PAGE_BYTES 16384

struct db {
    sqlite3 *handle;
    int64_t deadline_ns; /* monotonic */
};

/* A statement of database.h is one of SQLite. */
static inline sqlite3_stmt *sqlite_statement(struct statement *stmt)
{
    return (sqlite3_stmt *)stmt;
}

#endif
