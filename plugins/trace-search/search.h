/* SPDX-License-Identifier: Apache-2.0 */
/* The instance, and what its handlers share. */
#ifndef TRACE_SEARCH_SEARCH_H
#define TRACE_SEARCH_SEARCH_H

#include "key.h"

/* The options, filled by the host. */
struct settings {
    int64_t max_limit;
    int64_t max_spans;
    uint64_t max_response_bytes;
    const char *cursor_key;
};

struct search {
    obs_instance *instance;
    const struct settings *settings;
    const obs_store *store;
    void *store_self;
};

/* The handlers. Thread: worker. */
int handle_list(obs_request *req, void *self);
int handle_trace(obs_request *req, void *self);

/* An arena that ends with the request, for work off the loop; NULL when out of
 * memory. */
obs_arena *job_arena(obs_request *req);

/* Answers with the body in `buf`, whose first `tagged` bytes make the ETag. */
void answer_json(obs_request *req, obs_buf *buf, size_t tagged);

#endif
