/* SPDX-License-Identifier: Apache-2.0 */
/* From entries to groups: those of one group are brought together, totals made of
 * them, groups chosen and put in order. */
#include "tally_table.h"

#include <math.h>
#include <stdlib.h>

struct group {
    size_t first, n; /* its entries, in order of their buckets */
    struct tally_count *total;
    bool own_total; /* else it is that of its only entry */
    obs_number measures[TALLY_MAX_MEASURES];
};

struct answer {
    struct tally *tally;
    struct tally_entry *entries; /* sorted */
    struct group *groups;
    size_t n, n_shown;
};

/* --- order --------------------------------------------------------------------------- */

static int compare_texts(obs_str a, obs_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_dimensions(const struct tally_entry *a, const struct tally_entry *b)
{
    int order = 0;

    for (size_t i = 0; i < TALLY_MAX_DIMENSIONS && order == 0; i++)
        order = compare_texts(a->dimensions[i], b->dimensions[i]);
    return order;
}

static int compare_entries(const void *left, const void *right)
{
    const struct tally_entry *a = left, *b = right;
    int order = compare_dimensions(a, b);

    return order ? order : (a->bucket > b->bucket) - (a->bucket < b->bucket);
}

/* Nothing comes last in either direction. */
static int compare_numbers(const obs_number *a, const obs_number *b, bool descending)
{
    int order;

    if (isnan(a->d) || isnan(b->d))
        return isnan(a->d) - isnan(b->d);
    order = (a->d > b->d) - (a->d < b->d);
    if (order == 0)
        order = (a->i > b->i) - (a->i < b->i);
    return descending ? -order : order;
}

static int compare_groups(const void *left, const void *right, void *user)
{
    const struct group *a = left, *b = right;
    const struct answer *answer = user;
    const obs_aggregate_query *q = answer->tally->query;
    int order = compare_numbers(&a->measures[q->sort_measure], &b->measures[q->sort_measure],
                                q->flags & OBS_QUERY_DESCENDING);

    return order ? order
                 : compare_dimensions(&answer->entries[a->first], &answer->entries[b->first]);
}

/* --- groups ---------------------------------------------------------------------------- */

static void measure(const struct tally *t, const struct tally_count *count, obs_number *ret)
{
    for (size_t i = 0; i < t->query->n_measures; i++)
        ret[i] = tally_measure(
            &t->query->measures[i], count,
            tally_has_field(&t->query->measures[i]) ? &count->values[t->need_of[i]] : NULL);
}

static int sum_entries(struct answer *a, struct group *g)
{
    const struct tally *t = a->tally;
    int rc = OBS_OK;

    g->total = a->entries[g->first].count;
    if (g->n > 1) {
        g->total = tally_count_new(t);
        g->own_total = g->total != NULL;
        rc = g->total ? OBS_OK : OBS_E_NOMEM;
        for (size_t i = 0; i < g->n && rc == OBS_OK; i++)
            rc = tally_count_merge(t, g->total, a->entries[g->first + i].count);
    }
    if (rc == OBS_OK)
        measure(t, g->total, g->measures);
    return rc;
}

/* Brings what is in the table into groups. */
static int gather(struct answer *a)
{
    int rc = OBS_OK;

    if (a->tally->n)
        qsort(a->entries, a->tally->n, sizeof(*a->entries), compare_entries);
    a->groups = calloc(a->tally->n + 1, sizeof(*a->groups));
    if (!a->groups)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < a->tally->n && rc == OBS_OK;) {
        struct group *g = &a->groups[a->n++];

        g->first = i;
        while (i < a->tally->n && compare_dimensions(&a->entries[g->first], &a->entries[i]) == 0)
            i++;
        g->n = i - g->first;
        rc = sum_entries(a, g);
    }
    return rc;
}

static bool holds(const obs_having *having, double value)
{
    switch (having->op) {
    case OBS_OP_EQ:
        return value == having->value;
    case OBS_OP_NE:
        return value < having->value || value > having->value;
    case OBS_OP_GT:
        return value > having->value;
    case OBS_OP_GTE:
        return value >= having->value;
    case OBS_OP_LT:
        return value < having->value;
    default:
        return value <= having->value;
    }
}

