/* SPDX-License-Identifier: Apache-2.0 */
/* SQL functions that SQLite lacks:
 *
 *   obs_sum(n)                  a sum that stays at INT64_MAX
 *   obs_member(json, key, kind) the member of an object as 't'ext, 'n'umber, 'b'oolean
 *                               (0, 1) or 'a'ny (1); NULL when it is none of that
 *   obs_text(text, part, how)   1 when a text has a part without regard to case: how is
 *                               'c'ontains, 's'tarts, 'e'nds
 *   obs_regex(text, pattern)    1 when a regular expression matches somewhere
 *
 * All but the sum are NULL when their first argument is. */
#ifndef STORE_SQLITE_FUNCTIONS_H
#define STORE_SQLITE_FUNCTIONS_H

#include <sqlite3.h>

/* Adds them to a connection. Returns a SQLite result code. */
int functions_add(sqlite3 *db);

#endif
