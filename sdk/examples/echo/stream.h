/* SPDX-License-Identifier: Apache-2.0 */
/* Sends the request's body back while it arrives. */
#ifndef ECHO_STREAM_H
#define ECHO_STREAM_H

#include <observatory/request.h>

/* Answers `req`, a request of a STREAM route, with its own body, decoded. Never
 * holds more than the host's send queue. Returns what a handler returns. */
int stream_back(obs_request *req);

#endif
