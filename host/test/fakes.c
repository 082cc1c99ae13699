/* SPDX-License-Identifier: Apache-2.0 */
/* The services that a test provides come from a plugin like any other, whose
 * descriptor is written at run time. */
#include "test/test.h"

#include "plugin/ledger.h"

#define INSTANCE "test"

/* In the arena of its test host. */
struct fakes {
    obs_plugin descriptor; /* first: create() casts back */
    const char *ids[LEDGER_MAX_SERVICES];
    obs_service services[LEDGER_MAX_SERVICES];
};

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    const struct fakes *fakes = (const struct fakes *)instance->plugin;
    int rc = OBS_OK;

    (void)config;
    for (size_t i = 0; rc == OBS_OK && i < fakes->descriptor.n_provides; i++)
        rc = obs_service_provide(instance, fakes->ids[i], fakes->services[i].table,
                                 fakes->services[i].provider);
    *ret_self = NULL;
    return rc;
}

static void destroy(void *self)
{
    (void)self; /* the services are the test's */
}

/* Makes the plugin, without a service. */
static int make(obs_test *t)
{
    struct fakes *fakes = obs_arena_calloc(t->arena, 1, sizeof(*fakes));

    if (!fakes)
        return OBS_E_NOMEM;
    fakes->descriptor = (obs_plugin){
        OBS_PLUGIN_HEADER,
        .name = INSTANCE,
        .version = OBS_VERSION,
        .license = "Apache-2.0",
        .summary = "provides the services of a test",
        .provides = fakes->ids,
        .create = create,
        .destroy = destroy,
    };
    t->fakes = fakes;
    obs_test_link(t, INSTANCE, &fakes->descriptor);
    return OBS_OK;
}

int fakes_add(obs_test *t, const char *id, const void *table, void *provider)
{
    int rc = t->fakes ? OBS_OK : make(t);
    obs_plugin *descriptor;
    obs_str copy;
    size_t n;

    if (rc < 0)
        return rc;
    descriptor = &t->fakes->descriptor;
    n = descriptor->n_provides;
    if (n == LEDGER_MAX_SERVICES)
        return OBS_E_RANGE;
    for (size_t i = 0; i < n; i++)
        if (strcmp(t->fakes->ids[i], id) == 0)
            return OBS_E_CONFLICT;
    copy = obs_arena_dup(t->arena, obs_str_of(id));
    if (!copy.ptr)
        return OBS_E_NOMEM;
    t->fakes->ids[n] = copy.ptr;
    t->fakes->services[n] = (obs_service){table, provider};
    descriptor->n_provides = n + 1;
    return OBS_OK;
}
