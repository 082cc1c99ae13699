/* SPDX-License-Identifier: Apache-2.0 */
/* What a request's body is said to be. */
#ifndef PLUGINS_LIB_MEDIA_TYPE_H
#define PLUGINS_LIB_MEDIA_TYPE_H

#include <observatory/request.h>

/* 1 when the media type of the request is `type`, parameters aside.
 * Thread: [worker]. */
int request_is(obs_request *req, const char *type);

#endif
