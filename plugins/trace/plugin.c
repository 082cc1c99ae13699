/* SPDX-License-Identifier: Apache-2.0 */
/* trace: commands that look at what is stored, for people in a terminal. list.c, show.c
 * and chart.c are the commands, wish.c reads what is written behind them. */
#include "trace.h"

#include <math.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

static void destroy(void *self)
{
    free(self);
}

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    struct trace *trace = calloc(1, sizeof(*trace));

    (void)config;
    if (!trace)
        return OBS_E_NOMEM;
    trace->instance = instance;
    *ret_self = trace;
    return OBS_OK;
}

static int start(void *self)
{
    struct trace *trace = self;
    obs_service service;
    int rc = obs_service_get(trace->instance, OBS_STORE_ID, &service);

    if (rc < 0) {
        obs_log(trace->instance, OBS_LOG_ERROR, "cannot start: no store");
        return rc;
    }
    trace->store = service.table;
    trace->store_self = service.provider;
    return OBS_OK;
}

/* --- shared by the commands -------------------------------------------------------------- */

int trace_failed(int rc)
{
    fprintf(stderr, "observatory trace: %s\n",
            rc == OBS_E_CLOSED ? "interrupted" : obs_error(rc)->text);
    return rc == OBS_E_CLOSED ? EX_TEMPFAIL : EX_UNAVAILABLE;
}

int trace_wait(obs_command_call *call, int rc, const int *done)
{
    if (rc < 0)
        return rc;
    rc = obs_command_wait(call, done);
    while (!*done) /* what is under way borrows our memory */
        (void)obs_command_wait(call, done);
    return rc;
}

void put_duration(char *to, size_t size, int64_t ns)
{
    double ms = (double)ns / 1e6;

    if (ns == OBS_ABSENT)
        snprintf(to, size, "-");
    else if (ms < 1000)
        snprintf(to, size, ms < 10 ? "%.2f ms" : "%.0f ms", ms);
    else
        snprintf(to, size, ms < 100000 ? "%.2f s" : "%.0f s", ms / 1000);
}

void put_cost(char *to, size_t size, int64_t nano_dollars)
{
    double usd = (double)nano_dollars / 1e9;

    if (nano_dollars == OBS_ABSENT)
        snprintf(to, size, "-");
    else
        snprintf(to, size, usd >= 1 ? "$%.2f" : usd >= 0.01 ? "$%.4f" : "$%.6f", usd);
}

void put_count(char *to, size_t size, int64_t n)
{
    if (n == OBS_ABSENT)
        snprintf(to, size, "-");
    else if (n < 10000)
        snprintf(to, size, "%lld", (long long)n);
    else if (n < 10000000)
        snprintf(to, size, "%.1fk", (double)n / 1e3);
    else
        snprintf(to, size, "%.1fM", (double)n / 1e6);
}

void put_time(char *to, size_t size, int64_t ns)
{
    time_t s = (time_t)(ns / 1000000000);
    struct tm local;

    if (!localtime_r(&s, &local) || strftime(to, size, "%Y-%m-%d %H:%M:%S", &local) == 0)
        snprintf(to, size, "-");
}

/* --- description --------------------------------------------------------------------------- */

#define FILTERS "[--from T] [--to T] [--model M] [--status S] […] [--json]"

static const obs_command commands[] = {
    {
        .name = "list",
        .usage = "[--limit N] " FILTERS,
        .summary = "spans, newest first; options are the parameters of GET /api/v1/traces",
        .run = list_command,
    },
    {
        .name = "search",
        .usage = "WORDS… [--limit N] " FILTERS,
        .summary = "spans in whose texts something is found, and where",
        .run = search_command,
    },
    {
        .name = "show",
        .usage = "TRACE_ID [--json]",
        .summary = "one trace as a tree, with times and costs",
        .run = show_command,
    },
    {
        .name = "metrics",
        .usage = "[--tz ZONE] " FILTERS,
        .summary = "requests, errors, latency, tokens and cost over time; the last day",
        .run = metrics_command,
    },
    {
        .name = "cost",
        .usage = "[--by FIELD] [--tz ZONE] " FILTERS,
        .summary = "what was spent, by model or another field, over time; the last 30 days",
        .run = cost_command,
    },
};

static const obs_need needs[] = {{.service = OBS_STORE_ID}};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "trace",
    .version = OBS_VERSION,
    .license = "Apache-2.0",
    .summary = "commands that look at spans from a terminal",
    .needs = needs,
    .n_needs = 1,
    .commands = commands,
    .n_commands = sizeof(commands) / sizeof(commands[0]),
    .create = create,
    .start = start,
    .destroy = destroy,
};
OBS_PLUGIN_NOTE("trace", OBS_VERSION);
