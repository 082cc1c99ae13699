/* SPDX-License-Identifier: Apache-2.0 */
/* Full-text search as a condition: what the index has is found by the server, and of
 * what it lacks the ones that match are bound as a list of rows. */
#ifndef STORE_POSTGRES_TEXT_SEARCH_H
#define STORE_POSTGRES_TEXT_SEARCH_H

#include "filter_sql.h"

/* sql_dialect.put_search. */
int text_search_condition(struct sql *sql, uint32_t field, obs_str text);

#endif
