/* SPDX-License-Identifier: Apache-2.0 */
/* Words as this project splits them, for SQLite's FTS5. */
#ifndef STORE_SQLITE_TOKENIZER_H
#define STORE_SQLITE_TOKENIZER_H

#include <sqlite3.h>

/* Makes the tokenizer "observatory" known to a connection. */
int tokenizer_add(sqlite3 *db);

#endif
