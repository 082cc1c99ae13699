/* SPDX-License-Identifier: Apache-2.0 */
/* Writing answers: the head from pieces that are ready, the body copied or
 * borrowed, whole or streamed. */
#ifndef HOST_HTTP_RESPONSE_H
#define HOST_HTTP_RESPONSE_H

#include <observatory/request.h>
#include <stdbool.h>

struct response_head {
    int status;
    obs_str content_type; /* ptr NULL: none */
    int64_t length;       /* -1: no Content-Length */
    obs_str coding;       /* Content-Encoding; ptr NULL: none */
    bool vary;
    bool chunked;
};

/* Aborts, naming the plugin, unless the answer has come as far as `answer` (of
 * enum answer): going on could send one client's answer to another. */
void response_expect(const obs_request *req, uint8_t answer, const char *function);

/* Runs the RESPOND hooks, decides about keep-alive, writes the head. */
void response_head(obs_request *req, const struct response_head *head);

/* 1 when the answer to this request never has a body (HEAD, 204, 304). */
bool response_bodiless(const obs_request *req, int status);

/* The coding for an answer of that type; sets `ret_vary`. */
int response_coding(obs_request *req, obs_str content_type, bool *ret_vary);

/* An answer of the host's own in place of the plugin's (a deadline passed): no
 * hook runs and the arena is not touched, since work off the loop may use it. */
void response_replace(obs_request *req, int error, const char *text);

/* True when no request can follow this one on its connection. */
bool response_must_close(const obs_request *req);

/* Tells a client that waits for it that its body is wanted. */
void response_continue(obs_request *req);

/* Has what a streamed answer's compressor holds come out. */
void response_flush(obs_request *req);

/* Appends bytes of a body as they go out, in a chunk when the answer has them. */
void response_put(obs_request *req, const char *bytes, size_t len);

/* The answer is complete; what follows is the connection's work. */
void response_done(obs_request *req);

void response_free(obs_request *req);

#endif
