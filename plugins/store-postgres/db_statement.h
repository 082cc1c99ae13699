/* SPDX-License-Identifier: Apache-2.0 */
/* A statement of database.h, for PostgreSQL. */
#ifndef STORE_POSTGRES_DB_STATEMENT_H
#define STORE_POSTGRES_DB_STATEMENT_H

#include "db.h"

struct parameter {
    const char *bytes; /* NULL: null */
    int n;
    Oid type;       /* 0: PostgreSQL finds it out */
    char number[8]; /* of numbers, the bytes */
    char *own;      /* to be freed, or NULL */
};

struct statement {
    struct db *db;
    char *sql, *text; /* as it was given; with parameters as PostgreSQL has them */
    size_t len;       /* of sql */
    char name[24];    /* in the session; empty: not prepared */
    uint64_t epoch;   /* of the connection that has it */
    int n;            /* parameters */
    struct parameter *parameters;
    struct {
        const char *value;
        int length, format;
    } * arrays; /* room for them as libpq takes them */
    PGresult *result;
    int row; /* at hand, -1: before the first */
    bool streams, begun;
};

enum { OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25, OID_FLOAT8 = 701 };

/* Gives away the binary form of an array, of malloc(). */
int statement_bind_array(struct statement *stmt, int parameter, char *bytes, size_t n, Oid type);

#endif
