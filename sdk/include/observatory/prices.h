/* SPDX-License-Identifier: Apache-2.0 */
/* obs.prices/1: what a call of a model cost. */
#ifndef OBSERVATORY_PRICES_H
#define OBSERVATORY_PRICES_H

#include <observatory/memory.h>
#include <observatory/span.h>

OBS_BEGIN_DECLS

#define OBS_PRICES_ID "obs.prices/1"

/* obs.prices/1. `self` is obs_service.provider.  Since: ABI 1.0. */
typedef struct obs_prices {
    uint32_t size;
    uint32_t reserved;

    /* Decides what `span` cost. Of the candidates of a call of a model the first that
     * is known is taken: provider_cost, emitter_cost, and the tokens times the prices
     * that were in force when the span began, which becomes book_cost. Other spans
     * (agents, tools) keep the candidates and get no cost: what they report may be
     * that of the calls below them. Fills total_cost, cost_source and cost_details,
     * whose members of others stay; prompt_cost and completion_cost of a call only
     * when the price book decides, so that parts which were reported stay. May be
     * called again after the span has changed. Texts are in `arena` or in the span.
     * Errors: OBS_E_NOMEM, the span is then as it was.
     * Thread: [any].  Since: ABI 1.0. */
    int (*price)(void *self, obs_span *span, obs_arena *arena);

    /* Calls `done(user)` on this worker once every price is known: as a rule at once,
     * inside of this call; in the first moments of a process later, for prices that
     * are kept in a store have to be read. Requests wait for that by themselves; what
     * prices otherwise, such as a command, waits by this. Errors: OBS_E_NOMEM.
     * Thread: [worker].  Since: ABI 1.0. */
    int (*wait)(void *self, void (*done)(void *user), void *user);
} obs_prices;

OBS_END_DECLS
#endif
