/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin that does, and leaves undone, what the tests of the test host want. */
#ifndef TESTS_UNIT_TESTHOST_PROBE_H
#define TESTS_UNIT_TESTHOST_PROBE_H

#include <observatory/plugin.h>

extern const obs_plugin probe_plugin;

/* What has happened in all instances. */
struct probe_seen {
    int n_created, n_destroyed;
    int n_gone; /* clients that went while their request waited */
    int posted; /* by the thread of an instance */
};
extern struct probe_seen probe_seen;

/* The services "test.number/1", which it needs, and "probe.count/1", which it
 * provides. */
struct probe_number {
    uint32_t size;
    int (*next)(void *provider);
};

/* next() of "probe.count/1": adds one to the int at `provider`. */
int probe_next(void *provider);

#endif
