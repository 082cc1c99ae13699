/* SPDX-License-Identifier: Apache-2.0 */
/* cost-guard: when more was spent in the last while than was meant to be, new
 * spans are refused, or let in with a mark. A hook before the routes of another
 * plugin, a service of a third one. Read it from the bottom. */
#include "spending.h"

#include <stdio.h>
#include <stdlib.h>

#define NANO 1e9
#define MS_NS 1000000

enum { ACTION_REJECT, ACTION_FLAG };

struct config {
    double budget_usd;
    int64_t window_ns;
    int64_t refresh_ns;
    int32_t action;
    const char *project;
};

struct guard {
    const struct config *config;
    int64_t budget_nano_usd;
    struct spending spending;
    _Atomic int is_over; /* as last told in the log */
    obs_series *spent, *requests;
};

/* ---- hook ------------------------------------------------------------------------ */

static void tell_change(struct guard *guard, int is_over, int64_t spent)
{
    if (atomic_exchange(&guard->is_over, is_over) == is_over)
        return;
    obs_log(guard->spending.instance, OBS_LOG_WARN, "%.6f USD of %.6f USD are spent: %s",
            (double)spent / NANO, guard->config->budget_usd,
            is_over ? "over the budget" : "within the budget again");
}

static int reject(obs_request *req, const struct guard *guard, int64_t spent)
{
    char seconds[24];

    snprintf(seconds, sizeof(seconds), "%lld",
             (long long)(guard->config->refresh_ns / MS_NS / 1000) + 1);
    (void)obs_response_header(req, "Retry-After", obs_str_of(seconds)); /* only worse without */
    obs_respond_error(req, OBS_E_RATE_LIMIT, NULL,
                      "the budget of %.6f USD is used up: %.6f USD were spent in the last %lld s",
                      guard->config->budget_usd, (double)spent / NANO,
                      (long long)(guard->config->window_ns / MS_NS / 1000));
    return OBS_RESPONDED;
}

static int flag(obs_request *req, const struct guard *guard, int64_t spent)
{
    char text[80];

    snprintf(text, sizeof(text), "%.6f of %.6f USD", (double)spent / NANO,
             guard->config->budget_usd);
    (void)obs_response_header(req, "X-Budget-Exceeded", obs_str_of(text));
    return OBS_CONTINUE;
}

/* Runs on every worker: all that changes is atomic. Until the store has told
 * something, everything passes. */
static int guard_ingest(obs_request *req, void *self)
{
    struct guard *guard = self;
    const char *class = obs_request_route_decl(req)->limit_class;
    int64_t spent = atomic_load(&guard->spending.nano_usd);
    int is_over = spent != OBS_ABSENT && spent > guard->budget_nano_usd;

    if (!class || strcmp(class, "ingest") != 0)
        return OBS_CONTINUE;
    tell_change(guard, is_over, spent);
    if (spent != OBS_ABSENT)
        obs_series_set(guard->spent, (double)spent / NANO);
    if (!is_over)
        return OBS_CONTINUE;
    obs_series_add(guard->requests, 1);
    return guard->config->action == ACTION_REJECT ? reject(req, guard, spent)
                                                  : flag(req, guard, spent);
}

/* ---- life ------------------------------------------------------------------------ */

static int register_series(obs_instance *instance, uint32_t kind, const char *name,
                           const char *help, obs_series **ret_series)
{
    const obs_metric_spec spec = {.size = sizeof(spec), .kind = kind, .name = name, .help = help};
    obs_metric *metric;
    int rc = obs_metric_register(instance, &spec, &metric);

    if (rc == OBS_OK)
        *ret_series = obs_metric_series(metric, /* values= */ NULL);
    return rc;
}

static int create(obs_instance *instance, const void *config_data, void **ret_self)
{
    const struct config *config = config_data;
    struct guard *guard = calloc(1, sizeof(*guard));
    int rc;

    if (!guard)
        return OBS_E_NOMEM;
    guard->config = config;
    guard->budget_nano_usd = (int64_t)(config->budget_usd * NANO);
    guard->spending.instance = instance;
    guard->spending.project = obs_str_of(config->project);
    guard->spending.window_ns = config->window_ns;
    atomic_store(&guard->spending.nano_usd, OBS_ABSENT);
    rc = register_series(instance, OBS_METRIC_GAUGE, "cost_guard_spent_usd",
                         "Spent in the window, as last seen.", &guard->spent);
    if (rc == OBS_OK)
        rc = register_series(instance, OBS_METRIC_COUNTER, "cost_guard_requests_total",
                             "Requests over the budget, rejected or flagged.", &guard->requests);
    if (rc < 0)
        free(guard);
    else
        *ret_self = guard;
    return rc;
}

