/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the spans that were stored before there were rollups. */
#ifndef PLUGINS_LIB_STORE_BACKFILL_H
#define PLUGINS_LIB_STORE_BACKFILL_H

#include "writer.h"

#include <stdbool.h>

/* The next `n` of them, inside a transaction. Returns a code of the database. */
int backfill_some(struct writing *writing, int n, bool *ret_more);

#endif
