/* SPDX-License-Identifier: Apache-2.0 */
/* The process as plugins see it. */
#include <observatory/host.h>

#include "plugin/generation.h"
#include "runtime/build_commit.h"
#include "runtime/misuse.h"
#include "runtime/runtime.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

static void describe_reloads(struct runtime *runtime, obs_host_info *info)
{
    info->n_generations = atomic_load(&runtime->n_generations);
    pthread_mutex_lock(&runtime->lock);
    info->reloaded_ns = runtime->outcome.ended_ns;
    info->reload_result = runtime->outcome.result;
    memcpy(info->reload_error, runtime->outcome.error, sizeof(info->reload_error));
    pthread_mutex_unlock(&runtime->lock);
}

void obs_host_describe(obs_host_info *info)
{
    struct runtime *runtime = runtime_get();
    uint32_t size = info->size;
    obs_host_info whole = {
        .size = size,
        .version = OBS_VERSION,
        .build = COMPILER ", commit " BUILD_COMMIT,
    };

    if (runtime) {
        whole.draining = atomic_load(&runtime->draining);
        whole.started_ns = runtime->started_ns;
        whole.n_workers = runtime->n_workers;
        whole.generation = atomic_load(&runtime->generation);
        if (size > offsetof(obs_host_info, reloaded_ns)) /* who asks for less takes no lock */
            describe_reloads(runtime, &whole);
    }
    memcpy(info, &whole, size < sizeof(whole) ? size : sizeof(whole));
}

void obs_host_plugins(void (*fn)(const obs_plugin_info *plugin, void *user), void *user)
{
    const obs_worker *worker = obs_worker_current();
    const struct generation *generation = worker ? worker->generation : NULL;

    MISUSE_UNLESS_WORKER(/* instance= */ NULL, "obs_post() gets there");
    for (size_t i = 0; generation && i < generation->n_instances; i++) {
        const obs_instance *instance = generation->instances[i];
        obs_plugin_info info = {
            .size = sizeof(info),
            .instance = instance->name,
            .name = instance->plugin->name,
            .version = instance->plugin->version,
            .state = instance_state(instance),
            .generation = generation->number,
        };

        fn(&info, user);
    }
}
