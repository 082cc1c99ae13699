/* SPDX-License-Identifier: Apache-2.0 */
/* The names are those of metric.c: one that is not there would be a defect of ours. */
#include "preset.h"

#include <math.h>

void preset_take(struct question *q, const struct preset *presets, size_t n,
                 struct measures *measures)
{
    q->n_metrics = 0;
    for (size_t i = 0; i < n && i < QUESTION_MAX_METRICS; i++) {
        struct metric *metric = &q->metrics[q->n_metrics++];
        int aggregation =
            presets[i].aggregation ? aggregation_find(obs_str_of(presets[i].aggregation)) : -1;

        *metric = (struct metric){.def = metric_find(obs_str_of(presets[i].metric)),
                                  .alias = obs_str_of(presets[i].alias)};
        metric->aggregation = aggregation < 0 ? metric->def->aggregation : (uint32_t)aggregation;
        (void)metric_ask(metric, measures); /* there is room for so few */
    }
}

double preset_value(const struct question *q, const char *alias, const obs_number *numbers)
{
    for (size_t i = 0; i < q->n_metrics; i++)
        if (obs_str_is(q->metrics[i].alias, alias))
            return numbers ? numbers[q->metrics[i].first].d : NAN;
    return NAN;
}
