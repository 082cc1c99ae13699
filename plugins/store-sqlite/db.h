/* SPDX-License-Identifier: Apache-2.0 */
/* A connection to the database file, opened as this store wants it. */
#ifndef STORE_SQLITE_DB_H
#define STORE_SQLITE_DB_H

#include <observatory/plugin.h>
#include <sqlite3.h>

/* The options of the plugin; filled by the host from plugin.c's table. */
struct settings {
    const char *path;
    int32_t synchronous; /* enum below */
    int64_t readers;
    int64_t queue_spans;
    uint64_t queue_bytes;
    int64_t read_queue;
    int64_t commit_max_spans;
    uint64_t cache_bytes;
    uint64_t mmap_bytes;
    uint64_t checkpoint_bytes;
    int64_t busy_timeout_ns;
    int64_t query_timeout_ns;
    int64_t keep_fragments_ns;
    int64_t filter_depth, filter_nodes, filter_values;
    int64_t aggregate_groups;
    int32_t text_index; /* enum below */
    int64_t text_lag;
    int64_t retention_spans_ns, retention_content_ns; /* 0: kept */
    int64_t retention_cells_ns[4];                    /* minutes, quarter hours, hours, days */
    int64_t rollup_check_ns;                          /* 0: never */
};

enum { TEXT_INDEX_WORDS, TEXT_INDEX_NONE };
enum { SYNCHRONOUS_FULL, SYNCHRONOUS_NORMAL };

#define DB_PAGE_BYTES 16384

/* Opens the file, for reading only or for writing (made when missing, 0600, in
 * a folder made 0700). On failure a sentence is in `error`. */
int db_open(const struct settings *settings, int read_only, sqlite3 **ret_db, char *error,
            size_t error_size);

/* Closes; NULL is a no-op. */
void db_close(sqlite3 *db);

/* What a SQLite result code of this connection's last call means for a client of
 * the store. */
int db_error(sqlite3 *db, int sqlite_code);

/* The histogram of the time that operations take, with the label `op`. Errors:
 * those of obs_metric_register(). */
int db_register_duration(obs_instance *instance, obs_metric **ret_metric);

/* Runs SQL without a result. Returns a SQLite result code. */
int db_run(sqlite3 *db, const char *sql);

#endif
