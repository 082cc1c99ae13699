/* SPDX-License-Identifier: Apache-2.0 */
/* A scope only ever gets narrower. */
#include "scope.h"

obs_scope scope_of(const obs_request *req)
{
    (void)req;
    return (obs_scope){.size = sizeof(obs_scope), .all = 1};
}

int scope_narrow(obs_scope *scope, const obs_str *project)
{
    int within = scope->all != 0;

    for (size_t i = 0; i < scope->n_projects && !within; i++)
        within = obs_str_eq(scope->projects[i], *project);
    if (!within)
        return OBS_E_FORBIDDEN_PROJECT;
    *scope = (obs_scope){.size = sizeof(*scope), .projects = project, .n_projects = 1};
    return OBS_OK;
}
