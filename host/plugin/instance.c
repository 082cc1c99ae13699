/* SPDX-License-Identifier: Apache-2.0 */
/* The host's half of an instance: memory that outlives the plugin's half. */
#include "plugin/instance.h"

#include "core/log_level.h"
#include "plugin/ledger.h"
#include "plugin/loader.h"
#include "runtime/settings.h"

static int fill(obs_instance *instance, obs_str name, uint32_t n_workers)
{
    const obs_plugin *plugin = instance->plugin;
    size_t config_size = plugin->config_size ? plugin->config_size : 1;

    instance->name = (char *)obs_arena_dup(instance->arena, name).ptr;
    instance->config = obs_arena_calloc(instance->arena, 1, config_size);
    instance->contexts = obs_arena_calloc(instance->arena, n_workers, sizeof(void *));
    instance->providers = obs_arena_calloc(instance->arena, plugin->n_needs + 1, sizeof(void *));
    instance->ledger = ledger_create(n_workers);
    instance->log = instance->name ? log_source(instance->name) : NULL;
    return instance->name && instance->config && instance->contexts && instance->providers &&
                   instance->ledger
               ? OBS_OK
               : OBS_E_NOMEM;
}

obs_instance *instance_create(obs_str name, struct image *image, uint32_t n_workers)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    obs_instance *instance = arena ? obs_arena_calloc(arena, 1, sizeof(*instance)) : NULL;

    if (!instance) {
        obs_arena_destroy(arena);
        image_close(image);
        return NULL;
    }
    instance->arena = arena;
    instance->image = image;
    instance->plugin = image->plugin;
    instance->n_generations = 1;
    if (fill(instance, name, n_workers) < 0) {
        instance_destroy(instance);
        return NULL;
    }
    return instance;
}

const char *instance_state(const obs_instance *instance)
{
    static const char *const names[] = {
        [INSTANCE_PLANNED] = "planned",   [INSTANCE_CREATED] = "created",
        [INSTANCE_STARTING] = "starting", [INSTANCE_STARTED] = "started",
        [INSTANCE_DRAINING] = "draining", [INSTANCE_STOPPED] = "stopped",
    };

    return names[atomic_load(&instance->state)];
}

void instance_destroy(obs_instance *instance)
{
    if (!instance)
        return;
    ledger_destroy(instance->ledger);
    settings_release(instance->settings);
    image_close(instance->image);
    obs_arena_destroy(instance->arena); /* the instance itself is in it */
}

const char *obs_instance_name(const obs_instance *instance)
{
    return instance->name;
}

void obs_instance_hold(obs_instance *instance)
{
    ledger_enter(instance->ledger);
}

void obs_instance_release(obs_instance *instance)
{
    ledger_leave(instance->ledger);
}
