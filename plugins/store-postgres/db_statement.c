/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters and columns are binary. A statement is prepared when it first runs, and
 * again when the connection is another one. Unless it streams, its whole result is
 * fetched, so that others may run while its rows are gone through. */
#include "db_statement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char insert_returning[] = " RETURNING id";

/* --- text ---------------------------------------------------------------------------------- */

/* A message of the protocol has up to 1 GiB, and up to four texts that may be long. */
#define MAX_PARAMETER_BYTES ((size_t)250 << 20)

#define MAX_NUMBER_BYTES 6 /* "$65535" */

static size_t translated_bytes(obs_str sql)
{
    size_t n = sql.len + 1;

    for (size_t i = 0; i < sql.len; i++)
        n += sql.ptr[i] == '?' ? MAX_NUMBER_BYTES : 0;
    return n;
}

/* "?3" and "?" become "$3" and the next of "$1", "$2" …; `ret_n` is the highest. */
static char *translate(obs_str sql, int *ret_n)
{
    char *text = malloc(translated_bytes(sql)), *at = text;
    bool quoted = false;
    int next = 0;

    *ret_n = 0;
    for (size_t i = 0; text && i < sql.len; i++) {
        int number = 0;

        quoted ^= sql.ptr[i] == '\'';
        if (quoted || sql.ptr[i] != '?') {
            *at++ = sql.ptr[i];
            continue;
        }
        while (i + 1 < sql.len && sql.ptr[i + 1] >= '0' && sql.ptr[i + 1] <= '9')
            number = 10 * number + (sql.ptr[++i] - '0');
        number = number ? number : ++next;
        at += sprintf(at, "$%d", number);
        *ret_n = number > *ret_n ? number : *ret_n;
    }
    if (text)
        *at = '\0';
    return text;
}

int statement_prepare(struct db *db, obs_str sql, struct statement **ret_stmt)
{
    struct statement *stmt = calloc(1, sizeof(*stmt));

    if (!stmt)
        return DB_NOMEM;
    stmt->db = db;
    stmt->sql = malloc(sql.len + 1);
    stmt->text = translate(sql, &stmt->n);
    stmt->parameters = calloc((size_t)stmt->n + 1, sizeof(*stmt->parameters));
    stmt->arrays = calloc((size_t)stmt->n + 1, sizeof(*stmt->arrays));
    if (!stmt->sql || !stmt->text || !stmt->parameters || !stmt->arrays) {
        statement_finalize(stmt);
        return DB_NOMEM;
    }
    memcpy(stmt->sql, sql.ptr, sql.len);
    stmt->len = sql.len;
    *ret_stmt = stmt;
    return DB_OK;
}

obs_str statement_sql(const struct statement *stmt)
{
    return obs_str_n(stmt->sql, stmt->len);
}

/* --- parameters ------------------------------------------------------------------------------ */

static struct parameter *parameter(struct statement *stmt, int number)
{
    struct parameter *p = &stmt->parameters[number - 1];

    free(p->own);
    *p = (struct parameter){0};
    return p;
}

static int bind_bytes(struct statement *stmt, int number, const void *bytes, size_t n, Oid type)
{
    struct parameter *p = parameter(stmt, number);

    if (n > MAX_PARAMETER_BYTES)
        return DB_TOO_BIG;
    p->bytes = bytes ? bytes : "";
    p->n = (int)n;
    p->type = type;
    return DB_OK;
}

int statement_bind_null(struct statement *stmt, int number)
{
    (void)parameter(stmt, number);
    return DB_OK;
}

static void put_64(uint64_t value, char *to)
{
    for (int i = 0; i < 8; i++)
        to[i] = (char)(value >> (56 - 8 * i));
}

static int bind_64(struct statement *stmt, int number, uint64_t value, Oid type)
{
    struct parameter *p = &stmt->parameters[number - 1];
    int rc = bind_bytes(stmt, number, p->number, sizeof(p->number), type);

    put_64(value, p->number);
    return rc;
}

int statement_bind_int(struct statement *stmt, int number, int64_t value)
{
    return bind_64(stmt, number, (uint64_t)value, OID_INT8);
}

int statement_bind_real(struct statement *stmt, int number, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bind_64(stmt, number, bits, OID_FLOAT8);
}

