/* SPDX-License-Identifier: Apache-2.0 */
/* The `meta` object that data endpoints answer with. */
#ifndef PLUGINS_LIB_META_H
#define PLUGINS_LIB_META_H

#include <observatory/request.h>

/* Writes "meta": {…} into an object that the caller opened. `source` is "raw" or
 * "rollup". */
void meta_json(obs_jw *jw, obs_request *req, const char *source);

/* Cuts an answer that ends with meta_json() into what comes before and the source of
 * its meta, both inside of `body`. Errors: OBS_E_INVALID: it is none. */
OBS_MUST_CHECK int meta_split(obs_str body, obs_str *ret_data, obs_str *ret_source);

/* Data of meta_split() as an answer to `req`, in its arena: its own meta, which says
 * that it is cached. NULL: out of memory. */
OBS_MUST_CHECK obs_buf *meta_join(obs_request *req, obs_str data, obs_str source);

#endif
