/* SPDX-License-Identifier: Apache-2.0 */
/* Receiving a request body: dropped, gathered, or handed on in pieces, decoded
 * when it was compressed, never larger than its limit. */
#ifndef HOST_HTTP_BODY_H
#define HOST_HTTP_BODY_H

#include <observatory/request.h>
#include <stdbool.h>

/* Before the first byte: checks coding and announced length, makes room.
 * Errors: OBS_E_MEDIA_TYPE, OBS_E_TOO_LARGE, OBS_E_NOMEM. */
int body_begin(obs_request *req);

/* Bytes of a body that the handler waits for. Errors: OBS_E_TOO_LARGE,
 * OBS_E_SYNTAX, OBS_E_NOMEM. */
int body_gather(obs_request *req, obs_str bytes);

/* The gathered body is complete. Errors: OBS_E_SYNTAX (cut short). */
int body_gather_end(obs_request *req);

/* Where the next bytes of a body may be read to without a copy; false when
 * they have to go through a buffer. */
bool body_direct(obs_request *req, char **ret_ptr, size_t *ret_room);

/* True when the handler reads a streamed body and is not paused. */
bool body_wanted(const obs_request *req);

/* True when body_deliver() has something to hand on. */
bool body_has_more(const obs_request *req);

/* Hands on one piece of the connection's span. */
void body_deliver(obs_request *req);

/* The last call of a streamed body's reader: OBS_BODY_END or OBS_E_*. */
void body_finish(obs_request *req, int status);

void body_free(obs_request *req);

#endif
