/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows a full-text search finds: those that the index has, and of those that it
 * does not have yet, or not any more, the ones whose words match. */
#ifndef STORE_SQLITE_TEXT_SEARCH_H
#define STORE_SQLITE_TEXT_SEARCH_H

#include "statement.h"

/* Adds the SQL function obs_found(search, row) to a connection. */
int text_search_add(sqlite3 *db);

/* Runs a search of `field` and binds what it found as parameter `index` of `stmt`, for
 * obs_found(). Returns a SQLite result code. */
int text_search_bind(struct statements *statements, obs_str text, uint32_t field,
                     sqlite3_stmt *stmt, int index);

#endif
