/* SPDX-License-Identifier: Apache-2.0 */
/* The optional token of /metrics (RFC 6750). */
#ifndef METRICS_BEARER_H
#define METRICS_BEARER_H

#include <observatory/base.h>

#include <stdbool.h>

/* True when `authorization` is "Bearer TOKEN". How long it takes depends on the
 * lengths only, so the time does not tell how much of a guess was right. */
bool bearer_matches(obs_str authorization, obs_str token);

#endif
