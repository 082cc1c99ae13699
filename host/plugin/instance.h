/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin instance: one loaded descriptor with one configuration. */
#ifndef HOST_PLUGIN_INSTANCE_H
#define HOST_PLUGIN_INSTANCE_H

#include <observatory/plugin.h>

struct image;  /* a loaded shared object */
struct ledger; /* what the instance registered */

/* The opaque obs_instance of the SDK. Written by the main thread before the
 * generation that holds it is published, constant afterwards, except for
 * `contexts[i]` (worker i) and what the ledger locks itself. */
struct obs_instance {
    char *name; /* key in the config; a copy */
    const obs_plugin *plugin;
    struct image *image;
    void *self;
    void *config;
    void **contexts; /* one a worker, what worker_start() made */
    struct ledger *ledger;
    uint32_t state; /* INSTANCE_* */
};

enum { INSTANCE_CREATED, INSTANCE_STARTED, INSTANCE_DRAINING, INSTANCE_STOPPED };

#endif
