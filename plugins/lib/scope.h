/* SPDX-License-Identifier: Apache-2.0 */
/* Whose data a request may touch. */
#ifndef PLUGINS_LIB_SCOPE_H
#define PLUGINS_LIB_SCOPE_H

#include <observatory/request.h>
#include <observatory/store.h>

/* The scope of a request. Without a provider of identities the caller is the
 * administrator of a single-tenant install: everything. */
obs_scope scope_of(const obs_request *req);

/* Narrows `scope` to the one project, which is borrowed as long as the scope is
 * used. Errors: OBS_E_FORBIDDEN_PROJECT: it is not in the scope. */
OBS_MUST_CHECK int scope_narrow(obs_scope *scope, const obs_str *project);

#endif
