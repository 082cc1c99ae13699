/* SPDX-License-Identifier: Apache-2.0 */
/* Query parameters: split and decoded once, checked against the route. */
#ifndef HOST_HTTP_QUERY_H
#define HOST_HTTP_QUERY_H

#include <observatory/request.h>

/* Splits the query into req->query. Errors: OBS_E_INVALID (bad escape, not
 * UTF-8), OBS_E_NOMEM. */
int query_parse(obs_request *req);

/* Checks the parameters against the route's; answers the error itself and
 * returns it. */
int query_check(obs_request *req);

#endif
