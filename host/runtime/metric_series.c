/* SPDX-License-Identifier: Apache-2.0 */
/* Updates and reads of a series. The order between cells does not matter, so
 * everything is relaxed but the publication of a cell itself. */
#include "runtime/metric_series.h"

#include "runtime/metric.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#define CACHE_LINE_BYTES 64u
#define LINEAR_BOUNDS 16u /* up to here counting beats a binary search */

static uint32_t n_workers;
static _Thread_local uint32_t thread_shard = METRIC_SHARD_SHARED;

/* set() is read-compute-write over several cells; two at once would lose adds
 * that came between them. Setting is rare, adding never takes it. */
static pthread_mutex_t set_lock = PTHREAD_MUTEX_INITIALIZER;

void metric_start(uint32_t n)
{
    n_workers = n;
}

void metric_thread_shard(uint32_t shard)
{
    thread_shard = shard;
}

/* ---- cells --------------------------------------------------------------- */

static size_t bucket_count(const obs_series *series)
{
    return series->kind == OBS_METRIC_HISTOGRAM ? series->n_bounds + 1u : 0;
}

static struct metric_cell *cell_create(const obs_series *series)
{
    size_t n = bucket_count(series);
    size_t size = sizeof(struct metric_cell) + n * sizeof(uint64_t);
    struct metric_cell *cell;

    size = (size + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES * CACHE_LINE_BYTES;
    cell = aligned_alloc(CACHE_LINE_BYTES, size);
    if (!cell)
        return NULL;
    atomic_init(&cell->sum, 0.0);
    for (size_t i = 0; i < n; i++)
        atomic_init(&cell->buckets[i], 0);
    return cell;
}

/* The calling worker's cell; NULL: use the shared one. */
static struct metric_cell *own_cell(obs_series *series)
{
    uint32_t shard = thread_shard;
    struct metric_cell *cell;

