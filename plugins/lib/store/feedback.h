/* SPDX-License-Identifier: Apache-2.0 */
/* Feedback: written with the spans, read by trace, session or id. */
#ifndef PLUGINS_LIB_STORE_FEEDBACK_H
#define PLUGINS_LIB_STORE_FEEDBACK_H

#include "reader.h"
#include "writer.h"

/* obs_store.feedback_put without the check of the scope. Thread: any. */
int feedback_submit_put(struct writer *writer, const obs_feedback *feedback, size_t n,
                        obs_worker *worker, obs_append_fn done, void *user);

/* obs_store.feedback_remove. Thread: any. */
int feedback_submit_remove(struct writer *writer, const obs_scope *scope, obs_str id,
                           obs_worker *worker, obs_append_fn done, void *user);

/* obs_store.feedback_get. Thread: worker. */
int feedback_submit_get(struct readers *readers, const obs_scope *scope,
                        const obs_feedback_query *query, obs_feedback_fn row, obs_search_fn done,
                        void *user);

/* obs_store.feedback_sums. Thread: worker. */
int feedback_submit_sums(struct readers *readers, const struct settings *settings,
                         const obs_scope *scope, const obs_span_set *spans, obs_feedback_sum_fn row,
                         obs_search_fn done, void *user);

/* In the order in which they are bound and read. */
#define FEEDBACK_COLUMNS                                                                           \
    "project_id,id,trace_id,span_id,session_id,name,value,label,comment,source,author,resolved,"   \
    "metadata,ts_ns"

/* Element `index` of an array: they are `size` of the first one apart. */
static inline const obs_feedback *feedback_at(const obs_feedback *feedback, size_t index)
{
    return (const obs_feedback *)(const void *)((const char *)feedback + index * feedback->size);
}

/* Whether an id of up to 16 bytes is one: all zero is none. */
static inline bool feedback_has_id(const uint8_t *id, size_t n)
{
    static const uint8_t none[16];

    return memcmp(id, none, n) != 0;
}

#endif
