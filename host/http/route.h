/* SPDX-License-Identifier: Apache-2.0 */
/* The route table: a radix tree from (method, path) to an endpoint. Built once
 * a generation, immutable afterwards. */
#ifndef HOST_HTTP_ROUTE_H
#define HOST_HTTP_ROUTE_H

#include <observatory/log.h>
#include <observatory/request.h>

#define ROUTE_MAX_PARAMS 16

struct endpoint_telemetry; /* series of this endpoint, made by the HTTP layer */

/* A route bound to the instance that serves it. */
struct endpoint {
    const obs_route *decl;
    obs_instance *instance;
    obs_str pattern;     /* "${…}" expanded; shown to metrics and logs */
    uint64_t body_limit; /* resolved from option, declaration or host, bytes */
    struct endpoint_telemetry *telemetry;
};

struct router;

struct route_match {
    const struct endpoint *endpoint; /* NULL: no route, or no such method */
    uint32_t allowed;                /* methods the path has; 0: no such path */
    uint32_t n_params;
    struct {
        obs_str name, value; /* name borrowed from the router, value from the path */
    } params[ROUTE_MAX_PARAMS];
};

/* NULL when out of memory. */
struct router *router_create(void);

/* NULL is a no-op. Frees the endpoints' telemetry too. */
void router_destroy(struct router *router);

/* Adds a route; `endpoint` is copied. On failure `error` holds a sentence:
 * OBS_E_INVALID (bad pattern), OBS_E_CONFLICT (another route has this method
 * and pattern; the sentence names both instances). */
int router_add(struct router *router, const struct endpoint *endpoint, char *error,
               size_t error_size);

/* Finds `path` (decoded, starting with '/'). Literal segments win over
 * parameters, parameters over rest-of-path, with backtracking. A HEAD falls
 * back to GET. */
void router_find(const struct router *router, uint32_t method, obs_str path,
                 struct route_match *ret_match);

/* Calls `fn` for each endpoint in the order of adding. */
void router_each(const struct router *router,
                 void (*fn)(const struct endpoint *endpoint, void *user), void *user);

#endif
