/* SPDX-License-Identifier: Apache-2.0 */
/* Answers with the request as the server understood it, as JSON. */
#ifndef ECHO_DESCRIBE_H
#define ECHO_DESCRIBE_H

#include <observatory/request.h>

/* Collects the body of `req`, a request of a STREAM route, up to
 * `limit_bytes`, then answers the description; 413 when it is longer. Returns
 * what a handler returns. */
int describe_back(obs_request *req, uint64_t limit_bytes);

#endif
