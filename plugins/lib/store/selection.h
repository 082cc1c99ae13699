/* SPDX-License-Identifier: Apache-2.0 */
/* The columns that a set of fields needs. */
#ifndef PLUGINS_LIB_STORE_SELECTION_H
#define PLUGINS_LIB_STORE_SELECTION_H

#include "columns.h"

#include <observatory/memory.h>

#include <stdbool.h>

#define SELECTION_MAX 80

struct selection {
    const struct column *columns[SELECTION_MAX];
    int n;
    bool contents; /* some are of table contents */
};

void selection_of(uint64_t fields, struct selection *ret);

/* Appends ",s.x,c.y,…", with a comma before each. */
void selection_sql(const struct selection *selection, obs_buf *text);

/* The span of the row at hand; the first of the columns is result `index`. Slices are
 * borrowed until the next step. */
void selection_read(const struct selection *selection, struct statement *stmt, int index,
                    obs_span *ret);

/* Copies its texts into `arena`. Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int selection_keep(const struct selection *selection, obs_span *span,
                                  obs_arena *arena);

#endif
