/* SPDX-License-Identifier: Apache-2.0 */
/* Registered by whoever comes first; the others get the same. */
#include "metrics.h"

int store_register_duration(obs_instance *instance, obs_metric **ret_metric)
{
    static const char *const op[] = {"op"};

    return obs_metric_register(instance,
                               &(obs_metric_spec){.size = sizeof(obs_metric_spec),
                                                  .kind = OBS_METRIC_HISTOGRAM,
                                                  .name = "store_query_duration_seconds",
                                                  .help = "Time of an operation in the database.",
                                                  .labels = op,
                                                  .n_labels = 1},
                               ret_metric);
}
