/* SPDX-License-Identifier: Apache-2.0 */
/* A connection that comes back. What it does is waited for with a deadline; when that
 * is over, or the server does not answer, the connection is dropped, which ends its
 * statement on the server within a second (client_connection_check_interval), and the
 * next use makes a new one, after pauses that grow.
 *
 * One transaction writes at a time, in all hosts together: it holds an advisory lock.
 * So row numbers are in the order of commits, rollups are read, changed and written
 * without conflicts, and what SQLite's file lock means there, this means here. */
#include "db.h"
#include "schema.h"

#include <observatory/worker.h>

#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MS_NS INT64_C(1000000)
#define FIRST_PAUSE_NS (100 * MS_NS)
#define LONGEST_PAUSE_NS (2000 * MS_NS)

/* --- errors ------------------------------------------------------------------------------ */

static void say(struct db *db, const char *text)
{
    size_t len = strcspn(text, "\n");

    snprintf(db->message, sizeof(db->message), "%.*s", (int)len, text);
}

const char *db_message(struct db *db)
{
    return db->message;
}

/* By SQLSTATE, or its class. */
static int code_of(const char *state)
{
    static const struct {
        const char *state;
        int code;
    } codes[] = {
        {"57014", DB_INTERRUPT}, /* statement_timeout */
        {"53100", DB_FULL},      /* of the disk */
        {"25006", DB_READ_ONLY}, /* a standby */
        {"54", DB_TOO_BIG},      /* a limit of the program: of index rows, of words */
        {"22", DB_MISMATCH},     /* data */
        {"23", DB_CONSTRAINT},   /* integrity */
    };

    for (size_t i = 0; state && i < sizeof(codes) / sizeof(*codes); i++)
        if (strncmp(state, codes[i].state, strlen(codes[i].state)) == 0)
            return codes[i].code;
    return DB_ERROR;
}

int db_code(struct db *db, const PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
    case PGRES_COPY_IN:
        return DB_OK;
    default:
        say(db, PQresultErrorMessage(result));
        return code_of(PQresultErrorField(result, PG_DIAG_SQLSTATE));
    }
}

int db_error(struct db *db, int code)
{
    (void)db;
    switch (code & 0xff) {
    case DB_OK:
    case DB_DONE:
    case DB_ROW:
        return OBS_OK;
    case DB_NOMEM:
        return OBS_E_NOMEM;
    case DB_FULL:
        return OBS_E_STORE_FULL;
    case DB_CONSTRAINT:
    case DB_MISMATCH:
        return OBS_E_INVALID;
    case DB_READ_ONLY:
        return OBS_E_STORE_READ_ONLY;
    case DB_INTERRUPT:
        return OBS_E_TIMEOUT;
    case DB_TOO_BIG:
        return OBS_E_TOO_LARGE;
    default:
        return OBS_E_STORE;
    }
}

/* --- waiting ----------------------------------------------------------------------------- */

void db_drop(struct db *db)
{
    PQfinish(db->conn);
    db->conn = NULL;
    db->epoch++;
    db->broken = db->in_transaction;
    db->streaming = NULL;
}

static int lost(struct db *db)
{
    say(db, db->conn ? PQerrorMessage(db->conn) : "not connected");
    db_drop(db);
    return DB_ERROR;
}

/* Until there is something to read. */
static int wait_readable(struct db *db)
{
    struct pollfd fd = {.fd = PQsocket(db->conn), .events = POLLIN};

    for (;;) {
        int64_t left_ns =
            db->deadline_ns == INT64_MAX ? 60000 * MS_NS : db->deadline_ns - obs_clock_mono_ns();

        if (left_ns <= 0) {
            say(db, "the deadline is over");
            db_drop(db);
            return DB_INTERRUPT;
        }
        if (poll(&fd, 1, (int)(left_ns / MS_NS > 60000 ? 60000 : left_ns / MS_NS + 1)) > 0)
            return DB_OK;
    }
}

int db_wait(struct db *db, PGresult **ret)
{
    *ret = NULL;
    while (PQisBusy(db->conn)) {
        int rc = wait_readable(db);

        if (rc != DB_OK)
            return rc;
        if (!PQconsumeInput(db->conn))
            return lost(db);
    }
    *ret = PQgetResult(db->conn);
    if (PQstatus(db->conn) != CONNECTION_BAD)
        return DB_OK;
    PQclear(*ret);
    *ret = NULL;
    return lost(db);
}

