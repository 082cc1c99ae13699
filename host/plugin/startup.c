/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing up the new instances of a generation, beside those that run. A user
 * of a service starts after its provider. */
#include "plugin/generation.h"

#include "core/log.h"
#include "plugin/progress.h"
#include "plugin/service.h"
#include "runtime/blame.h"
#include "runtime/runtime.h"

#include <stdio.h>

/* One call into an instance whose failure is to be told. */
struct attempt {
    obs_instance *instance;
    const char *what; /* "create" */
    struct progress *progress;
    char reason[400]; /* the plugin's own words, from its log */
};

static struct attempt begin(obs_instance *instance, const char *what, struct progress *progress)
{
    progress_say(progress, "%s of %s", what, instance->name);
    return (struct attempt){.instance = instance, .what = what, .progress = progress};
}

static int fail(struct attempt *attempt, int rc)
{
    const char *name = attempt->instance->name;
    char *error = attempt->progress->error;
    size_t size = sizeof(attempt->progress->error);

    obs_log(attempt->instance, OBS_LOG_ERROR, "%s failed: %s", attempt->what, obs_error(rc)->text);
    if (attempt->reason[0])
        snprintf(error, size, "plugin %s: %s failed: %s", name, attempt->what, attempt->reason);
    else
        snprintf(error, size, "plugin %s: %s failed: %s, and it did not say why", name,
                 attempt->what, obs_error(rc)->text);
    return rc;
}

static int create_instance(obs_instance *instance, struct progress *progress)
{
    struct attempt attempt = begin(instance, "create", progress);
    const obs_plugin *plugin = instance->plugin;
    const char *missing;
    int rc = OBS_OK;

    log_capture(attempt.reason, sizeof(attempt.reason));
    blame_set(instance, CALLBACK_LIFE);
    if (plugin->create)
        rc = plugin->create(instance, instance->config, &instance->self);
    blame_clear();
    log_capture(NULL, 0);
    if (rc < 0)
        return fail(&attempt, rc);
    instance->created_ns = obs_clock_wall_ns();
    instance->state = INSTANCE_CREATED;
    missing = service_missing(instance);
    if (!missing)
        return OBS_OK;
    snprintf(attempt.reason, sizeof(attempt.reason), "it did not provide %s, which it declares",
             missing);
    return fail(&attempt, OBS_E_INVALID);
}

static int start_instance(obs_instance *instance, struct progress *progress)
{
    struct attempt attempt = begin(instance, "start", progress);
    int rc = OBS_OK;

    instance->state = INSTANCE_STARTING;
    log_capture(attempt.reason, sizeof(attempt.reason));
    blame_set(instance, CALLBACK_LIFE);
    if (instance->plugin->start)
        rc = instance->plugin->start(instance->self);
    blame_clear();
    log_capture(NULL, 0);
    if (rc < 0)
        return fail(&attempt, rc);
    instance->state = INSTANCE_STARTED;
    return OBS_OK;
}

struct worker_step {
    struct attempt *attempt;
    int rc;
};

static void start_on_worker(obs_worker *worker, void *arg)
{
    struct worker_step *step = arg;
    struct attempt *attempt = step->attempt;
    obs_instance *instance = attempt->instance;

    step->rc = OBS_OK;
    if (!instance->plugin->worker_start)
        return;
    log_capture(attempt->reason, sizeof(attempt->reason));
    blame_set(instance, CALLBACK_LIFE);
    step->rc =
        instance->plugin->worker_start(instance->self, worker, &instance->contexts[worker->index]);
    blame_clear();
    log_capture(NULL, 0);
}

static int start_on_workers(obs_instance *instance, struct runtime *runtime,
                            struct progress *progress)
{
    struct attempt attempt = begin(instance, "worker_start", progress);
    struct worker_step step = {.attempt = &attempt};

    for (uint32_t i = 0; i < runtime->n_workers; i++) {
        worker_call(runtime->workers[i], start_on_worker, &step);
        if (step.rc < 0)
            return fail(&attempt, step.rc);
        instance->n_workers++;
    }
    return OBS_OK;
}

/* Whether the instance at `index` is new and still wanted. */
static bool is_due(const struct generation *generation, size_t index, struct progress *progress,
                   int *ret_rc)
{
    if (!atomic_load(&progress->cancelled))
        return generation->changes[index] != CHANGE_KEPT;
    snprintf(progress->error, sizeof(progress->error), "it was cancelled");
    *ret_rc = OBS_E_CLOSED;
    return false;
}

int generation_start(struct generation *generation, struct runtime *runtime,
                     struct progress *progress)
{
    int rc = OBS_OK;

    for (size_t i = 0; rc == OBS_OK && i < generation->n_instances; i++)
        if (is_due(generation, i, progress, &rc))
            rc = create_instance(generation->instances[i], progress);
    for (size_t i = 0; rc == OBS_OK && i < generation->n_instances; i++)
        if (is_due(generation, i, progress, &rc))
            rc = start_instance(generation->instances[i], progress);
    for (size_t i = 0; rc == OBS_OK && i < generation->n_instances; i++)
        if (is_due(generation, i, progress, &rc))
            rc = start_on_workers(generation->instances[i], runtime, progress);
    return rc;
}
