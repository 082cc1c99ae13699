/* SPDX-License-Identifier: Apache-2.0 */
/* The tables, and how an older file becomes one of today. */
#ifndef STORE_SQLITE_SCHEMA_H
#define STORE_SQLITE_SCHEMA_H

#include "db.h"

/* The version that this code reads and writes; PRAGMA user_version of the file. */
int schema_version(void);

/* Brings the file up to schema_version(), each step in a transaction of its
 * own. Refuses a newer file. On failure a sentence is in `error`. */
int schema_migrate(struct db *db, char *error, size_t error_size);

#endif