/* Runs SQL; the last result is the caller's, or its error the code. */
static int run(struct db *db, const char *sql, PGresult **ret_last)
{
    PGresult *result = NULL, *last = NULL;
    int rc = PQsendQuery(db->conn, sql) ? DB_OK : lost(db), code = DB_OK;

    while (rc == DB_OK && (rc = db_wait(db, &result)) == DB_OK && result) {
        if (code == DB_OK)
            code = db_code(db, result);
        PQclear(last);
        last = result;
    }
    if (rc == DB_OK)
        rc = code;
    if (rc == DB_OK && ret_last)
        *ret_last = last;
    else
        PQclear(last);
    return rc;
}

/* --- connecting ----------------------------------------------------------------------------- */

static void ignore_notice(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

/* What every session of this store has; statement_timeout ends what the host has left. */
static int configure(struct db *db)
{
    const struct postgres_settings *s = db->settings;
    char *name = PQescapeIdentifier(db->conn, s->schema, strlen(s->schema));
    char sql[1024];

    snprintf(sql, sizeof(sql),
             "SET search_path=%s; SET client_connection_check_interval='1s';"
             "SET statement_timeout=%lld; SET synchronous_commit=%s;"
             "SET default_transaction_read_only=%s; SET bytea_output='hex'; SET jit=off;"
             "SET plan_cache_mode=%s",
             name ? name : "public",
             (long long)((db->read_only ? s->store.query_timeout_ns : s->write_timeout_ns) / MS_NS),
             s->durable ? "on" : "off", db->read_only ? "on" : "off",
             db->read_only ? "force_custom_plan" : "auto"); /* ranges differ, rows do not */
    PQfreemem(name);
    return run(db, sql, NULL);
}

static int try_connect(struct db *db)
{
    char timeout[24];
    const char *const names[] = {"dbname",
                                 "connect_timeout",
                                 "client_encoding",
                                 "fallback_application_name",
                                 "tcp_user_timeout",
                                 "keepalives_idle",
                                 NULL};
    const char *const values[] = {db->settings->url, timeout, "UTF8", "observatory",
                                  "30000",           "30",    NULL};
    int rc;

    snprintf(timeout, sizeof(timeout), "%lld",
             (long long)(db->settings->connect_timeout_ns / (1000 * MS_NS) + 1));
    db->conn = PQconnectdbParams(names, values, /* expand_dbname= */ 1);
    if (!db->conn || PQstatus(db->conn) != CONNECTION_OK)
        return lost(db);
    PQsetNoticeReceiver(db->conn, ignore_notice, NULL);
    rc = configure(db);
    if (rc != DB_OK && db->conn)
        db_drop(db);
    return rc;
}

/* Pauses double, and differ between hosts, so that not all come back at once. */
static void put_off(struct db *db)
{
    db->pause_ns = db->pause_ns ? 2 * db->pause_ns : FIRST_PAUSE_NS;
    if (db->pause_ns > LONGEST_PAUSE_NS)
        db->pause_ns = LONGEST_PAUSE_NS;
    db->retry_ns = obs_clock_mono_ns() + db->pause_ns / 2 +
                   (int64_t)randombytes_uniform((uint32_t)(db->pause_ns / 2));
}

int db_ready(struct db *db)
{
    if (db->broken)
        return DB_ERROR; /* its transaction is over, whatever comes */
    if (db->conn)
        return DB_OK;
    if (obs_clock_mono_ns() < db->retry_ns)
        return DB_ERROR;
    if (try_connect(db) != DB_OK) {
        put_off(db);
        return DB_ERROR;
    }
    db->pause_ns = 0;
    return DB_OK;
}

/* Tries for a while: who starts everything together starts the database too. */
static int connect_first(struct db *db)
{
    int64_t until_ns = obs_clock_mono_ns() + db->settings->connect_timeout_ns;
    int rc;

    while ((rc = db_ready(db)) != DB_OK && obs_clock_mono_ns() < until_ns)
        nanosleep(&(struct timespec){.tv_nsec = 20 * MS_NS}, NULL);
    return rc;
}

int db_open(const struct settings *settings, bool read_only, struct db **ret_db, char *error,
            size_t error_size)
{
    struct db *db = calloc(1, sizeof(*db));
    int rc;

    snprintf(error, error_size, "out of memory");
    if (!db)
        return OBS_E_NOMEM;
    db->settings = (const struct postgres_settings *)settings;
    db->read_only = read_only;
    db->deadline_ns = INT64_MAX;
    rc = connect_first(db) == DB_OK ? OBS_OK : OBS_E_STORE;
    if (rc < 0)
        snprintf(error, error_size, "database: %s", db->message);
    if (rc == OBS_OK && !read_only)
        rc = schema_open(db, error, error_size);
    if (rc < 0)
        db_close(db);
    else
        *ret_db = db;
    return rc;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    PQfinish(db->conn);
    free(db);
}

/* --- transactions ----------------------------------------------------------------------------- */

/* Outside of a transaction, a connection that was lost unnoticed is made again. */
int db_run(struct db *db, const char *sql)
{
    int rc = db_ready(db);

    if (rc == DB_OK)
        rc = run(db, sql, NULL);
    if (rc == DB_ERROR && !db->conn && !db->in_transaction && db_ready(db) == DB_OK)
        rc = run(db, sql, NULL);
    return rc;
}

/* The number of all transactions that wrote is counted with each, so that every host
 * can tell whether others have written. */
static const char begin_writing[] =
    "BEGIN;"
    "SELECT pg_advisory_xact_lock(hashtextextended('observatory.'||current_schema(),0));"
    "UPDATE writes SET number=number+1";

int db_begin(struct db *db, bool writes)
{
    int rc;

    if (writes && db->settings->write_timeout_ns)
        db->deadline_ns = obs_clock_mono_ns() + db->settings->write_timeout_ns;
    rc = db_run(db, writes ? begin_writing : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    db->in_transaction = true; /* also a failed one is to be ended */
    db->own_writes += writes && rc == DB_OK;
    if (rc != DB_OK)
        db_rollback(db);
    return rc;
}

int db_commit(struct db *db)
{
    PGresult *result = NULL;
    int rc = db_ready(db);

    if (rc == DB_OK)
        rc = run(db, "COMMIT", &result);
    if (rc == DB_OK && strcmp(PQcmdStatus(result), "COMMIT") != 0)
        rc = DB_ERROR; /* it was broken, and is rolled back */
    PQclear(result);
    if (rc == DB_OK) {
        db->in_transaction = false;
        db->deadline_ns = db->read_only ? db->deadline_ns : INT64_MAX;
    }
    return rc;
}

void db_rollback(struct db *db)
{
    if (!db->in_transaction)
        return;
    if (db->conn && !db->broken)
        (void)run(db, "ROLLBACK", NULL); /* when that fails the connection is gone */
    db->in_transaction = db->broken = false;
    db->deadline_ns = db->read_only ? db->deadline_ns : INT64_MAX;
}

bool db_in_transaction(struct db *db)
{
    return db->in_transaction;
}

int64_t db_changes(struct db *db)
{
    return db->changes;
}

int64_t db_total_changes(struct db *db)
{
    return db->total_changes;
}

/* A rolled back transaction counts here and not there: a change too many is none too few. */
int db_version(struct db *db, int64_t *ret_version)
{
    PGresult *result = NULL;
    int rc = db_ready(db);

    if (rc == DB_OK)
        rc = run(db, "SELECT number FROM writes", &result);
    if (rc == DB_OK && PQntuples(result) == 1)
        *ret_version = strtoll(PQgetvalue(result, 0, 0), NULL, 10) - db->own_writes;
    PQclear(result);
    return rc;
}

void db_set_deadline(struct db *db, int64_t deadline_ns)
{
    db->deadline_ns = deadline_ns;
}

int db_probe(struct db *db)
{
    int rc = db_begin(db, /* writes= */ true);

    if (rc == DB_OK)
        rc = db_run(db, "INSERT INTO records(space,key,value) VALUES('store-postgres','probe',"
                        "decode(repeat('00',65536),'hex')) ON CONFLICT DO NOTHING");
    db_rollback(db);
    return rc;
}
