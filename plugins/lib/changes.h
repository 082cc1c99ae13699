/* SPDX-License-Identifier: Apache-2.0 */
/* What a store has changed, told so that a cache can ask in a moment whether an
 * answer still holds: counters that only grow, by hour of the spans' start, by
 * project and by trace. A write counts up a few of them; a question adds a few up.
 * Different things may share a counter: then an answer is thrown away too soon,
 * never too late. */
#ifndef PLUGINS_LIB_CHANGES_H
#define PLUGINS_LIB_CHANGES_H

#include <observatory/store.h>

struct changes;

/* NULL: out of memory. */
struct changes *changes_create(void);
void changes_destroy(struct changes *changes);

/* `n` spans of one size were written. Call it after the commit and before anybody is
 * told of it. Thread: any. */
void changes_spans(struct changes *changes, const obs_span *spans, size_t n);

/* Anything may have changed: removals, feedback. As above. */
void changes_all(struct changes *changes);

/* obs_store.changes. Thread: any. */
uint64_t changes_count(const struct changes *changes, const obs_scope *scope,
                       const uint8_t *trace_id, int64_t to_ns);

#endif
