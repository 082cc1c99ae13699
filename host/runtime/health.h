/* SPDX-License-Identifier: Apache-2.0 */
/* What the plugins report about what they depend on. */
#ifndef HOST_RUNTIME_HEALTH_H
#define HOST_RUNTIME_HEALTH_H

#include <observatory/host.h>
#include <stdbool.h>

struct health;

/* NULL when out of memory. */
struct health *health_create(void);

/* NULL is a no-op. */
void health_destroy(struct health *health);

/* Keeps what is said of `component`, cut to what there is room for; `instance`
 * NULL: it is the host's own. True when the state is another one than before;
 * false also when there are too many reports, which is logged. Thread: any. */
bool health_set(struct health *health, obs_instance *instance, const char *component,
                uint32_t state, const char *detail);

/* Drops every report of `instance`; a retired one has no say.
 * Thread: control. */
void health_forget(struct health *health, const obs_instance *instance);

#endif
