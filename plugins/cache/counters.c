/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics. The layer is the one of this plugin: in the process. */
#include "cache.h"

static int register_one(obs_instance *instance, uint32_t kind, const char *name, const char *help,
                        obs_series **ret_series)
{
    static const char *const labels[] = {"layer"};
    const obs_str layer = OBS_STR("l1");
    obs_metric *metric;
    int rc = obs_metric_register(instance,
                                 &(obs_metric_spec){.size = sizeof(obs_metric_spec),
                                                    .kind = kind,
                                                    .name = name,
                                                    .help = help,
                                                    .labels = labels,
                                                    .n_labels = 1},
                                 &metric);

    if (rc == OBS_OK)
        *ret_series = obs_metric_series(metric, &layer);
    return rc;
}

int counters_register(obs_instance *instance, struct counters *c)
{
    const struct {
        uint32_t kind;
        const char *name, *help;
        obs_series **series;
    } all[] = {
        {OBS_METRIC_COUNTER, "cache_hits_total", "Answers that were kept.", &c->hits},
        {OBS_METRIC_COUNTER, "cache_misses_total", "Answers that were not kept.", &c->misses},
        {OBS_METRIC_COUNTER, "cache_coalesced_total",
         "Misses that waited for the answer to the same question.", &c->coalesced},
        {OBS_METRIC_COUNTER, "cache_evictions_total", "Answers that made room for others.",
         &c->evictions},
        {OBS_METRIC_GAUGE, "cache_bytes", "Bytes of kept answers.", &c->bytes},
    };
    int rc = OBS_OK;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && rc == OBS_OK; i++)
        rc = register_one(instance, all[i].kind, all[i].name, all[i].help, all[i].series);
    return rc;
}
