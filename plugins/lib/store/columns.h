/* SPDX-License-Identifier: Apache-2.0 */
/* Which column holds which member of a span: the one table from which rows are
 * written and read. */
#ifndef PLUGINS_LIB_STORE_COLUMNS_H
#define PLUGINS_LIB_STORE_COLUMNS_H

#include "database.h"

#include <observatory/span.h>

enum {
    COLUMN_TEXT,   /* obs_str; empty is NULL */
    COLUMN_INT,    /* int64_t, never NULL */
    COLUMN_NUMBER, /* int64_t; OBS_ABSENT is NULL */
    COLUMN_U32,
    COLUMN_FLAGS, /* what only matters while spans are merged is left out */
    COLUMN_REAL,
    COLUMN_ID16,
    COLUMN_ID8,
    COLUMN_PARENT,   /* 8 bytes; zeroes are NULL */
    COLUMN_DURATION, /* end_ns, stored as its distance from start_ns */
};

struct column {
    const char *name;
    uint32_t kind;
    uint32_t content; /* 1: of table contents */
    size_t offset;    /* into obs_span */
    uint64_t fields;  /* which fields of the API need it; all bits: always read */
};

extern const struct column columns[];
extern const size_t n_columns;

/* What a column has of a span: `bytes` of texts and ids, `real` of REAL, else `number`. */
struct column_value {
    bool null;
    int64_t number;
    double real;
    obs_str bytes; /* borrowed from the span */
};

struct column_value column_value(const struct column *column, const obs_span *span);

/* Binds the column's value of `span` as parameter `index`. The text is borrowed
 * until the statement is reset. */
int column_bind(const struct column *column, const obs_span *span, struct statement *stmt,
                int index);

/* Binds trace id, span id and project of `span` as parameters 1 to 3, borrowed
 * likewise. */
int column_bind_identity(struct statement *stmt, const obs_span *span);

/* Sets the column's member of `span` from result `index`; slices are borrowed
 * until the next step. */
void column_read(const struct column *column, struct statement *stmt, int index, obs_span *span);

#endif
