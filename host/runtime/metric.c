/* SPDX-License-Identifier: Apache-2.0 */
/* The registry: families in order of their names, series of a family by their
 * label values. One lock for registering, one a family for finding series;
 * reading takes neither, because lists only grow and nothing is freed. */
#include "runtime/metric.h"

#include "runtime/metric_label.h"
#include "runtime/metric_series.h"
#include "runtime/misuse.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#define DEFAULT_MAX_SERIES 1000u
#define FIRST_TABLE_SLOTS 16u
#define TOTAL_BYTES 6u /* of "_total" */

static const double default_bounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                        0.25,  0.5,    1,     2.5,  5,     10};

/* The opaque obs_metric. Constant once published, but for what the lock
 * guards and the two list pointers. */
struct obs_metric {
    struct obs_metric *_Atomic next; /* in the order of names */
    uint32_t kind;
    char *name;
    char *help;
    char **labels;
    size_t n_labels;
    double *bounds;
    size_t n_bounds;
    obs_series *_Atomic first;
    obs_series *other; /* labels all "other", or the only series without labels */

    pthread_mutex_t lock; /* the rest */
    obs_series *last;
    obs_series **table; /* open addressing, n_slots a power of two, at most half full */
    size_t n_slots;
    size_t n_series; /* besides `other` */
    uint32_t max_series;
};

static struct {
    pthread_mutex_t lock; /* registering */
    obs_metric *_Atomic first;
    void (*_Atomic refresh[METRIC_MAX_REFRESH])(void);
    obs_metric *_Atomic overflow; /* counts what went to "other" */
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- a family ------------------------------------------------------------ */

static void metric_destroy(obs_metric *metric)
{
    if (!metric)
        return;
    for (size_t i = 0; metric->labels && i < metric->n_labels; i++)
        free(metric->labels[i]);
    free(metric->labels);
    free(metric->bounds);
    free(metric->table);
    free(metric->name);
    free(metric->help);
    pthread_mutex_destroy(&metric->lock);
    free(metric);
}

static void link_series(obs_metric *metric, obs_series *series)
{
    size_t slot = series->hash & (metric->n_slots - 1);

    while (metric->table[slot])
        slot = (slot + 1) & (metric->n_slots - 1);
    metric->table[slot] = series;
}

/* Appends for readers: release, so that they see the series filled. */
static void publish_series(obs_metric *metric, obs_series *series)
{
    if (metric->last)
        atomic_store_explicit(&metric->last->next, series, memory_order_release);
    else
        atomic_store_explicit(&metric->first, series, memory_order_release);
    metric->last = series;
}

static int make_other(obs_metric *metric)
{
    obs_str values[OBS_METRIC_MAX_LABELS];

    for (size_t i = 0; i < metric->n_labels; i++)
        values[i] = (obs_str)OBS_STR("other");
    metric->other = metric_series_create(&(struct metric_series_shape){
        .kind = metric->kind,
        .bounds = metric->bounds,
        .n_bounds = metric->n_bounds,
        .values = values,
        .n_values = metric->n_labels,
        .hash = metric_label_hash(values, metric->n_labels),
    });
    if (!metric->other)
        return OBS_E_NOMEM;
    /* without labels it is the series; with labels it shows when it is used */
    metric_series_show(metric->other, metric->n_labels == 0);
    link_series(metric, metric->other);
    publish_series(metric, metric->other);
    return OBS_OK;
}

static int copy_texts(obs_metric *metric, const obs_metric_spec *spec)
{
    metric->name = strdup(spec->name);
    metric->help = strdup(spec->help ? spec->help : "");
    metric->labels = calloc(spec->n_labels + 1, sizeof(metric->labels[0]));
    metric->table = calloc(FIRST_TABLE_SLOTS, sizeof(metric->table[0]));
    metric->n_slots = FIRST_TABLE_SLOTS;
    if (!metric->name || !metric->help || !metric->labels || !metric->table)
        return OBS_E_NOMEM;
    metric->n_labels = spec->n_labels;
    for (size_t i = 0; i < spec->n_labels; i++) {
        metric->labels[i] = strdup(spec->labels[i]);
        if (!metric->labels[i])
            return OBS_E_NOMEM;
    }
    return OBS_OK;
}

static obs_metric *metric_create(const obs_metric_spec *spec, const double *bounds, size_t n_bounds)
{
    obs_metric *metric = calloc(1, sizeof(*metric));

    if (!metric)
        return NULL;
    pthread_mutex_init(&metric->lock, /* attr= */ NULL);
    metric->kind = spec->kind;
    metric->max_series = spec->max_series > 0 ? spec->max_series : DEFAULT_MAX_SERIES;
    metric->n_bounds = n_bounds;
    metric->bounds = malloc((n_bounds + 1) * sizeof(metric->bounds[0]));
    if (!metric->bounds || copy_texts(metric, spec) < 0)
        goto fail;
    if (n_bounds > 0)
        memcpy(metric->bounds, bounds, n_bounds * sizeof(bounds[0]));
    if (make_other(metric) < 0)
        goto fail;
    return metric;

fail:
    metric_destroy(metric);
    return NULL;
}

/* ---- registering --------------------------------------------------------- */

/* The bounds that the family gets; a last bound of +Inf is implied anyway. */
static int choose_bounds(const obs_metric_spec *spec, const double **ret_bounds, size_t *ret_n)
{
    const double *bounds = spec->bounds ? spec->bounds : default_bounds;
    size_t n = spec->bounds ? spec->n_bounds : sizeof(default_bounds) / sizeof(default_bounds[0]);

    if (spec->kind != OBS_METRIC_HISTOGRAM)
        n = 0;
    if (n > 0 && isinf(bounds[n - 1]) && bounds[n - 1] > 0)
        n--;
    if (n > METRIC_MAX_BOUNDS)
        return OBS_E_INVALID;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1]))
            return OBS_E_INVALID;
    *ret_bounds = bounds;
    *ret_n = n;
    return OBS_OK;
}

