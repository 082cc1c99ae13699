/* SPDX-License-Identifier: Apache-2.0 */
/* Media types are compared without regard to case (RFC 9110 §8.3.1). */
#include "media_type.h"

#include <strings.h>

int request_is(obs_request *req, const char *type)
{
    obs_str given = obs_request_header(req, "Content-Type");
    size_t len = strlen(type);

    return given.len >= len && strncasecmp(given.ptr, type, len) == 0 &&
           (given.len == len || given.ptr[len] == ';' || given.ptr[len] == ' ');
}
