/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin instance: one loaded descriptor with one configuration. */
#ifndef HOST_PLUGIN_INSTANCE_H
#define HOST_PLUGIN_INSTANCE_H

#include <observatory/plugin.h>

#include <stdatomic.h>
#include <stdbool.h>

struct image;      /* a loaded shared object */
struct ledger;     /* what the instance registered */
struct log_source; /* its level in the log */
struct settings;

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
    struct log_source *log;         /* NULL: it follows the level for all */
    _Atomic uint32_t state;         /* INSTANCE_*; shown by any thread */
    uint32_t n_workers;             /* that worker_start() succeeded on, counted from 0 */
    _Atomic bool replaced;          /* the current generation lacks it */
    _Atomic uint32_t n_generations; /* that it is part of; the last one ends it */
    struct settings *settings;      /* held: that `entry` is part of; NULL in a test */
    const obs_conf *entry;          /* what it was configured with */
    const char *file;               /* path of the plugin */
    const char *contents;           /* names of what its OBS_OPT_CONTENT files held */
    int64_t created_ns;             /* wall clock */
    obs_instance **providers;       /* one a need of the plugin; NULL: optional and absent */
    obs_arena *arena;               /* config, name, providers, contexts */
};

/* How far an instance has come. */
enum {
    INSTANCE_PLANNED,
    INSTANCE_CREATED,  /* create() succeeded */
    INSTANCE_STARTING, /* start() was called: stop() follows whatever it returned */
    INSTANCE_STARTED,
    INSTANCE_DRAINING,
    INSTANCE_STOPPED,
};

/* Makes an instance that is not yet created in the plugin's sense: `self` and
 * `config` (zeroed, of the plugin's size) are to be filled. Takes `image`. It is
 * part of one generation. NULL when out of memory. Thread: control. */
obs_instance *instance_create(obs_str name, struct image *image, uint32_t n_workers);

/* The name of its state: "started". Thread: any. */
const char *instance_state(const obs_instance *instance);

/* NULL is a no-op. The plugin's destroy() has run, or create() never did. */
void instance_destroy(obs_instance *instance);

#endif
