/* SPDX-License-Identifier: Apache-2.0 */
/* The process as plugins see it. */
#include <observatory/host.h>

#include "plugin/generation.h"
#include "runtime/build_commit.h"
#include "runtime/runtime.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

static const char *const state_names[] = {
    [INSTANCE_CREATED] = "created",
    [INSTANCE_STARTED] = "started",
    [INSTANCE_DRAINING] = "draining",
    [INSTANCE_STOPPED] = "stopped",
};

void obs_host_describe(obs_host_info *info)
{
    struct runtime *runtime = runtime_get();
    struct generation *generation = runtime ? atomic_load(&runtime->generation) : NULL;
    uint32_t size = info->size;
    obs_host_info whole = {
        .size = size,
        .draining = runtime ? atomic_load(&runtime->draining) : 0,
        .version = OBS_VERSION,
        .build = COMPILER ", commit " BUILD_COMMIT,
        .started_ns = runtime ? runtime->started_ns : 0,
        .generation = generation ? generation->number : 0,
        .n_workers = runtime ? runtime->n_workers : 0,
    };

    memcpy(info, &whole, size < sizeof(whole) ? size : sizeof(whole));
}

void obs_host_plugins(void (*fn)(const obs_plugin_info *plugin, void *user), void *user)
{
    struct runtime *runtime = runtime_get();
    struct generation *generation = runtime ? atomic_load(&runtime->generation) : NULL;

    for (size_t i = 0; generation && i < generation->n_instances; i++) {
        const obs_instance *instance = generation->instances[i];
        obs_plugin_info info = {
            .size = sizeof(info),
            .instance = instance->name,
            .name = instance->plugin->name,
            .version = instance->plugin->version,
            .state = state_names[instance->state],
            .generation = generation->number,
        };

        fn(&info, user);
    }
}
