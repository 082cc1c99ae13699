/* SPDX-License-Identifier: Apache-2.0 */
/* A generation: the immutable set of instances, routes and hooks that requests
 * run on. */
#ifndef HOST_PLUGIN_GENERATION_H
#define HOST_PLUGIN_GENERATION_H

#include "plugin/instance.h"

struct router;

struct bound_hook {
    obs_hook_fn fn;
    obs_instance *instance;
};

struct hook_list {
    const struct bound_hook *items;
    size_t count;
};

struct generation {
    uint64_t number; /* from 1 */
    struct router *router;
    struct hook_list hooks[OBS_N_PHASES];
    obs_instance **instances; /* in the order of creation */
    size_t n_instances;
};

#endif
