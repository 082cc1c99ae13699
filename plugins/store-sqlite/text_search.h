/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows a full-text search finds: those that the index has, and of those that it
 * does not have yet, or not any more, the ones whose words match. */
#ifndef STORE_SQLITE_TEXT_SEARCH_H
#define STORE_SQLITE_TEXT_SEARCH_H

#include "db.h"

/* Adds the SQL function obs_found(search, row) to a connection. */
int text_search_add(sqlite3 *db);

#endif