    if (shard >= series->n_shards)
        return NULL;
    /* relaxed: only this thread ever stores here */
    cell = atomic_load_explicit(&series->shards[shard], memory_order_relaxed);
    if (!cell) {
        cell = cell_create(series);
        /* release: a reader that sees the cell sees its zeros */
        atomic_store_explicit(&series->shards[shard], cell, memory_order_release);
    }
    return cell;
}

static void add_own(_Atomic double *sum, double amount)
{
    double now = atomic_load_explicit(sum, memory_order_relaxed);

    atomic_store_explicit(sum, now + amount, memory_order_relaxed);
}

static void add_shared(_Atomic double *sum, double amount)
{
    double now = atomic_load_explicit(sum, memory_order_relaxed);

    while (!atomic_compare_exchange_weak_explicit(sum, &now, now + amount, memory_order_relaxed,
                                                  memory_order_relaxed))
        ;
}

/* How many bounds are below `value`: its bucket, since a bound is inclusive. */
static size_t bucket_of(const double *bounds, size_t n, double value)
{
    size_t low = 0;

    if (n <= LINEAR_BOUNDS) {
        for (size_t i = 0; i < n; i++)
            low += bounds[i] < value;
        return low;
    }
    for (size_t high = n; low < high;) {
        size_t middle = low + (high - low) / 2;

        if (bounds[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static double sum_cells(const obs_series *series)
{
    double sum = atomic_load_explicit(&series->shared->sum, memory_order_relaxed);

    for (uint32_t i = 0; i < series->n_shards; i++) {
        const struct metric_cell *cell =
            atomic_load_explicit(&series->shards[i], memory_order_acquire);

        if (cell)
            sum += atomic_load_explicit(&cell->sum, memory_order_relaxed);
    }
    return sum;
}

/* ---- life ---------------------------------------------------------------- */

/* All values in one block behind their slices. */
static obs_str *copy_values(const obs_str *values, size_t n)
{
    size_t size = n * sizeof(obs_str);
    obs_str *copy;
    char *text;

    for (size_t i = 0; i < n; i++)
        size += values[i].len;
    copy = malloc(size > 0 ? size : 1);
    if (!copy)
        return NULL;
    text = (char *)(copy + n);
    for (size_t i = 0; i < n; i++) {
        if (values[i].len > 0)
            memcpy(text, values[i].ptr, values[i].len);
        copy[i] = obs_str_n(text, values[i].len);
        text += values[i].len;
    }
    return copy;
}

obs_series *metric_series_create(const struct metric_series_shape *shape)
{
    obs_series *series = calloc(1, sizeof(*series) + n_workers * sizeof(series->shards[0]));

    if (!series)
        return NULL;
    series->kind = shape->kind;
    series->bounds = shape->bounds;
    series->n_bounds = (uint32_t)shape->n_bounds;
    series->hash = shape->hash;
    series->n_values = shape->n_values;
    series->n_shards = n_workers;
    series->values = copy_values(shape->values, shape->n_values);
    series->shared = cell_create(series);
    if (!series->values || !series->shared) {
        free(series->values);
        free(series->shared);
        free(series);
        return NULL;
    }
    return series;
}

/* ---- updates ------------------------------------------------------------- */

void obs_series_add(obs_series *series, double amount)
{
    struct metric_cell *cell;

    assert(series->kind != OBS_METRIC_HISTOGRAM);
    if (series->kind == OBS_METRIC_COUNTER && !(amount >= 0))
        return; /* a counter that falls would read as a restart */
    cell = own_cell(series);
    if (cell)
        add_own(&cell->sum, amount);
    else
        add_shared(&series->shared->sum, amount);
}

void metric_series_store(obs_series *series, double value)
{
    assert(series->kind != OBS_METRIC_HISTOGRAM);
    pthread_mutex_lock(&set_lock);
    atomic_store_explicit(&series->base, value - sum_cells(series), memory_order_relaxed);
    pthread_mutex_unlock(&set_lock);
}

void obs_series_set(obs_series *series, double value)
{
    assert(series->kind == OBS_METRIC_GAUGE);
    metric_series_store(series, value);
}

void obs_series_observe(obs_series *series, double value)
{
    struct metric_cell *cell;
    size_t bucket;

    assert(series->kind == OBS_METRIC_HISTOGRAM);
    if (isnan(value))
        return; /* one NaN would make the sum NaN for ever */
    bucket = bucket_of(series->bounds, series->n_bounds, value);
    cell = own_cell(series);
    if (cell) {
        uint64_t now = atomic_load_explicit(&cell->buckets[bucket], memory_order_relaxed);

        atomic_store_explicit(&cell->buckets[bucket], now + 1, memory_order_relaxed);
        add_own(&cell->sum, value);
    } else {
        atomic_fetch_add_explicit(&series->shared->buckets[bucket], 1, memory_order_relaxed);
        add_shared(&series->shared->sum, value);
    }
}

void metric_series_show(obs_series *series, bool shown)
{
    atomic_store_explicit(&series->hidden, !shown, memory_order_relaxed);
}

/* ---- reading ------------------------------------------------------------- */

static void add_buckets(const struct metric_cell *cell, size_t n, uint64_t *buckets)
{
    for (size_t i = 0; i < n; i++)
        buckets[i] += atomic_load_explicit(&cell->buckets[i], memory_order_relaxed);
}

double metric_series_read(const obs_series *series, uint64_t *ret_buckets)
{
    size_t n = bucket_count(series);

    if (n > 0) {
        memset(ret_buckets, 0, n * sizeof(ret_buckets[0]));
        add_buckets(series->shared, n, ret_buckets);
        for (uint32_t i = 0; i < series->n_shards; i++) {
            const struct metric_cell *cell =
                atomic_load_explicit(&series->shards[i], memory_order_acquire);

            if (cell)
                add_buckets(cell, n, ret_buckets);
        }
    }
    return sum_cells(series) + atomic_load_explicit(&series->base, memory_order_relaxed);
}
