/* SPDX-License-Identifier: Apache-2.0 */
/* cost_details of a span: how it was priced, or why it was not. */
#ifndef PRICES_DETAILS_H
#define PRICES_DETAILS_H

#include "rates.h"

/* Says so in compact JSON in `arena`:
 *   {"price":{provider, model, from, book, tier, above, region, rates, request}}
 *   {"reason": a sentence}
 * beside what `span->cost_details` says of other things. `choice` is NULL for a
 * span that is no model call. Errors: OBS_E_NOMEM. */
int details_write(const struct price_choice *choice, const obs_span *span, obs_arena *arena,
                  obs_str *ret_details);

/* What `span->cost_details` says of other things, alone; empty when that is nothing. */
int details_clear(const obs_span *span, obs_arena *arena, obs_str *ret_details);

#endif
