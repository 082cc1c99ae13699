/* SPDX-License-Identifier: Apache-2.0 */
/* Who provides what to whom, and the order to start in that follows. */
#ifndef HOST_PLUGIN_ORDER_H
#define HOST_PLUGIN_ORDER_H

#include "plugin/instance.h"

/* A choice of the config between several providers of one service. */
struct order_choice {
    obs_str service;
    obs_str instance;
};

/* Fills each instance's `providers` and sorts `instances` so that providers
 * come first, else in the order given. Complaints go to `fail`, one call each,
 * `instance` NULL when it concerns the choices; all are made, not only the
 * first. Returns how many. */
size_t order_instances(obs_instance **instances, size_t n, const struct order_choice *choices,
                       size_t n_choices,
                       void (*fail)(void *user, const obs_instance *instance, const char *sentence),
                       void *user);

#endif
