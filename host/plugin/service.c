/* SPDX-License-Identifier: Apache-2.0 */
/* Services between plugins. Which instance provides what was settled when the
 * generation was ordered; here tables are handed over. */
#include "plugin/service.h"

#include "plugin/descriptor.h"
#include "plugin/ledger.h"
#include "runtime/misuse.h"

#include <assert.h>

static const struct ledger_service *find_service(const obs_instance *provider, const char *id)
{
    const struct ledger *ledger = provider->ledger;

    for (size_t i = 0; i < ledger->n_services; i++) {
        if (strcmp(ledger->services[i].id, id) == 0)
            return &ledger->services[i];
    }
    return NULL;
}

/* The descriptor's own copy of `id`, which lives as long as the image. */
static const char *declared_id(const obs_plugin *plugin, const char *id)
{
    for (size_t i = 0; i < plugin->n_provides; i++) {
        if (strcmp(plugin->provides[i], id) == 0)
            return plugin->provides[i];
    }
    return NULL;
}

const char *service_missing(const obs_instance *instance)
{
    for (size_t i = 0; i < instance->plugin->n_provides; i++) {
        if (!find_service(instance, instance->plugin->provides[i]))
            return instance->plugin->provides[i];
    }
    return NULL;
}

int obs_service_provide(obs_instance *instance, const char *id, const void *table, void *provider)
{
    struct ledger *ledger = instance->ledger;
    const char *declared = declared_id(instance->plugin, id);

    MISUSE_UNLESS_CONTROL(instance);
    if (!declared || !table || *(const uint32_t *)table < sizeof(uint32_t) ||
        ledger->n_services == LEDGER_MAX_SERVICES)
        return OBS_E_INVALID;
    if (find_service(instance, id))
        return OBS_E_CONFLICT;
    ledger->services[ledger->n_services++] = (struct ledger_service){declared, table, provider};
    return OBS_OK;
}

int obs_service_get(obs_instance *instance, const char *id, obs_service *ret_service)
{
    const obs_plugin *plugin = instance->plugin;

    MISUSE_UNLESS_CONTROL(instance);
    for (size_t i = 0; i < plugin->n_needs; i++) {
        const struct ledger_service *service;

        if (strcmp(descriptor_need(plugin, i)->service, id) != 0)
            continue;
        if (!instance->providers[i])
            return OBS_E_NOT_FOUND;
        service = find_service(instance->providers[i], id);
        assert(service); /* service_missing() was asked after create() */
        *ret_service = (obs_service){service->table, service->provider};
        return OBS_OK;
    }
    return OBS_E_INVALID;
}
