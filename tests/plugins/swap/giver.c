/* SPDX-License-Identifier: Apache-2.0 */
/* giver: provides test.word/1, in builds whose words differ. GIVER_SILENT
 * declares the service only; GIVER_NEEDS is a service that it needs itself. */
#include "word.h"

static obs_str word(void *provider)
{
    (void)provider;
    return (obs_str)OBS_STR(GIVER_WORD);
}

static const struct word_service table = {.size = sizeof(table), .word = word};

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    (void)config;
    *ret_self = instance;
#if defined(GIVER_SILENT)
    (void)table;
    return OBS_OK;
#else
    return obs_service_provide(instance, WORD_SERVICE, &table, instance);
#endif
}

static void destroy(void *self)
{
    (void)self;
}

static const char *const provides[] = {WORD_SERVICE};

#if defined(GIVER_NEEDS)
static const obs_need needs[] = {{GIVER_NEEDS, 0, 0}};
#endif

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,       .flags = OBS_PLUGIN_UNLOADABLE,
    .name = "giver",         .version = "1.0.0",
    .license = "Apache-2.0", .summary = "provides a word",
    .provides = provides,    .n_provides = 1,
#if defined(GIVER_NEEDS)
    .needs = needs,          .n_needs = 1,
#endif
    .create = create,        .destroy = destroy,
};
OBS_PLUGIN_NOTE("giver", "1.0.0");
