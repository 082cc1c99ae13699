/* SPDX-License-Identifier: Apache-2.0 */
/* The index of the words of prompts and completions, which each store brings. It is
 * kept behind the commit: rows up to a mark are in it, but for the dirty ones, which
 * have changed since. Calls return a code of the database, and belong inside a
 * transaction of writing. */
#ifndef PLUGINS_LIB_STORE_TEXT_INDEX_H
#define PLUGINS_LIB_STORE_TEXT_INDEX_H

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

/* Binds a search of the texts in `field` as a parameter of `stmt`. */
int text_search_bind(struct statements *statements, obs_str text, uint32_t field,
                     struct statement *stmt, int parameter);

#endif