static bool is_wanted(const struct tally *t, const struct group *g)
{
    for (size_t i = 0; i < t->query->n_having; i++)
        if (!holds(&t->query->having[i], g->measures[t->query->having[i].measure].d))
            return false;
    return true;
}

static int sum_all(const struct answer *a, struct tally_count *all)
{
    int rc = OBS_OK;

    for (size_t i = 0; i < a->n && rc == OBS_OK; i++)
        rc = tally_count_merge(a->tally, all, a->groups[i].total);
    return rc;
}

/* Leaves out the groups that are not wanted; their totals end with them. */
static void choose(struct answer *a)
{
    size_t n = 0;

    for (size_t i = 0; i < a->n; i++) {
        if (is_wanted(a->tally, &a->groups[i]))
            a->groups[n++] = a->groups[i];
        else if (a->groups[i].own_total)
            tally_count_free(a->tally, a->groups[i].total);
    }
    a->n = n;
}

/* --- giving out -------------------------------------------------------------------------- */

static int give_group(const struct answer *a, const struct group *g, obs_group_fn give, void *user)
{
    const struct tally_entry *first = &a->entries[g->first];
    obs_group row = {.size = sizeof(row),
                     .kind = OBS_GROUP_TOTAL,
                     .dimensions = first->dimensions,
                     .measures = g->measures};
    obs_number measures[TALLY_MAX_MEASURES];
    int enough = give(&row, user);

    row.kind = OBS_GROUP_BUCKET;
    row.measures = measures;
    for (size_t i = 0; i < g->n && !enough && first->bucket != TALLY_NO_BUCKET; i++) {
        row.bucket = first[i].bucket;
        measure(a->tally, first[i].count, measures);
        enough = give(&row, user);
    }
    return enough;
}

static int give_all(const struct answer *a, obs_group_fn give, void *user, int *ret_enough)
{
    static const obs_str none[TALLY_MAX_DIMENSIONS];
    struct tally_count *sum = a->tally->all ? NULL : tally_count_new(a->tally);
    obs_number measures[TALLY_MAX_MEASURES];
    int rc = a->tally->all ? OBS_OK : sum ? sum_all(a, sum) : OBS_E_NOMEM;

    if (rc == OBS_OK) {
        obs_group row = {
            .size = sizeof(row), .kind = OBS_GROUP_ALL, .dimensions = none, .measures = measures};

        measure(a->tally, sum ? sum : a->tally->all, measures);
        *ret_enough = give(&row, user);
    }
    tally_count_free(a->tally, sum);
    return rc;
}

static int give_out(struct answer *a, obs_group_fn give, void *user, obs_search_result *result)
{
    size_t limit = a->tally->query->limit;
    int enough = 0, rc = give_all(a, give, user, &enough);

    if (rc < 0)
        return rc;
    choose(a);
    qsort_r(a->groups, a->n, sizeof(*a->groups), compare_groups, a);
    result->total = (int64_t)a->n;
    for (; a->n_shown < a->n && a->n_shown < limit && !enough; a->n_shown++)
        enough = give_group(a, &a->groups[a->n_shown], give, user);
    result->n_rows = (uint32_t)a->n_shown;
    result->has_more = a->n_shown < a->n;
    return OBS_OK;
}

/* Without dimensions there is one group, even of nothing. */
static int make_one(struct tally *t)
{
    struct tally_entry *e;

    if (t->n || t->query->n_dimensions)
        return OBS_OK;
    e = realloc(t->entries, sizeof(*e));
    if (!e)
        return OBS_E_NOMEM;
    t->entries = e;
    t->capacity = 1;
    *e = (struct tally_entry){.bucket = TALLY_NO_BUCKET, .count = tally_count_new(t)};
    t->n = e->count ? 1 : 0;
    return e->count ? OBS_OK : OBS_E_NOMEM;
}

void tally_finish(struct tally *t, obs_group_fn give, void *user, obs_search_result *result)
{
    struct answer a = {.tally = t};
    int rc = make_one(t);

    a.entries = t->entries;
    if (rc == OBS_OK)
        rc = gather(&a);
    if (rc == OBS_OK)
        rc = give_out(&a, give, user, result);
    result->error = rc;
    for (size_t i = 0; i < a.n; i++)
        if (a.groups[i].own_total)
            tally_count_free(t, a.groups[i].total);
    free(a.groups);
}