int statement_bind_text(struct statement *stmt, int number, obs_str text)
{
    size_t len = text.len;
    char *clean = NULL;
    int rc = DB_OK;

    if (text.len > MAX_PARAMETER_BYTES)
        return DB_TOO_BIG;
    if (text.len)
        clean = db_clean_text(text, &len, &rc);

    if (rc != DB_OK)
        return rc;
    rc = bind_bytes(stmt, number, clean ? clean : text.ptr, len, OID_TEXT);
    stmt->parameters[number - 1].own = clean;
    return rc;
}

int statement_bind_blob(struct statement *stmt, int number, const void *bytes, size_t n)
{
    return bind_bytes(stmt, number, bytes, n, OID_BYTEA);
}

int statement_bind_own(struct statement *stmt, int number, void *bytes, size_t n)
{
    int rc = bind_bytes(stmt, number, bytes, n, OID_BYTEA);

    stmt->parameters[number - 1].own = bytes;
    return rc;
}

int statement_bind_array(struct statement *stmt, int number, char *bytes, size_t n, Oid type)
{
    int rc = bind_bytes(stmt, number, bytes, n, type);

    stmt->parameters[number - 1].own = bytes;
    return rc;
}

/* --- running ------------------------------------------------------------------------------------
 */

void statement_stream(struct statement *stmt)
{
    stmt->streams = true;
}

static int next_result(struct statement *stmt)
{
    int rc;

    PQclear(stmt->result);
    stmt->result = NULL;
    rc = db_wait(stmt->db, &stmt->result);
    return rc == DB_OK && stmt->result ? db_code(stmt->db, stmt->result) : rc;
}

/* To the end of the results of what was sent; the first error counts. */
static int finish(struct statement *stmt)
{
    PGresult *rest = NULL;
    int rc;

    while ((rc = db_wait(stmt->db, &rest)) == DB_OK && rest)
        PQclear(rest);
    return rc;
}

static int lost(struct db *db)
{
    snprintf(db->message, sizeof(db->message), "%s", PQerrorMessage(db->conn));
    db_drop(db);
    return DB_ERROR;
}

static int make(struct statement *stmt)
{
    struct db *db = stmt->db;
    Oid *types = (Oid *)stmt->arrays;
    int rc, end;

    if (stmt->epoch == db->epoch && stmt->name[0])
        return DB_OK;
    for (int i = 0; i < stmt->n; i++)
        types[i] = stmt->parameters[i].type;
    snprintf(stmt->name, sizeof(stmt->name), "s%llu", (unsigned long long)++db->n_prepared);
    if (!PQsendPrepare(db->conn, stmt->name, stmt->text, stmt->n, types))
        return lost(db);
    rc = next_result(stmt);
    end = db->conn ? finish(stmt) : rc;
    stmt->epoch = db->epoch;
    if (rc != DB_OK)
        stmt->name[0] = '\0';
    return rc == DB_OK ? end : rc;
}

static int send(struct statement *stmt)
{
    struct db *db = stmt->db;
    const char **values = (const char **)stmt->arrays;
    int *lengths = (int *)(values + stmt->n), *formats = lengths + stmt->n;

    for (int i = 0; i < stmt->n; i++) {
        values[i] = stmt->parameters[i].bytes;
        lengths[i] = stmt->parameters[i].n;
        formats[i] = 1;
    }
    if (!PQsendQueryPrepared(db->conn, stmt->name, stmt->n, values, lengths, formats,
                             /* resultFormat= */ 1))
        return lost(db);
    if (stmt->streams && PQsetSingleRowMode(db->conn))
        db->streaming = stmt;
    return DB_OK;
}

/* Sends it and waits for the first result. */
static int begin(struct statement *stmt)
{
    struct db *db = stmt->db;
    int rc = db_ready(db), end;

    if (rc == DB_OK)
        rc = make(stmt);
    if (rc == DB_OK)
        rc = send(stmt);
    if (rc == DB_OK)
        rc = next_result(stmt);
    if (db->streaming == stmt && rc == DB_OK)
        return rc;
    end = db->conn ? finish(stmt) : DB_OK;
    db->streaming = NULL;
    return rc == DB_OK ? end : rc;
}

