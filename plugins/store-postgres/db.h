/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL below the store: database.h, over one connection of libpq. */
#ifndef STORE_POSTGRES_DB_H
#define STORE_POSTGRES_DB_H

#include "database.h"

#include <libpq-fe.h>

/* The options of the plugin; filled by the host from plugin.c's table. */
struct postgres_settings {
    struct settings store; /* first */
    const char *url;
    const char *schema;
    int64_t connect_timeout_ns;
    int64_t write_timeout_ns;
    int32_t durable; /* 0: synchronous_commit=off */
    int32_t migrate; /* enum below */
};

enum { MIGRATE_AUTO, MIGRATE_MANUAL };

struct db {
    const struct postgres_settings *settings;
    bool read_only;
    PGconn *conn;
    uint64_t epoch;      /* of the connection: statements of earlier ones are gone */
    uint64_t n_prepared; /* names given */
    bool in_transaction;
    bool broken;                /* the connection, within a transaction */
    int64_t deadline_ns;        /* monotonic */
    int64_t retry_ns, pause_ns; /* when to connect again, and after how long then */
    int64_t changes, total_changes;
    int64_t own_writes; /* transactions of this connection */
    struct statement *streaming;
    char message[320];
};

/* Connects, if that is not so and it is time to. DB_OK or DB_ERROR. */
int db_ready(struct db *db);

/* Forgets the connection: what it was doing ends, and the next use makes a new one. */
void db_drop(struct db *db);

/* Waits for the next result until the deadline; `ret` is NULL at the end of the results.
 * Other codes mean that the connection is dropped. */
int db_wait(struct db *db, PGresult **ret);

/* The code of a result, whose error becomes the message. */
int db_code(struct db *db, const PGresult *result);

/* What a text may be: UTF-8 without U+0000; others become U+FFFD. NULL: it is so
 * already. Otherwise of malloc(); `ret_rc` is DB_NOMEM when there was none. */
char *db_clean_text(obs_str text, size_t *ret_len, int *ret_rc);

#endif
