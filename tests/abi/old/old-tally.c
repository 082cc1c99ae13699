/* SPDX-License-Identifier: Apache-2.0 */
/* old-tally: provides the service of tally.h. */
#include "tally.h"

#include <observatory/observatory.h>

#include <stdatomic.h>
#include <stdlib.h>

static uint64_t add(void *self, uint64_t amount)
{
    return atomic_fetch_add((atomic_ullong *)self, amount) + amount;
}

static const struct tally table = {.size = sizeof(table), .add = add};

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    atomic_ullong *total = calloc(1, sizeof(*total));
    int rc;

    (void)config;
    if (!total)
        return OBS_E_NOMEM;
    rc = obs_service_provide(instance, TALLY_ID, &table, total);
    if (rc < 0) {
        free(total);
        return rc;
    }
    *ret_self = total;
    return OBS_OK;
}

static const char *const provides[] = {TALLY_ID};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "old-tally",
    .version = "1.0.0",
    .license = "Apache-2.0",
    .summary = "counts for others",
    .provides = provides,
    .n_provides = 1,
    .create = create,
    .destroy = free,
};
OBS_PLUGIN_NOTE("old-tally", "1.0.0");
