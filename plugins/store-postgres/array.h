/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays in PostgreSQL's binary form, so that one statement takes many rows. */
#ifndef STORE_POSTGRES_ARRAY_H
#define STORE_POSTGRES_ARRAY_H

#include "db_statement.h"

/* An array in the making; array_free() unless it is bound. */
struct array {
    char *bytes;
    size_t n, capacity;
    uint32_t items;
    bool failed; /* out of memory */
};

void array_free(struct array *array);

/* Of BIGINT. */
void array_add_int(struct array *array, int64_t value);

/* Of DOUBLE PRECISION. */
void array_add_real(struct array *array, double value);

/* Of BYTEA; ptr NULL: null. */
void array_add_bytes(struct array *array, obs_str bytes);

/* Of TEXT, made what PostgreSQL takes; ptr NULL: null. */
void array_add_text(struct array *array, obs_str text);

void array_add_null(struct array *array);

/* Binds it and empties `array`; `type` is that of an item. */
int array_bind(struct array *array, struct statement *stmt, int parameter, Oid type);

#endif