static bool spec_valid(const obs_metric_spec *spec)
{
    if (spec->size < sizeof(*spec) || spec->kind > OBS_METRIC_HISTOGRAM ||
        spec->n_labels > OBS_METRIC_MAX_LABELS || !metric_name_valid(spec->name, spec->kind))
        return false;
    for (size_t i = 0; i < spec->n_labels; i++) {
        if (!metric_label_valid(spec->labels[i], spec->kind))
            return false;
        for (size_t j = 0; j < i; j++)
            if (strcmp(spec->labels[i], spec->labels[j]) == 0)
                return false;
    }
    return true;
}

static bool same_family(const obs_metric *metric, const obs_metric_spec *spec, const double *bounds,
                        size_t n_bounds)
{
    if (metric->kind != spec->kind || metric->n_labels != spec->n_labels ||
        metric->n_bounds != n_bounds)
        return false;
    for (size_t i = 0; i < n_bounds; i++)
        if (metric->bounds[i] < bounds[i] || metric->bounds[i] > bounds[i])
            return false;
    for (size_t i = 0; i < spec->n_labels; i++)
        if (strcmp(metric->labels[i], spec->labels[i]) != 0)
            return false;
    return true;
}

/* The family's name in OpenMetrics: a counter's has no "_total". */
static size_t family_bytes(const char *name, uint32_t kind)
{
    return strlen(name) - (kind == OBS_METRIC_COUNTER ? TOTAL_BYTES : 0);
}

/* True when one is counter x_total and the other x: OpenMetrics knows both as
 * family x and readers refuse the second. */
static bool families_clash(const obs_metric *metric, const obs_metric_spec *spec)
{
    size_t n = family_bytes(metric->name, metric->kind);

    return n == family_bytes(spec->name, spec->kind) && memcmp(metric->name, spec->name, n) == 0;
}

static int register_locked(const obs_metric_spec *spec, const double *bounds, size_t n_bounds,
                           obs_metric **ret_metric)
{
    obs_metric *_Atomic *place = &registry.first;
    obs_metric *metric;

    for (obs_metric *m = atomic_load(&registry.first); m; m = atomic_load(&m->next)) {
        int order = strcmp(m->name, spec->name);

        if (order == 0) {
            if (!same_family(m, spec, bounds, n_bounds))
                return OBS_E_CONFLICT;
            *ret_metric = m;
            return OBS_OK;
        }
        if (families_clash(m, spec))
            return OBS_E_CONFLICT;
        if (order < 0)
            place = &m->next;
    }
    metric = metric_create(spec, bounds, n_bounds);
    if (!metric)
        return OBS_E_NOMEM;
    atomic_init(&metric->next, atomic_load(place));
    atomic_store_explicit(place, metric, memory_order_release);
    *ret_metric = metric;
    return OBS_OK;
}

int obs_metric_register(obs_instance *instance, const obs_metric_spec *spec,
                        obs_metric **ret_metric)
{
    const double *bounds;
    size_t n_bounds;
    int rc;

    (void)instance; /* families outlive instances on purpose */
    MISUSE_UNLESS_CONTROL(instance);
    if (!spec_valid(spec) || choose_bounds(spec, &bounds, &n_bounds) < 0)
        return OBS_E_INVALID;
    pthread_mutex_lock(&registry.lock);
    rc = register_locked(spec, bounds, n_bounds, ret_metric);
    pthread_mutex_unlock(&registry.lock);
    return rc;
}

void metric_on_read(void (*fn)(void))
{
    size_t i = 0;

    for (; i < METRIC_MAX_REFRESH; i++) {
        void (*old)(void) = NULL;

        if (atomic_load(&registry.refresh[i]) == fn ||
            atomic_compare_exchange_strong(&registry.refresh[i], &old, fn))
            break;
    }
    assert(i < METRIC_MAX_REFRESH);
}

/* ---- series -------------------------------------------------------------- */

static bool same_values(const obs_series *series, uint64_t hash, const obs_str *values)
{
    if (series->hash != hash)
        return false;
    for (size_t i = 0; i < series->n_values; i++)
        if (!obs_str_eq(series->values[i], values[i]))
            return false;
    return true;
}

