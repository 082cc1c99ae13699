/* SPDX-License-Identifier: Apache-2.0 */
/* Removing spans, or their contents. */
#ifndef PLUGINS_LIB_STORE_REMOVE_H
#define PLUGINS_LIB_STORE_REMOVE_H

#include "filter_sql.h"
#include "writer.h"

#include <stdbool.h>

/* obs_store.remove. */
int remove_submit(struct writer *writer, const struct settings *settings, const obs_scope *scope,
                  const obs_span_set *spans, uint32_t flags, obs_append_fn done, void *user);

/* Removes the spans that `sql` selects (row, trace and project), a few at once, with
 * what belongs to them; only their contents with `contents`. `ret_removed` is 0 when
 * nothing is left. Inside a transaction; returns a code of the database. */
int remove_some(struct writing *writing, const struct sql *sql, bool contents,
                int64_t *ret_removed);

#endif
