/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to a request between its head and its answer: routing, hooks,
 * checks, handler. Each function takes one step of the connection's loop. */
#ifndef HOST_HTTP_PHASES_H
#define HOST_HTTP_PHASES_H

#include <observatory/request.h>

/* STAGE_ROUTE: finds the route and runs the hooks. */
void phases_route(obs_request *req);

/* STAGE_RESUME: goes on with the result of the pending hook. */
void phases_resume(obs_request *req);

/* STAGE_HANDLE: calls the handler. */
void phases_handle(obs_request *req);

/* Hooks of RESPOND and LOG. */
void phases_respond(obs_request *req);
void phases_log(obs_request *req);

#endif
