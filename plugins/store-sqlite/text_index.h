/* SPDX-License-Identifier: Apache-2.0 */
/* The words of prompts and completions, in an index that is built behind the commit:
 * in the transaction of the spans it would cost several times the rest. Rows up to a
 * mark are in it, but those that are noted as dirty. Calls return a SQLite result code;
 * all but the first belong inside a transaction. */
#ifndef STORE_SQLITE_TEXT_INDEX_H
#define STORE_SQLITE_TEXT_INDEX_H

#include "statement.h"

#include <stdbool.h>

/* Makes the index's way to split words known to a connection. */
int text_tokenizer_add(sqlite3 *db);

struct text_index {
    struct statements *statements; /* borrowed */
    int64_t indexed;               /* the mark */
};

/* At the beginning of a transaction. */
int text_begin(struct text_index *text);

/* A row was inserted. Numbers of removed rows may come again. */
int text_arrived(struct text_index *text, int64_t row);

/* Before the contents of a row change, or go for good. */
int text_changes(struct text_index *text, int64_t row);
int text_goes(struct text_index *text, int64_t row);

/* Indexes up to `n` of the rows that wait; `ret_more` tells whether there may be more. */
int text_index_some(struct text_index *text, int n, bool *ret_more);

/* About how many rows wait. */
int text_lag(struct text_index *text, int64_t *ret_rows);

#endif
