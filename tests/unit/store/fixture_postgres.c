/* SPDX-License-Identifier: Apache-2.0 */
/* A schema in the server of OBSERVATORY_TEST_POSTGRES, which with-postgres starts. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *url(void)
{
    const char *value = getenv("OBSERVATORY_TEST_POSTGRES");

    if (!value)
        fail_msg("OBSERVATORY_TEST_POSTGRES names no server; run this by with-postgres");
    return value;
}

static PGconn *connect_to(const struct fixture *f)
{
    PGconn *conn = PQconnectdb(url());
    char sql[160];

    if (PQstatus(conn) != CONNECTION_OK)
        fail_msg("%s", PQerrorMessage(conn));
    snprintf(sql, sizeof(sql), "SET search_path=%s; SET client_min_messages=error", f->path);
    PQclear(PQexec(conn, sql));
    return conn;
}

void database_init(struct fixture *f)
{
    static int n;

    snprintf(f->path, sizeof(f->path), "test_%d_%d", (int)getpid(), ++n);
    f->settings.url = url();
    f->settings.schema = f->path;
    f->settings.connect_timeout_ns = INT64_C(2000000000);
    f->settings.write_timeout_ns = INT64_C(20000000000);
    f->settings.durable = 1;
}

void change_file(const struct fixture *f, const char *sql)
{
    PGconn *conn = connect_to(f);
    PGresult *result = PQexec(conn, sql);

    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s", PQresultErrorMessage(result));
    PQclear(result);
    PQfinish(conn);
}

void database_finish(struct fixture *f)
{
    char sql[160];

    snprintf(sql, sizeof(sql), "DROP SCHEMA IF EXISTS %s CASCADE", f->path);
    change_file(f, sql);
}

int64_t file_number(const struct fixture *f, const char *sql)
{
    PGconn *conn = connect_to(f);
    PGresult *result = PQexec(conn, sql);
    const char *text;
    int64_t number;

    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s", PQresultErrorMessage(result));
    assert_int_equal(PQntuples(result), 1);
    text = PQgetvalue(result, 0, 0);
    number = text[0] == 't' ? 1 : strtoll(text, NULL, 10);
    PQclear(result);
    PQfinish(conn);
    return number;
}
