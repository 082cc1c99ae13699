/* SPDX-License-Identifier: Apache-2.0 */
/* The `meta` object that data endpoints answer with. */
#ifndef PLUGINS_LIB_META_H
#define PLUGINS_LIB_META_H

#include <observatory/request.h>

/* Writes "meta": {…} into an object that the caller opened. `source` is "raw" or
 * "rollup". */
void meta_json(obs_jw *jw, obs_request *req, const char *source);

#endif
