/* SPDX-License-Identifier: Apache-2.0 */
/* The instance, and what its handlers share. */
#ifndef FEEDBACK_FEEDBACK_H
#define FEEDBACK_FEEDBACK_H

#include "feedback_count.h"

#include <observatory/observatory.h>

/* The options, filled by the host. */
struct settings {
    uint64_t max_body_bytes; /* read by the host: routes' body_limit_option */
    uint64_t max_response_bytes;
    int64_t max_items;
    int64_t max_results;
    const char *default_project;
};

struct feedback {
    obs_instance *instance;
    const struct settings *settings;
    const obs_store *store; /* bound in start(), as the next one */
    void *store_self;
    struct feedback_counters counters;
};

/* The handlers. Thread: [worker]. */
int handle_post(obs_request *req, void *self);
int handle_patch(obs_request *req, void *self);
int handle_list(obs_request *req, void *self);
int handle_one(obs_request *req, void *self);
int handle_delete(obs_request *req, void *self);

/* What the path names, whose feedback is asked for or given. Answers 400 and returns
 * OBS_RESPONDED for a trace id that is none. */
int path_target(obs_request *req, uint8_t ret_trace_id[16], obs_str *ret_session_id);

/* The caller's scope, narrowed by `project_id`; that parameter is borrowed by it, in
 * `*project`. Answers 403 and returns OBS_RESPONDED when it is not the caller's. */
int request_scope(obs_request *req, obs_str *project, obs_scope *ret_scope);

/* Answers with what `buf` holds, {"data": …, and the rest of the object. */
void answer_json(obs_request *req, int status, obs_buf *buf, obs_jw *jw);

#endif
