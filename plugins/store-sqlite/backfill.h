/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the spans that were stored before there were rollups. */
#ifndef STORE_SQLITE_BACKFILL_H
#define STORE_SQLITE_BACKFILL_H

#include "writer.h"

#include <stdbool.h>

/* The next `n` of them, inside a transaction. Returns a SQLite result code. */
int backfill_some(struct writing *writing, int n, bool *ret_more);

#endif
