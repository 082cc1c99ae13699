/* SPDX-License-Identifier: Apache-2.0 */
/* Which instances of the generation in use stay as they are. */
#ifndef HOST_PLUGIN_SHARE_H
#define HOST_PLUGIN_SHARE_H

#include "plugin/generation.h"

/* Puts the instances of `previous` (NULL: there are none) that are the same, with
 * the same providers, in the place of their new likenesses, which it destroys,
 * and notes for all others why they are new and what they take over from.
 * `generation` is ordered. Thread: control. */
void share_instances(struct generation *generation, const struct generation *previous);

#endif
