/* SPDX-License-Identifier: Apache-2.0 */
/* What the plugins report about what they depend on. */
#ifndef HOST_RUNTIME_HEALTH_H
#define HOST_RUNTIME_HEALTH_H

#include <observatory/host.h>

struct health;

/* NULL when out of memory. */
struct health *health_create(void);

/* NULL is a no-op. */
void health_destroy(struct health *health);

/* Drops every report of `instance`; a retired one has no say.
 * Thread: control. */
void health_forget(struct health *health, const obs_instance *instance);

#endif