static int start(struct statement *stmt)
{
    struct db *db = stmt->db;
    int rc;

    if (db->streaming)
        return DB_ERROR;
    rc = begin(stmt);
    if (rc == DB_ERROR && !db->conn && !db->in_transaction)
        rc = begin(stmt); /* it had been lost unnoticed */
    if (rc != DB_OK)
        return rc;
    stmt->row = -1;
    stmt->begun = true;
    if (PQresultStatus(stmt->result) == PGRES_COMMAND_OK || PQcmdTuples(stmt->result)[0]) {
        db->changes = strtoll(PQcmdTuples(stmt->result), NULL, 10);
        if (strncmp(PQcmdStatus(stmt->result), "SELECT", 6) != 0)
            db->total_changes += db->changes;
    }
    return DB_OK;
}

/* The next of a stream: a result of one row, or the one that ends it. */
static int step_stream(struct statement *stmt)
{
    int rc = DB_OK;

    if (stmt->row >= 0)
        rc = next_result(stmt);
    if (rc == DB_OK && PQntuples(stmt->result) > 0) {
        stmt->row = 0;
        return DB_ROW;
    }
    stmt->db->streaming = NULL;
    if (stmt->db->conn && rc == DB_OK)
        rc = finish(stmt);
    else if (stmt->db->conn)
        (void)finish(stmt);
    return rc == DB_OK ? DB_DONE : rc;
}

int statement_step(struct statement *stmt)
{
    if (!stmt->begun) {
        int rc = start(stmt);

        if (rc != DB_OK)
            return rc;
    }
    if (stmt->db->streaming == stmt)
        return step_stream(stmt);
    if (!stmt->result || stmt->row + 1 >= PQntuples(stmt->result))
        return DB_DONE;
    stmt->row++;
    return DB_ROW;
}

int statement_insert(struct statement *stmt, int64_t *ret_row)
{
    int rc = statement_step(stmt);

    *ret_row = rc == DB_ROW ? statement_int(stmt, 0) : 0;
    return rc == DB_ROW || rc == DB_DONE ? DB_OK : rc;
}

/* What still streams is given up with its connection: the rest may be long. */
void statement_release(struct statement *stmt)
{
    if (!stmt)
        return;
    if (stmt->db->streaming == stmt)
        db_drop(stmt->db);
    PQclear(stmt->result);
    stmt->result = NULL;
    stmt->begun = stmt->streams = false;
    for (int i = 1; i <= stmt->n; i++)
        (void)parameter(stmt, i);
}

/* The name stays with the session: those that are dropped are few, as they are kept by
 * their text; but a session that lives long shall not collect them. */
void statement_finalize(struct statement *stmt)
{
    char sql[48];

    if (!stmt)
        return;
    if (stmt->parameters)
        statement_release(stmt);
    if (stmt->name[0] && stmt->epoch == stmt->db->epoch && stmt->db->conn && !stmt->db->streaming) {
        snprintf(sql, sizeof(sql), "DEALLOCATE %s", stmt->name);
        (void)db_run(stmt->db, sql);
    }
    free(stmt->parameters);
    free(stmt->arrays);
    free(stmt->text);
    free(stmt->sql);
    free(stmt);
}

/* --- rows ----------------------------------------------------------------------------------------
 */

bool statement_is_null(struct statement *stmt, int column)
{
    return PQgetisnull(stmt->result, stmt->row, column);
}

static int64_t number_of(const char *bytes, int n)
{
    uint64_t value = n > 0 && (bytes[0] & 0x80) && n > 1 ? UINT64_MAX : 0;

    for (int i = 0; i < n && i < 8; i++)
        value = value << 8 | (uint8_t)bytes[i];
    return (int64_t)value;
}

/* Of bigint, integer, smallint and boolean. */
int64_t statement_int(struct statement *stmt, int column)
{
    if (statement_is_null(stmt, column))
        return 0;
    return number_of(PQgetvalue(stmt->result, stmt->row, column),
                     PQgetlength(stmt->result, stmt->row, column));
}

double statement_real(struct statement *stmt, int column)
{
    int64_t bits = statement_int(stmt, column);
    double value;

    if (PQftype(stmt->result, column) != OID_FLOAT8)
        return (double)bits;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

obs_str statement_blob(struct statement *stmt, int column)
{
    if (statement_is_null(stmt, column))
        return obs_str_n(NULL, 0);
    return obs_str_n(PQgetvalue(stmt->result, stmt->row, column),
                     (size_t)PQgetlength(stmt->result, stmt->row, column));
}

obs_str statement_text(struct statement *stmt, int column)
{
    return statement_blob(stmt, column);
}
