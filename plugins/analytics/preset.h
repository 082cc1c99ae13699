/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics that an endpoint shows of its own accord. */
#ifndef ANALYTICS_PRESET_H
#define ANALYTICS_PRESET_H

#include "question.h"

struct preset {
    const char *metric, *aggregation, *alias; /* aggregation NULL: the usual one */
};

/* Makes them the question's, in place of what was asked for, and adds what they take to
 * `measures`. Presets are few: there is room. */
void preset_take(struct question *question, const struct preset *presets, size_t n,
                 struct measures *measures);

/* The number behind the metric of that alias, which is one measure; NaN: none. */
double preset_value(const struct question *question, const char *alias, const obs_number *numbers);

#endif
