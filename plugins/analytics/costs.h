/* SPDX-License-Identifier: Apache-2.0 */
/* What endpoints about cost show of each group. */
#ifndef ANALYTICS_COSTS_H
#define ANALYTICS_COSTS_H

#include "preset.h"

/* The cost comes first, so that groups can be put in its order. */
#define COST_SORT 0
#define COST_PRESETS                                                                               \
    {                                                                                              \
        {"total_cost", NULL, "total_cost_usd"}, {"prompt_cost", NULL, "prompt_cost_usd"},          \
            {"completion_cost", NULL, "completion_cost_usd"},                                      \
            {"total_cost", "avg", "avg_cost_usd"}, {"total_cost", "count", "priced_count"},        \
            {"request_count", NULL, "request_count"}, {"total_tokens", NULL, "total_tokens"},      \
            {"prompt_tokens", NULL, "prompt_tokens"},                                              \
            {"completion_tokens", NULL, "completion_tokens"},                                      \
        {                                                                                          \
            "cached_tokens", NULL, "cached_tokens"                                                 \
        }                                                                                          \
    }

#endif
