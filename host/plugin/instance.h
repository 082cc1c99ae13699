/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin instance: one loaded descriptor with one configuration. */
#ifndef HOST_PLUGIN_INSTANCE_H
#define HOST_PLUGIN_INSTANCE_H

#include <observatory/plugin.h>

struct image;      /* a loaded shared object */
struct ledger;     /* what the instance registered */
struct log_source; /* its level in the log */

/* The opaque obs_instance of the SDK. Written by the main thread before the
 * generation that holds it is published, constant afterwards, except for
 * `state`, `contexts[i]` (worker i) and what the ledger locks
 * itself. */
struct obs_instance {
    char *name; /* key in the config; a copy */
    const obs_plugin *plugin;
    struct image *image;
    void *self;
    void *config;
    void **contexts; /* one a worker, what worker_start() made */
    struct ledger *ledger;
    struct log_source *log;   /* NULL: it follows the level for all */
    _Atomic uint32_t state;   /* INSTANCE_*; shown by any thread */
    uint32_t n_workers;       /* that worker_start() succeeded on, counted from 0 */
    obs_instance **providers; /* one a need of the plugin; NULL: optional and absent */
    obs_arena *arena;         /* config, name, providers, contexts */
};

enum { INSTANCE_CREATED, INSTANCE_STARTED, INSTANCE_DRAINING, INSTANCE_STOPPED };

/* Makes an instance that is not yet created in the plugin's sense: `self` and
 * `config` (zeroed, of the plugin's size) are to be filled. Takes `image`.
 * NULL when out of memory. Thread: control. */
obs_instance *instance_create(obs_str name, struct image *image, uint32_t n_workers);

/* NULL is a no-op. The plugin's destroy() has run, or create() never did. */
void instance_destroy(obs_instance *instance);

#endif
