/* SPDX-License-Identifier: Apache-2.0 */
/* What plugins do wrong with requests: see runtime/misuse.h. In debug builds a
 * request that is over is marked, and used again as late as the pool allows, so
 * that a handle which was kept is recognised. */
#ifndef HOST_HTTP_REQUEST_MISUSE_H
#define HOST_HTTP_REQUEST_MISUSE_H

#include "runtime/misuse.h"

#include <observatory/request.h>

/* "GET /hello/{name}", cut to the size. */
void request_describe(const obs_request *req, char *text, size_t size);

/* Aborts, naming the plugin whose code runs or ran last on the request. */
_Noreturn void request_misuse(const obs_request *req, const char *function, const char *what,
                              const char *right);

#ifdef NDEBUG
#define REQUEST_CHECK(req) ((void)(req))
#define REQUEST_CHECK_OFF_LOOP(req) ((void)(req))
#define request_mark_open(req) ((void)(req))
#define request_mark_over(req) ((void)(req))
#else

/* First in a function of the SDK that takes a request: the request is not over,
 * and the calling thread is its worker. */
#define REQUEST_CHECK(req) request_check((req), __func__)

/* The same for what an offloaded job may call, too. */
#define REQUEST_CHECK_OFF_LOOP(req) request_check_open((req), __func__)

void request_check(const obs_request *req, const char *function);
void request_check_open(const obs_request *req, const char *function);

/* The request comes from the pool, and goes back to it. */
void request_mark_open(obs_request *req);
void request_mark_over(obs_request *req);

#endif
#endif
