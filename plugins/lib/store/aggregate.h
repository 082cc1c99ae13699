/* SPDX-License-Identifier: Apache-2.0 */
/* Grouping spans and adding up. */
#ifndef PLUGINS_LIB_STORE_AGGREGATE_H
#define PLUGINS_LIB_STORE_AGGREGATE_H

#include "reader.h"

/* obs_store.aggregate. */
int aggregate_submit(struct readers *readers, const struct settings *settings,
                     const obs_scope *scope, const obs_aggregate_query *query, obs_group_fn group,
                     obs_search_fn done, void *user);

/* Answers at once, inside the caller's transaction and without a time-out. */
void aggregate_now(struct statements *statements, const struct settings *settings,
                   const obs_scope *scope, const obs_aggregate_query *query, obs_group_fn group,
                   void *user, obs_search_result *ret);

/* The statement of a query, for tests that ask the planner about it. */
int aggregate_explain(const struct settings *settings, const obs_scope *scope,
                      const obs_aggregate_query *query, char *text, size_t size);

#endif
