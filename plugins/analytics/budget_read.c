/* SPDX-License-Identifier: Apache-2.0 */
/* budgets: [{name, project, period, limit_usd, thresholds, timezone}] */
#include "budgets.h"
#include "decimal.h"

#include <stdio.h>
#include <stdlib.h>

struct reading {
    struct budgets *budgets;
    char *error;
    size_t error_size;
};

static int fail(const struct reading *r, const obs_conf *node, const char *expected)
{
    snprintf(r->error, r->error_size, "%s:%u:%u: budgets: expected %s, found \"%.*s\"",
             obs_conf_source(node), obs_conf_line(node), obs_conf_column(node), expected,
             OBS_STR_ARG(obs_conf_str(node)));
    return OBS_E_INVALID;
}

static int read_period(const struct reading *r, const obs_conf *node, struct budget *b)
{
    static const struct {
        const char *name;
        struct bucket_size size;
    } periods[] = {
        {"day", {BUCKET_DAY, 1}}, {"week", {BUCKET_WEEK, 1}}, {"month", {BUCKET_MONTH, 1}}};
    obs_str name = node ? obs_conf_str(node) : obs_str_of("month");

    for (size_t i = 0; i < 3; i++)
        if (obs_str_is(name, periods[i].name)) {
            b->period = periods[i].name;
            b->size = periods[i].size;
            return OBS_OK;
        }
    return fail(r, node, "period: day, week or month");
}

static int read_money(const struct reading *r, const obs_conf *map, const obs_conf *node,
                      int64_t *ret)
{
    struct decimal d;

    if (!node || !decimal_read(obs_conf_str(node), &d) || d.negative ||
        !decimal_scaled(&d, 9, ret) || *ret == 0)
        return fail(r, node ? node : map, "limit_usd: a number of dollars above 0");
    return OBS_OK;
}

static int read_thresholds(const struct reading *r, const obs_conf *list, struct budget *b)
{
    double before = 0;

    if (!list) {
        b->thresholds[0] = 0.8;
        b->thresholds[1] = 1;
        b->n_thresholds = 2;
        return OBS_OK;
    }
    for (size_t i = 0; i < obs_conf_count(list); i++) {
        const obs_conf *node = obs_conf_at(list, i, NULL);
        char *end;
        double value = strtod(obs_conf_str(node).ptr, &end);

        if (*end || !(value > before) || value > 100 || i == BUDGET_MAX_THRESHOLDS)
            return fail(r, node, "thresholds: up to eight shares such as 0.8, ascending");
        b->thresholds[b->n_thresholds++] = before = value;
    }
    return b->n_thresholds ? OBS_OK : fail(r, list, "thresholds: a list of shares such as 0.8");
}

static int read_zone(const struct reading *r, const obs_conf *node, struct budget *b)
{
    int rc;

    b->zone_name = node ? obs_conf_str(node) : obs_str_of("UTC");
    rc = zone_load(r->budgets->arena, b->zone_name, &b->zone);
    return rc == OBS_E_NOMEM || rc == OBS_OK
               ? rc
               : fail(r, node, "timezone: a time zone such as Europe/Berlin");
}

static int check_members(const struct reading *r, const obs_conf *map)
{
    static const char *const known[] = {"name",      "project",    "period",
                                        "limit_usd", "thresholds", "timezone"};

    if (obs_conf_type(map) != OBS_CONF_MAPPING)
        return fail(r, map, "{name, project, period, limit_usd, thresholds, timezone}");
    for (size_t i = 0; i < obs_conf_count(map); i++) {
        obs_str key;
        const obs_conf *node = obs_conf_at(map, i, &key);
        size_t k = 0;

        while (k < 6 && !obs_str_is(key, known[k]))
            k++;
        if (k == 6)
            return fail(r, node, "name, project, period, limit_usd, thresholds or timezone");
    }
    return OBS_OK;
}

static int read_budget(const struct reading *r, const obs_conf *map, struct budget *b)
{
    int rc = check_members(r, map);

    if (rc < 0)
        return rc;
    b->name = obs_conf_str(obs_conf_get(map, "name"));
    b->project = obs_conf_str(obs_conf_get(map, "project"));
    b->begin_ns = INT64_MIN;
    if (!b->name.len)
        return fail(r, map, "name: what it is called");
    rc = read_period(r, obs_conf_get(map, "period"), b);
    if (rc == OBS_OK)
        rc = read_money(r, map, obs_conf_get(map, "limit_usd"), &b->limit);
    if (rc == OBS_OK)
        rc = read_thresholds(r, obs_conf_get(map, "thresholds"), b);
    return rc == OBS_OK ? read_zone(r, obs_conf_get(map, "timezone"), b) : rc;
}

int budgets_read(struct analytics *analytics, const obs_conf *conf, struct budgets **ret,
                 char *error, size_t error_size)
{
    struct reading r = {.error = error, .error_size = error_size};
    int rc = OBS_OK;

    *ret = NULL;
    if (obs_conf_count(conf) == 0)
        return OBS_OK;
    if (obs_conf_type(conf) != OBS_CONF_SEQUENCE || obs_conf_count(conf) > BUDGETS_MAX)
        return fail(&r, conf, "a list of up to 16 budgets");
    r.budgets = calloc(1, sizeof(*r.budgets));
    if (!r.budgets)
        return OBS_E_NOMEM;
    r.budgets->analytics = analytics;
    r.budgets->arena = obs_arena_create(/* limit_bytes= */ 0);
    rc = r.budgets->arena ? OBS_OK : OBS_E_NOMEM;
    for (size_t i = 0; i < obs_conf_count(conf) && rc == OBS_OK; i++)
        rc = read_budget(&r, obs_conf_at(conf, i, NULL), &r.budgets->items[r.budgets->n++]);
    if (rc < 0)
        budgets_free(r.budgets);
    else
        *ret = r.budgets;
    return rc;
}

void budgets_free(struct budgets *b)
{
    if (b)
        obs_arena_destroy(b->arena);
    free(b);
}

/* --- time and thresholds ---------------------------------------------------------------- */

static int64_t seconds(int64_t ns)
{
    return ns / 1000000000 - (ns % 1000000000 < 0);
}

int64_t budget_begin(const struct budget *b, int64_t ns)
{
    return bucket_begin(b->zone, b->size, seconds(ns)) * 1000000000;
}

int64_t budget_end(const struct budget *b, int64_t ns)
{
    return bucket_next(b->zone, b->size, bucket_begin(b->zone, b->size, seconds(ns))) * 1000000000;
}

double budget_spent(struct budget *b, int64_t spent, int64_t now_ns)
{
    int64_t begin_ns = budget_begin(b, now_ns);
    double share = (double)spent / (double)b->limit, passed = -1;

    if (begin_ns != b->begin_ns)
        b->told = 0;
    b->begin_ns = begin_ns;
    b->spent = spent;
    while (b->told < b->n_thresholds && share >= b->thresholds[b->told])
        passed = b->thresholds[b->told++];
    return passed;
}
