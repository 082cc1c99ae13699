/* SPDX-License-Identifier: Apache-2.0 */
/* Two JSON values made into one. All texts are valid and compact, or empty for
 * absent; results are in the arena of `out`, which must have nothing under way,
 * or one of the arguments itself. ptr NULL: out of memory. */
#ifndef INGEST_JSON_MERGE_H
#define INGEST_JSON_MERGE_H

#include "json_out.h"

/* The members of both objects, `b`'s after `a`'s. Of a member that both have the
 * value is `a`'s, with `over` it is `b`'s; when both are objects, they are merged. */
obs_str json_merge_objects(struct json_out *out, obs_str a, obs_str b, bool over);

/* The items of `a`, then those of `b` that `a` does not have. */
obs_str json_merge_arrays(struct json_out *out, obs_str a, obs_str b);

#endif
