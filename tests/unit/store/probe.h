/* SPDX-License-Identifier: Apache-2.0 */
/* The store as the tests call it: append and search as if they answered at
 * once. The plugin `probe` gets the real store from the real host. */
#ifndef TEST_STORE_PROBE_H
#define TEST_STORE_PROBE_H

#include <observatory/plugin.h>
#include <observatory/store.h>

/* Set before the tests run. */
struct probe {
    obs_instance *instance;
    obs_command_call *call;
    const obs_store *store;
    void *self;
};
extern struct probe probe;

extern const obs_scope everything;

/* A span with everything, of project "Projekt ü". */
obs_span full_span(uint64_t n);

/* How many spans have the span id of `expected`; the test fails unless each is as
 * `expected` in every member. */
int found_as(const obs_span *expected);

/* A span with ids made from `n`, one second long, of project "p". */
obs_span span_of(uint64_t n);

/* These fail the test when the call is refused or not answered OBS_OK. */
obs_append_result append(const obs_span *spans, size_t n);
obs_append_result append_merging(const obs_span *spans, size_t n, obs_merge_fn merge);
obs_search_result search(const obs_scope *scope, const obs_span_query *query, obs_row_fn row,
                         void *user);

/* The result of a call whatever it is: refused, or answered with an error. */
int append_error(const obs_scope *scope, const obs_span *spans, size_t n);
int search_error(const obs_span_query *query);

/* Every field of everything, newest first, 1,000 rows. */
obs_span_query query_all(void);

/* The test groups; each returns the number of failures. */
int test_basics(void);
int test_filters(void);
int test_pages(void);
int test_limits(void);
int test_calls(void);

#endif
