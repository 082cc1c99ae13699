/* SPDX-License-Identifier: Apache-2.0 */
/* The index of the words of prompts and completions, which each store brings. It is
 * kept behind the commit: rows up to a mark are in it, but for the dirty ones, which
 * have changed since. Calls return a code of the database, and belong inside a
 * transaction of writing. */
#ifndef PLUGINS_LIB_STORE_TEXT_INDEX_H
#define PLUGINS_LIB_STORE_TEXT_INDEX_H

#include "filter_sql.h"
#include "statement.h"

#include <stdbool.h>

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

/* Before a statement with searches is made: `text`, that of `sql`, may become one that
 * suits what they find. What is kept in its binds, text_search_bind() takes over, or
 * text_search_forget(). */
int text_search_prepare(struct statements *statements, const struct sql *sql, obs_str *text);
void text_search_forget(const struct sql *sql);

/* Binds a search of texts as a parameter of `stmt`. */
int text_search_bind(struct statements *statements, struct sql_bind *bind, struct statement *stmt,
                     int parameter);

#endif
