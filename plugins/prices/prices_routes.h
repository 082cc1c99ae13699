/* SPDX-License-Identifier: Apache-2.0 */
/* What the routes that set prices need of those that show them. */
#ifndef PRICES_PRICES_ROUTES_H
#define PRICES_PRICES_ROUTES_H

#include "prices.h"

/* A name as books have it; ptr NULL when out of memory. */
obs_str prices_lower(obs_arena *arena, obs_str text);

/* Answers with all prices that were set for the model of the path. */
int prices_answer_own(struct prices *prices, obs_request *req);

#endif
