/* SPDX-License-Identifier: Apache-2.0 */
/* Which spans hold further calls of a model, whose tokens and cost are then not
 * counted: OBS_SPAN_OUTER_*. Spans of a trace come in any order. Calls return a code
 * of the database and belong inside a transaction. */
#ifndef PLUGINS_LIB_STORE_USAGE_H
#define PLUGINS_LIB_STORE_USAGE_H

#include "writer.h"

/* Spans were inserted as `rows`, but for those whose row is 0: sets their flags, and
 * those of the spans around them. */
int usage_arrived(struct writing *writing, const int64_t *rows, obs_span *spans, size_t n);

/* `old`, which is in `row`, became `span`. */
int usage_changed(struct writing *writing, const obs_span *old, const obs_span *span);

/* Forgets some of the spans that were awaited before a moment. */
int usage_expire(struct statements *statements, int64_t before_ns, int n);

#endif
