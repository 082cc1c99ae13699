/* SPDX-License-Identifier: Apache-2.0 */
/* The access log: one line a request, JSON or text as the log is. */
#ifndef HOST_HTTP_ACCESS_H
#define HOST_HTTP_ACCESS_H

#include <observatory/request.h>

/* Renders the line of a finished request and hands it to the log. */
void access_write(obs_request *req, int status, int64_t duration_ns);

/* Copies `target` to `out` with the values of secret query parameters replaced
 * by "***"; returns the length, cut at `room`. */
size_t access_redact(obs_str target, char *out, size_t room);

#endif