/* Services are there from start() on. */
static int start(void *self)
{
    struct guard *guard = self;
    obs_service service;
    int rc = obs_service_get(guard->spending.instance, OBS_STORE_ID, &service);

    if (rc < 0)
        return rc;
    guard->spending.store = service.table;
    guard->spending.provider = service.provider;
    return OBS_OK;
}

static int worker_start(void *self, obs_worker *worker, void **ret_context)
{
    struct guard *guard = self;

    (void)ret_context;
    if (obs_worker_index(worker) != 0)
        return OBS_OK; /* one asks for all */
    return spending_watch(&guard->spending, (uint64_t)(guard->config->refresh_ns / MS_NS));
}

static void worker_stop(void *self, obs_worker *worker, void *context)
{
    struct guard *guard = self;

    (void)context;
    if (obs_worker_index(worker) == 0)
        spending_stop(&guard->spending);
}

static void destroy(void *self)
{
    free(self);
}

/* ---- state: so that a new build does not begin by letting everything in ------------ */

static int export_state(void *self, obs_worker *worker, void *context, obs_buf *state)
{
    struct guard *guard = self;
    int64_t spent = atomic_load(&guard->spending.nano_usd);

    (void)context;
    if (!worker) /* what all workers share */
        obs_buf_append(state, &spent, sizeof(spent));
    return OBS_OK;
}

static int import_state(void *self, obs_worker *worker, void *context, uint32_t version,
                        obs_str state)
{
    struct guard *guard = self;
    int64_t spent, unknown = OBS_ABSENT;

    (void)context;
    (void)version;
    if (worker)
        return OBS_OK;
    if (state.len != sizeof(spent))
        return OBS_E_INVALID;
    memcpy(&spent, state.ptr, sizeof(spent));
    /* unless the store has already told us */
    (void)atomic_compare_exchange_strong(&guard->spending.nano_usd, &unknown, spent);
    return OBS_OK;
}

/* ---- descriptor --------------------------------------------------------------------- */

#define OPTION(member) offsetof(struct config, member)
static const obs_option options[] = {
    {.name = "budget_usd",
     .type = OBS_OPT_FLOAT,
     .flags = OBS_OPT_REQUIRED,
     .offset = OPTION(budget_usd),
     .min = "0",
     .help = "US dollars that may be spent in the window"},
    {.name = "window",
     .type = OBS_OPT_DURATION,
     .offset = OPTION(window_ns),
     .def = "24h",
     .min = "1s",
     .max = "366d",
     .help = "how far back costs count"},
    {.name = "refresh",
     .type = OBS_OPT_DURATION,
     .offset = OPTION(refresh_ns),
     .def = "10s",
     .min = "10ms",
     .max = "1h",
     .help = "how often the store is asked; so long may spans still come in over the budget"},
    {.name = "action",
     .type = OBS_OPT_CHOICE,
     .offset = OPTION(action),
     .def = "reject",
     .choices = "reject|flag",
     .help = "over the budget: answer 429, or let in with the header X-Budget-Exceeded"},
    {.name = "project",
     .type = OBS_OPT_STRING,
     .offset = OPTION(project),
     .def = "",
     .help = "whose costs count; empty: those of all projects"},
};

static const obs_need needs[] = {{OBS_STORE_ID, 0, 0}};
static const obs_hook hooks[] = {{.phase = OBS_PHASE_LIMIT, .fn = guard_ingest}};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "cost-guard",
    .version = "0.1.0",
    .license = "Apache-2.0",
    .summary = "refuses or flags new spans when a budget is used up",
    .needs = needs,
    .n_needs = 1,
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .config_size = sizeof(struct config),
    .hooks = hooks,
    .n_hooks = 1,
    .create = create,
    .start = start,
    .worker_start = worker_start,
    .worker_stop = worker_stop,
    .destroy = destroy,
    .state_version = 1,
    .state_oldest = 1,
    .export_state = export_state,
    .import_state = import_state,
};
OBS_PLUGIN_NOTE("cost-guard", "0.1.0");
