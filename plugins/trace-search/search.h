/* SPDX-License-Identifier: Apache-2.0 */
/* The instance, and what its handlers share. */
#ifndef TRACE_SEARCH_SEARCH_H
#define TRACE_SEARCH_SEARCH_H

#include "key.h"

/* The options, filled by the host. */
struct settings {
    int64_t max_limit;
    int64_t max_spans;
    int64_t max_feedback;
    uint64_t max_response_bytes;
    int64_t filter_depth, filter_nodes, filter_values;
    const char *cursor_key;
};

struct search {
    obs_instance *instance;
    const struct settings *settings;
    const obs_store *store;
    void *store_self;
    uint8_t own_key[CURSOR_KEY_BYTES]; /* see key.h */
};

/* The handlers. Thread: worker. */
int handle_list(obs_request *req, void *self);
int handle_trace(obs_request *req, void *self);
int handle_remove(obs_request *req, void *self);
int handle_sessions(obs_request *req, void *self); /* these four in groups.c */
int handle_session(obs_request *req, void *self);
int handle_users(obs_request *req, void *self);
int handle_facets(obs_request *req, void *self);

/* An answer whose last steps can be too long for the loop: `work` may be called on
 * another thread, while the worker leaves the request and the arena alone, and ends
 * with data_bytes set; then the worker adds `meta` and answers. */
struct answer {
    struct search *search;
    obs_request *req;
    obs_buf *buf;      /* {"data": … without its end */
    obs_jw *jw;        /* that writes into it */
    size_t data_bytes; /* that make the ETag */
    int (*work)(struct answer *answer);
    int error;
    uint8_t digest[16];
};

/* Runs answer->work(), off the loop when `bytes` are many, and answers. */
void answer_finish(struct answer *answer, size_t bytes);

#endif
