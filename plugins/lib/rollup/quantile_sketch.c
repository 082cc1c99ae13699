/* SPDX-License-Identifier: Apache-2.0 */
/* Bucket i holds the values in (gamma^(i-1), gamma^i]. All values of one bucket
 * are within 1 % of the one that is told for it. Values up to 2^63 need 2,185
 * buckets, so the window of those in use is an array. */
#include "quantile_sketch.h"
#include "varint.h"

#include <math.h>
#include <stdlib.h>

#define FORMAT 1u
#define MAX_INDEX 2200

static double gamma_of(void)
{
    return (1 + SKETCH_ACCURACY) / (1 - SKETCH_ACCURACY);
}

static int32_t index_of(int64_t value)
{
    static const double per_log = 49.99833328888678; /* 1 / log(gamma) */

    return (int32_t)ceil(log((double)value) * per_log);
}

static int64_t value_of(int32_t index)
{
    double value = 2 * pow(gamma_of(), index) / (gamma_of() + 1);

    return value >= 9.2e18 ? INT64_MAX : (int64_t)(value + 0.5);
}

void sketch_free(struct sketch *sketch)
{
    free(sketch->buckets);
    *sketch = (struct sketch){0};
}

void sketch_clear(struct sketch *sketch)
{
    sketch->count = sketch->zeros = 0;
    sketch->n = 0;
}

/* --- the window ---------------------------------------------------------------- */

static int reserve(struct sketch *s, uint32_t n)
{
    uint32_t capacity = s->capacity ? s->capacity : 32;
    uint64_t *buckets;

    while (capacity < n)
        capacity *= 2;
    if (capacity == s->capacity)
        return OBS_OK;
    buckets = realloc(s->buckets, capacity * sizeof(*buckets));
    if (!buckets)
        return OBS_E_NOMEM;
    s->buckets = buckets;
    s->capacity = capacity;
    return OBS_OK;
}

/* Makes the window hold `from` to `to`, both included. */
static int widen(struct sketch *s, int32_t from, int32_t to)
{
    int32_t first = s->n && s->first < from ? s->first : from;
    int32_t last = s->n && s->first + (int32_t)s->n - 1 > to ? s->first + (int32_t)s->n - 1 : to;
    uint32_t n = (uint32_t)(last - first + 1), before = s->n ? (uint32_t)(s->first - first) : 0;

    if (reserve(s, n) < 0)
        return OBS_E_NOMEM;
    if (before)
        memmove(s->buckets + before, s->buckets, s->n * sizeof(*s->buckets));
    memset(s->buckets, 0, before * sizeof(*s->buckets));
    memset(s->buckets + before + s->n, 0, (n - before - s->n) * sizeof(*s->buckets));
    s->first = first;
    s->n = n;
    return OBS_OK;
}

static int count_at(struct sketch *s, int32_t index, uint64_t n)
{
    if (s->n == 0 || index < s->first || index >= s->first + (int32_t)s->n) {
        int rc = widen(s, index, index);
        if (rc < 0)
            return rc;
    }
    s->buckets[index - s->first] += n;
    s->count += n;
    return OBS_OK;
}

int sketch_add(struct sketch *sketch, int64_t value, uint64_t n)
{
    if (value > 0)
        return count_at(sketch, index_of(value), n);
    sketch->zeros += n;
    sketch->count += n;
    return OBS_OK;
}

int sketch_merge(struct sketch *to, const struct sketch *from)
{
    if (from->n) {
        int rc = widen(to, from->first, from->first + (int32_t)from->n - 1);
        if (rc < 0)
            return rc;
        for (uint32_t i = 0; i < from->n; i++)
            to->buckets[from->first - to->first + (int32_t)i] += from->buckets[i];
    }
    to->zeros += from->zeros;
    to->count += from->count;
    return OBS_OK;
}

int64_t sketch_quantile(const struct sketch *sketch, double q)
{
    uint64_t seen = sketch->zeros, rank;

    if (sketch->count == 0)
        return OBS_ABSENT;
    q = q < 0 ? 0 : q > 1 ? 1 : q;
    rank = (uint64_t)ceil(q * (double)sketch->count);
    if (rank == 0)
        rank = 1;
    if (seen >= rank)
        return 0;
    for (uint32_t i = 0; i < sketch->n; i++) {
        seen += sketch->buckets[i];
        if (seen >= rank)
            return value_of(sketch->first + (int32_t)i);
    }
    return sketch->n ? value_of(sketch->first + (int32_t)sketch->n - 1) : 0;
}

/* --- bytes ------------------------------------------------------------------------ */

size_t sketch_max_bytes(const struct sketch *sketch)
{
    return 1 + (size_t)(2 + 2 * sketch->n) * VARINT_MAX_BYTES;
}

/* Format, zeros, and for each bucket in use its distance from the one before and
 * its count. */
size_t sketch_encode(const struct sketch *sketch, uint8_t *to)
{
    uint8_t *at = to;
    int32_t before = 0;

    *at++ = FORMAT;
    at = varint_put(at, sketch->zeros);
    for (uint32_t i = 0; i < sketch->n; i++) {
        int32_t index = sketch->first + (int32_t)i;

        if (sketch->buckets[i] == 0)
            continue;
        at = varint_put(at, (uint64_t)(index - before));
        at = varint_put(at, sketch->buckets[i]);
        before = index;
    }
    return (size_t)(at - to);
}

int sketch_merge_encoded(struct sketch *to, obs_str bytes)
{
    const uint8_t *at = (const uint8_t *)bytes.ptr, *end = at + bytes.len;
    uint64_t zeros, distance, count;
    int64_t index = 0;

    if (bytes.len == 0 || *at++ != FORMAT || !varint_get(&at, end, &zeros))
        return OBS_E_SYNTAX;
    to->zeros += zeros;
    to->count += zeros;
    while (at < end) {
        if (!varint_get(&at, end, &distance) || !varint_get(&at, end, &count) ||
            distance > MAX_INDEX || (index += (int64_t)distance) > MAX_INDEX)
            return OBS_E_SYNTAX;
        if (count_at(to, (int32_t)index, count) < 0)
            return OBS_E_NOMEM;
    }
    return OBS_OK;
}
