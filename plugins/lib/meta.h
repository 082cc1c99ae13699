/* SPDX-License-Identifier: Apache-2.0 */
/* The `meta` object that data endpoints answer with, and whose data a request
 * may touch. */
#ifndef PLUGINS_LIB_META_H
#define PLUGINS_LIB_META_H

#include <observatory/request.h>
#include <observatory/store.h>

/* Writes "meta": {…} into an object that the caller opened. `source` is "raw" or
 * "rollup". */
void meta_json(obs_jw *jw, obs_request *req, const char *source);

/* The scope of a request. Without a provider of identities the caller is the
 * administrator of a single-tenant install: everything. */
obs_scope request_scope(const obs_request *req);

#endif
