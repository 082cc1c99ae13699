/* SPDX-License-Identifier: Apache-2.0 */
/* Searching: a query becomes SQL on the caller's worker and runs on a reader. */
#ifndef PLUGINS_LIB_STORE_SEARCH_H
#define PLUGINS_LIB_STORE_SEARCH_H

#include "reader.h"

/* obs_store.search. */
int search_submit(struct readers *readers, const struct settings *settings, const obs_scope *scope,
                  const obs_span_query *query, obs_row_fn row, obs_search_fn done, void *user);

/* The statement of a query, for tests that ask the planner about it: written to
 * `text`, NUL-terminated. */
int search_explain(const struct settings *settings, const obs_scope *scope,
                   const obs_span_query *query, char *text, size_t size);

#endif
