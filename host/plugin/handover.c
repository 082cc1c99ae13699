/* SPDX-License-Identifier: Apache-2.0 */
/* After the check nothing here can stop the switch: what goes wrong is logged,
 * and the new instance starts without that state. */
#include "plugin/handover.h"

#include "runtime/blame.h"
#include "runtime/worker.h"

#include <stdio.h>

#define MAX_STATE_BYTES (64u << 20)

static bool writes_state(const obs_instance *instance)
{
    return instance->plugin->state_version > 0 && instance->plugin->export_state;
}

static bool reads_state(const obs_instance *instance, uint32_t version)
{
    const obs_plugin *plugin = instance->plugin;

    return plugin->import_state && version >= plugin->state_oldest &&
           version <= plugin->state_version;
}

/* The operator may say that the state is not wanted. */
static bool shall_reset(const obs_instance *instance)
{
    return obs_str_is(obs_conf_str(obs_conf_get(instance->entry, "state")), "reset");
}

int handover_check(const obs_instance *from, const obs_instance *to, char *error, size_t error_size)
{
    uint32_t version = from->plugin->state_version;

    if (!writes_state(from) || reads_state(to, version) || shall_reset(to))
        return OBS_OK;
    if (to->plugin->import_state)
        snprintf(error, error_size,
                 "%s %s reads state of version %u to %u, the running %s has version %u; "
                 "`state: reset` drops it",
                 to->plugin->name, to->plugin->version, to->plugin->state_oldest,
                 to->plugin->state_version, from->plugin->version, version);
    else
        snprintf(error, error_size,
                 "%s %s reads no state, the running %s has some of version %u; "
                 "`state: reset` drops it",
                 to->plugin->name, to->plugin->version, from->plugin->version, version);
    return OBS_E_CONFLICT;
}

static int export_state(obs_instance *from, obs_worker *worker, obs_buf *state)
{
    void *context = worker ? from->contexts[worker->index] : NULL;
    struct blame outer = blame_enter(from, CALLBACK_STATE);
    int rc = from->plugin->export_state(from->self, worker, context, state);

    blame_leave(outer);
    return rc < 0 ? rc : obs_buf_error(state);
}

static int import_state(obs_instance *to, obs_worker *worker, uint32_t version, obs_str state)
{
    void *context = worker ? to->contexts[worker->index] : NULL;
    struct blame outer = blame_enter(to, CALLBACK_STATE);
    int rc = to->plugin->import_state(to->self, worker, context, version, state);

    blame_leave(outer);
    return rc;
}

static void hand_over(obs_instance *from, obs_instance *to, obs_worker *worker)
{
    obs_arena *arena = obs_arena_create(MAX_STATE_BYTES);
    obs_buf *state = arena ? obs_buf_new(arena, MAX_STATE_BYTES) : NULL;
    int rc = state ? export_state(from, worker, state) : OBS_E_NOMEM;

    if (rc < 0) {
        obs_log(from, OBS_LOG_ERROR, "its state could not be written (%s), going on without",
                obs_error(rc)->text);
    } else {
        rc = import_state(to, worker, from->plugin->state_version, obs_buf_str(state));
        if (rc < 0)
            obs_log(to, OBS_LOG_ERROR, "state of %s %s could not be read (%s), going on without",
                    from->plugin->name, from->plugin->version, obs_error(rc)->text);
    }
    obs_arena_destroy(arena);
}

static void hand_over_all(const struct generation *generation, obs_worker *worker)
{
    for (size_t i = 0; i < generation->n_instances; i++) {
        obs_instance *from = generation->predecessors[i];
        obs_instance *to = generation->instances[i];

        if (from && writes_state(from) && reads_state(to, from->plugin->state_version) &&
            !shall_reset(to))
            hand_over(from, to, worker);
    }
}

void handover_shared(const struct generation *generation)
{
    hand_over_all(generation, /* worker= */ NULL);
}

void handover_on_worker(const struct generation *generation, obs_worker *worker)
{
    hand_over_all(generation, worker);
}
