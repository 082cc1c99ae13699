/* SPDX-License-Identifier: Apache-2.0 */
/* Routes that exercise everything a handler can do. */
#ifndef TESTS_HTTP_PLUGIN_H
#define TESTS_HTTP_PLUGIN_H

#include <observatory/plugin.h>

extern const obs_route plugin_routes[];
extern const size_t n_plugin_routes;

/* Requests to /pending that wait for their answer, in the order of arrival. */
extern obs_request *plugin_pending[64];
extern size_t n_plugin_pending;
extern int plugin_aborts; /* calls of on_abort */

/* What the last streamed body came to. */
struct plugin_stream {
    obs_request *req;
    int paused;
    int status; /* of the last call */
    size_t bytes, calls;
};
extern struct plugin_stream plugin_stream;

/* Answers pending request `index` with 200 and its number. */
void plugin_answer(size_t index);

void plugin_reset(void);

#endif
