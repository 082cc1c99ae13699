/* SPDX-License-Identifier: Apache-2.0 */
/* The tables, and how those of an older version become those of today. */
#ifndef STORE_POSTGRES_SCHEMA_H
#define STORE_POSTGRES_SCHEMA_H

#include "db.h"

/* The version that this code reads and writes. */
int schema_version(void);

/* The version of the database, 0: nothing is there. */
OBS_MUST_CHECK int schema_read(struct db *db, int *ret_version);

/* Brings the database up to version `to`, each step in a transaction of its own, while
 * other hosts that want the same wait. On failure a sentence is in `error`. */
OBS_MUST_CHECK int schema_migrate(struct db *db, int to, char *error, size_t error_size);

/* The SQL of the step to a version, from 1. */
const char *schema_step(int version);

/* At start: migrates, unless people want to do that themselves; refuses what this code
 * does not know. */
OBS_MUST_CHECK int schema_open(struct db *db, char *error, size_t error_size);

#endif
