/* SPDX-License-Identifier: Apache-2.0 */
/* The store of ABI 1.0 finds spans and does not add them up, so each look reads
 * the cost of every span of the window: fine for some hundred thousand. */
#include "spending.h"

static int add_row(const obs_span *span, void *user)
{
    struct spending *spending = user;

    if (span->total_cost != OBS_ABSENT)
        spending->sum_nano_usd += span->total_cost;
    return 0;
}

static void on_done(const obs_search_result *result, void *user)
{
    struct spending *spending = user;

    spending->is_asking = 0;
    if (result->error == OBS_OK)
        atomic_store(&spending->nano_usd, spending->sum_nano_usd);
    else
        obs_log(spending->instance, OBS_LOG_WARN,
                "the store does not tell what was spent (%s), going on with what is known",
                obs_error(result->error)->text);
    obs_instance_release(spending->instance);
}

/* The callback outlives a timer that was stopped: hence the hold. */
static void ask(void *user)
{
    struct spending *spending = user;
    int64_t now_ns = obs_clock_wall_ns();
    const obs_scope scope = {
        .size = sizeof(scope),
        .all = spending->project.len == 0,
        .projects = &spending->project,
        .n_projects = spending->project.len > 0,
    };
    const obs_span_query query = {
        .size = sizeof(query),
        .fields = OBS_FIELD_BIT(OBS_FIELD_TOTAL_COST),
        .from_ns = now_ns - spending->window_ns,
        .to_ns = INT64_MAX,
        .sort_field = OBS_FIELD_TS,
        .limit = UINT32_MAX,
    };

    if (spending->is_asking)
        return; /* the store is slower than we are curious */
    spending->is_asking = 1;
    spending->sum_nano_usd = 0;
    obs_instance_hold(spending->instance);
    if (spending->store->search(spending->provider, &scope, &query, add_row, on_done, spending) < 0)
        on_done(&(obs_search_result){.error = OBS_E_BUSY}, spending);
}

int spending_watch(struct spending *spending, uint64_t period_ms)
{
    return obs_timer_start(spending->instance, 0, period_ms, ask, spending, &spending->timer);
}

void spending_stop(struct spending *spending)
{
    obs_timer_stop(spending->timer);
    spending->timer = NULL;
}
