/* SPDX-License-Identifier: Apache-2.0 */
/* Models are many, so the host bounds their series. */
#include "counters.h"

static const char *const sources[PRICES_N_SOURCES] = {"provider", "emitter",  "price_book",
                                                      "free",     "unpriced", "no_usage"};

int counters_register(obs_instance *instance, struct prices_counters *ret)
{
    static const char *const source[] = {"source"}, *const model[] = {"provider", "model"};
    const obs_metric_spec specs[] = {
        {.size = sizeof(obs_metric_spec),
         .kind = OBS_METRIC_COUNTER,
         .name = "priced_spans_total",
         .help = "Spans whose cost was decided, by where it is from.",
         .labels = source,
         .n_labels = 1},
        {.size = sizeof(obs_metric_spec),
         .kind = OBS_METRIC_COUNTER,
         .name = "unpriced_spans_total",
         .help = "Calls of models that have no price.",
         .labels = model,
         .n_labels = 2},
        {.size = sizeof(obs_metric_spec),
         .kind = OBS_METRIC_GAUGE,
         .name = "prices_book_age_seconds",
         .help = "Time since the price book was reviewed, -1 when it does not say."},
    };
    obs_metric *metrics[3];

    for (size_t i = 0; i < 3; i++) {
        int rc = obs_metric_register(instance, &specs[i], &metrics[i]);
        if (rc < 0)
            return rc;
    }
    for (size_t i = 0; i < PRICES_N_SOURCES; i++) {
        obs_str name = obs_str_of(sources[i]);
        ret->sources[i] = obs_metric_series(metrics[0], &name);
    }
    ret->unpriced = metrics[1];
    ret->age_s = obs_metric_series(metrics[2], NULL);
    return OBS_OK;
}

void counters_count(const struct prices_counters *counters, const obs_span *span)
{
    for (size_t i = 0; i < PRICES_N_SOURCES; i++)
        if (obs_str_is(span->cost_source, sources[i]))
            obs_series_add(counters->sources[i], 1);
    if (obs_str_is(span->cost_source, "unpriced")) {
        const obs_str labels[] = {span->provider,
                                  span->model.len ? span->model : span->request_model};
        obs_series_add(obs_metric_series(counters->unpriced, labels), 1);
    }
}