static obs_series *find_series(const obs_metric *metric, uint64_t hash, const obs_str *values)
{
    for (size_t slot = hash & (metric->n_slots - 1); metric->table[slot];
         slot = (slot + 1) & (metric->n_slots - 1))
        if (same_values(metric->table[slot], hash, values))
            return metric->table[slot];
    return NULL;
}

static int grow_table(obs_metric *metric)
{
    obs_series **old = metric->table;
    obs_series **table;
    size_t n = metric->n_slots;

    if ((metric->n_series + 2) * 2 <= n)
        return OBS_OK;
    table = calloc(n * 2, sizeof(table[0]));
    if (!table)
        return OBS_E_NOMEM;
    metric->table = table;
    metric->n_slots = n * 2;
    for (size_t i = 0; i < n; i++)
        if (old[i])
            link_series(metric, old[i]);
    free(old);
    return OBS_OK;
}

/* A new series, or NULL when there is no room for it. */
static obs_series *make_series(obs_metric *metric, uint64_t hash, const obs_str *values)
{
    obs_series *series;

    if (metric->n_series >= metric->max_series || grow_table(metric) < 0)
        return NULL;
    series = metric_series_create(&(struct metric_series_shape){
        .kind = metric->kind,
        .bounds = metric->bounds,
        .n_bounds = metric->n_bounds,
        .values = values,
        .n_values = metric->n_labels,
        .hash = hash,
    });
    if (!series)
        return NULL;
    link_series(metric, series);
    publish_series(metric, series);
    metric->n_series++;
    return series;
}

/* Counts a lookup that found no room, by family. */
static void count_overflow(const obs_metric *metric)
{
    static const char *const labels[] = {"family"};
    const obs_metric_spec spec = {
        .size = sizeof(spec),
        .kind = OBS_METRIC_COUNTER,
        .name = "metric_series_overflow_total",
        .help = "Lookups of a series past the family's limit, booked on \"other\".",
        .labels = labels,
        .n_labels = 1,
    };
    obs_metric *overflow = atomic_load(&registry.overflow);
    obs_str name = obs_str_of(metric->name);

    if (!overflow) {
        if (obs_metric_register(/* instance= */ NULL, &spec, &overflow) < 0)
            return; /* out of memory; the value itself is not lost */
        atomic_store(&registry.overflow, overflow);
    }
    if (overflow != metric)
        obs_series_add(obs_metric_series(overflow, &name), 1);
}

obs_series *obs_metric_series(obs_metric *metric, const obs_str *values)
{
    char text[OBS_METRIC_MAX_LABELS][METRIC_MAX_VALUE_BYTES];
    obs_str clean[OBS_METRIC_MAX_LABELS];
    obs_series *series;
    uint64_t hash;

    if (metric->n_labels == 0)
        return metric->other;
    for (size_t i = 0; i < metric->n_labels; i++)
        clean[i] = metric_label_clean(values[i], text[i]);
    hash = metric_label_hash(clean, metric->n_labels);

    pthread_mutex_lock(&metric->lock);
    series = find_series(metric, hash, clean);
    if (!series)
        series = make_series(metric, hash, clean);
    pthread_mutex_unlock(&metric->lock);

    if (!series) {
        count_overflow(metric);
        series = metric->other;
    }
    if (series == metric->other)
        metric_series_show(series, true);
    return series;
}

/* ---- reading ------------------------------------------------------------- */

static void read_family(const obs_metric *metric,
                        void (*fn)(const obs_metric_sample *sample, void *user), void *user)
{
    uint64_t buckets[METRIC_MAX_BOUNDS + 1] = {0};

    for (const obs_series *s = atomic_load_explicit(&metric->first, memory_order_acquire); s;
         s = atomic_load_explicit(&s->next, memory_order_acquire)) {
        obs_metric_sample sample = {
            .size = sizeof(sample),
            .kind = metric->kind,
            .name = metric->name,
            .help = metric->help,
            .labels = (const char *const *)metric->labels,
            .values = s->values,
            .n_labels = metric->n_labels,
        };

        if (atomic_load_explicit(&s->hidden, memory_order_relaxed))
            continue;
        sample.value = metric_series_read(s, buckets);
        if (metric->kind == OBS_METRIC_HISTOGRAM) {
            sample.sum = sample.value;
            sample.value = 0;
            sample.bounds = metric->bounds;
            sample.buckets = buckets;
            sample.n_bounds = metric->n_bounds;
            for (size_t i = 0; i <= metric->n_bounds; i++)
                sample.count += buckets[i];
        }
        fn(&sample, user);
    }
}

void obs_metrics_each(void (*fn)(const obs_metric_sample *sample, void *user), void *user)
{
    for (size_t i = 0; i < METRIC_MAX_REFRESH; i++) {
        void (*refresh)(void) = atomic_load(&registry.refresh[i]);

        if (refresh)
            refresh();
    }
    for (const obs_metric *m = atomic_load_explicit(&registry.first, memory_order_acquire); m;
         m = atomic_load_explicit(&m->next, memory_order_acquire))
        read_family(m, fn, user);
}
