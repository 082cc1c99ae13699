/* SPDX-License-Identifier: Apache-2.0 */
/* array_send() of PostgreSQL: dimensions, whether there are nulls, the type, the
 * length and lower bound of the one dimension; then each item behind its length. */
#include "array.h"

#include <stdlib.h>
#include <string.h>

#define HEAD 20

static char *extend(struct array *a, size_t more)
{
    size_t from = a->n ? a->n : HEAD, capacity = a->capacity ? a->capacity : 1024;
    char *bytes = a->bytes;

    while (capacity < from + more)
        capacity *= 2;
    if (capacity != a->capacity)
        bytes = realloc(a->bytes, capacity);
    if (!bytes || a->failed) {
        a->failed = true;
        return NULL;
    }
    a->bytes = bytes;
    a->capacity = capacity;
    a->n = from + more;
    return bytes + from;
}

static void put_32(uint32_t value, char *to)
{
    for (int i = 0; i < 4; i++)
        to[i] = (char)(value >> (24 - 8 * i));
}

void array_free(struct array *a)
{
    free(a->bytes);
    *a = (struct array){0};
}

void array_add_int(struct array *a, int64_t value)
{
    char *to = extend(a, 12);

    if (!to)
        return;
    put_32(8, to);
    put_32((uint32_t)((uint64_t)value >> 32), to + 4);
    put_32((uint32_t)value, to + 8);
    a->items++;
}

void array_add_bytes(struct array *a, obs_str bytes)
{
    char *to = extend(a, 4 + (bytes.ptr ? bytes.len : 0));

    if (!to)
        return;
    put_32(bytes.ptr ? (uint32_t)bytes.len : UINT32_MAX, to);
    if (bytes.ptr && bytes.len)
        memcpy(to + 4, bytes.ptr, bytes.len);
    a->items++;
}

void array_add_real(struct array *a, double value)
{
    int64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    array_add_int(a, bits);
}

void array_add_text(struct array *a, obs_str text)
{
    size_t len = text.len;
    char *clean;
    int rc = DB_OK;

    clean = text.len ? db_clean_text(text, &len, &rc) : NULL;
    array_add_bytes(a, clean ? obs_str_n(clean, len) : text);
    a->failed |= rc != DB_OK;
    free(clean);
}

void array_add_null(struct array *a)
{
    array_add_bytes(a, obs_str_n(NULL, 0));
}

static Oid array_of(Oid type)
{
    return type == OID_INT8 ? 1016 : type == OID_FLOAT8 ? 1022 : type == OID_TEXT ? 1009 : 1001;
}

int array_bind(struct array *a, struct statement *stmt, int parameter, Oid type)
{
    char *bytes;
    size_t n;

    if (a->n == 0 && extend(a, 0))
        a->n = HEAD;
    if (a->failed)
        return DB_NOMEM;
    put_32(a->items ? 1 : 0, a->bytes);
    put_32(1, a->bytes + 4);
    put_32(type, a->bytes + 8);
    put_32(a->items, a->bytes + 12);
    put_32(1, a->bytes + 16);
    bytes = a->bytes;
    n = a->items ? a->n : 12; /* of nothing there is no dimension */
    *a = (struct array){0};
    return statement_bind_array(stmt, parameter, bytes, n, array_of(type));
}
