/* SPDX-License-Identifier: Apache-2.0 */
/* State that goes from an old instance to the one that takes its place: bytes
 * with a version, no pointers. */
#ifndef HOST_PLUGIN_HANDOVER_H
#define HOST_PLUGIN_HANDOVER_H

#include "plugin/generation.h"

/* Whether `to` can read what `from` writes; if not, a sentence is in `error`.
 * Thread: control. */
OBS_MUST_CHECK int handover_check(const obs_instance *from, const obs_instance *to, char *error,
                                  size_t error_size);

/* Hands over what the workers share. Thread: control. */
void handover_shared(const struct generation *generation);

/* Hands over what belongs to this worker, in the callback that switches it.
 * Thread: the worker. */
void handover_on_worker(const struct generation *generation, obs_worker *worker);

#endif
