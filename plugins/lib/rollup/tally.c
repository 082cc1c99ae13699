/* SPDX-License-Identifier: Apache-2.0 */
/* A table of entries in order of their arrival, found by an open hash. A span goes to
 * one of them, or, where spans are grouped by tags, to several: then what is said of
 * all spans is counted apart. */
#include "json_member.h"
#include "span_value.h"
#include "tally_table.h"

#include <stdlib.h>

/* --- life ---------------------------------------------------------------------------- */

static size_t need_index(struct tally *t, uint32_t field)
{
    size_t i = 0;

    while (i < t->n_needs && t->needs[i].field != field)
        i++;
    if (i == t->n_needs)
        t->needs[t->n_needs++] =
            (struct tally_need){.field = field, .number = cell_number_of(field)};
    return i;
}

static void note_needs(struct tally *t)
{
    t->tags = -1;
    for (size_t i = 0; i < t->query->n_dimensions; i++)
        if (t->query->dimensions[i].field == OBS_FIELD_TAGS)
            t->tags = (int)i;
    for (size_t i = 0; i < t->query->n_measures; i++) {
        const obs_measure *m = &t->query->measures[i];

        if (!tally_has_field(m))
            continue;
        t->need_of[i] = need_index(t, m->field);
        t->needs[t->need_of[i]].extremes |=
            m->kind == OBS_MEASURE_MIN || m->kind == OBS_MEASURE_MAX;
        t->needs[t->need_of[i]].sketch |= m->kind == OBS_MEASURE_QUANTILE;
        t->needs[t->need_of[i]].distinct |= m->kind == OBS_MEASURE_DISTINCT;
    }
}

/* --- entries --------------------------------------------------------------------------------- */

struct tally_count *tally_count_new(const struct tally *t)
{
    struct tally_count *count = calloc(1, sizeof(*count) + t->n_needs * sizeof(count->values[0]));

    for (size_t i = 0; count && i < t->n_needs; i++)
        count->values[i].least = count->values[i].greatest = OBS_ABSENT;
    return count;
}

void tally_count_free(const struct tally *t, struct tally_count *count)
{
    for (size_t i = 0; count && i < t->n_needs; i++)
        tally_value_free(&count->values[i]);
    free(count);
}

int tally_count_merge(const struct tally *t, struct tally_count *to, const struct tally_count *from)
{
    int rc = OBS_OK;

    to->count += from->count;
    to->errors += from->errors;
    for (size_t i = 0; i < t->n_needs && rc == OBS_OK; i++)
        rc = tally_value_merge(&to->values[i], &from->values[i]);
    return rc;
}

static bool same(const struct tally *t, const struct tally_entry *e, const obs_str *dimensions,
                 uint32_t bucket)
{
    if (e->bucket != bucket)
        return false;
    for (size_t i = 0; i < t->query->n_dimensions; i++)
        if (!obs_str_eq(e->dimensions[i], dimensions[i]))
            return false;
    return true;
}

static uint64_t hash(const struct tally *t, const obs_str *dimensions, uint32_t bucket)
{
    uint64_t sum = bucket * UINT64_C(0x9e3779b97f4a7c15), part;

    for (size_t i = 0; i < t->query->n_dimensions; i++) {
        crypto_shorthash((unsigned char *)&part, (const unsigned char *)dimensions[i].ptr,
                         dimensions[i].len, t->key);
        sum = (sum ^ part) * UINT64_C(0xff51afd7ed558ccd);
        sum ^= sum >> 32;
    }
    return sum ^ sum >> 29;
}

static bool grow(struct tally *t)
{
    size_t capacity = t->capacity ? 2 * t->capacity : 64;
    struct tally_entry *entries = realloc(t->entries, capacity * sizeof(*entries));
    uint32_t *slots;

    if (!entries)
        return false;
    t->entries = entries;
    slots = calloc(2 * capacity, sizeof(*slots));
    if (!slots)
        return false;
    free(t->slots);
    t->slots = slots;
    t->capacity = capacity;
    t->mask = 2 * capacity - 1;
    for (size_t k = 0; k < t->n; k++) {
        uint64_t i = hash(t, entries[k].dimensions, entries[k].bucket) & t->mask;

        while (slots[i])
            i = (i + 1) & t->mask;
        slots[i] = (uint32_t)k + 1;
    }
    return true;
}

static bool fill(struct tally *t, struct tally_entry *e, const obs_str *dimensions, uint32_t bucket)
{
    *e = (struct tally_entry){.bucket = bucket, .count = tally_count_new(t)};
    if (!e->count)
        return false;
    for (size_t i = 0; i < t->query->n_dimensions; i++) {
        if (dimensions[i].len == 0)
            continue;
        e->dimensions[i] = obs_arena_dup(t->arena, dimensions[i]);
        if (!e->dimensions[i].ptr) {
            tally_count_free(t, e->count);
            return false;
        }
    }
    return true;
}

static int find(struct tally *t, const obs_str *dimensions, uint32_t bucket,
                struct tally_count **ret)
{
    uint64_t h = hash(t, dimensions, bucket), i = h & t->mask;

    for (; t->slots && t->slots[i]; i = (i + 1) & t->mask)
        if (same(t, &t->entries[t->slots[i] - 1], dimensions, bucket)) {
            *ret = t->entries[t->slots[i] - 1].count;
            return OBS_OK;
        }
    if (t->n == t->max)
        return OBS_E_COMPLEX;
    if (t->n == t->capacity) {
        if (!grow(t))
            return OBS_E_NOMEM;
        for (i = h & t->mask; t->slots[i];)
            i = (i + 1) & t->mask;
    }
    if (!fill(t, &t->entries[t->n], dimensions, bucket))
        return OBS_E_NOMEM;
    *ret = t->entries[t->n++].count;
    t->slots[i] = (uint32_t)t->n;
    return OBS_OK;
}

/* --- life ----------------------------------------------------------------------------------------
 */

struct tally *tally_new(const obs_aggregate_query *query, size_t max_entries)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    struct tally *t = arena ? calloc(1, sizeof(*t)) : NULL;

    if (!t) {
        obs_arena_destroy(arena);
        return NULL;
    }
    t->arena = arena;
    t->max = max_entries < UINT32_MAX - 1 ? max_entries : UINT32_MAX - 1;
    crypto_shorthash_keygen(t->key);
    t->query = query;
    note_needs(t);
    if (t->tags >= 0 && !(t->all = tally_count_new(t))) {
        tally_free(t);
        return NULL;
    }
    return t;
}

void tally_free(struct tally *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n; i++)
        tally_count_free(t, t->entries[i].count);
    tally_count_free(t, t->all);
    for (size_t i = 0; i < TALLY_MAX_DIMENSIONS; i++)
        free(t->scratch[i].text);
    free(t->entries);
    free(t->slots);
    obs_arena_destroy(t->arena);
    free(t);
}

/* --- putting in
 * ------------------------------------------------------------------------------------ */

/* The bucket that holds a moment, which is within the range. */
static uint32_t bucket_of(const obs_aggregate_query *q, int64_t ns)
{
    size_t low = 0, high = q->n_edges - 1; /* edges[low] <= ns < edges[high] */

    if (q->n_edges == 0)
        return TALLY_NO_BUCKET;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (q->edges[middle] <= ns)
            low = middle;
        else
            high = middle;
    }
    return (uint32_t)low;
}

static int count_span(const struct tally *t, struct tally_count *count, const obs_span *span)
{
    int rc = OBS_OK;

    count->count++;
    count->errors += span->status == OBS_STATUS_ERROR;
    for (size_t i = 0; i < t->n_needs && rc == OBS_OK; i++) {
        const struct tally_need *need = &t->needs[i];

        rc = need->distinct
                 ? tally_value_text(&count->values[i], span_text(span, need->field))
                 : tally_value_number(&count->values[i], need, span_number(span, need->field));
    }
    return rc;
}

static int count_entry(struct tally *t, const obs_str *dimensions, const obs_span *span)
{
    struct tally_count *count;
    int rc = find(t, dimensions, bucket_of(t->query, span->start_ns), &count);

    return rc == OBS_OK ? count_span(t, count, span) : rc;
}

/* What a text in JSON stands for, for dimension `i` of the span at hand. */
static int unquote(struct tally *t, size_t i, obs_str json, obs_str *ret)
{
    if (!memchr(json.ptr, '\\', json.len)) {
        *ret = obs_str_n(json.ptr + 1, json.len - 2);
        return OBS_OK;
    }
    if (t->scratch[i].size < json.len) {
        char *text = realloc(t->scratch[i].text, json.len);

        if (!text)
            return OBS_E_NOMEM;
        t->scratch[i].text = text;
        t->scratch[i].size = json.len;
    }
    *ret = obs_str_n(t->scratch[i].text, json_unquote(json, t->scratch[i].text));
    return OBS_OK;
}

/* Absent unless it is a text. */
static int member_text(struct tally *t, size_t i, const obs_span *span, obs_str *ret)
{
    const obs_dimension *d = &t->query->dimensions[i];
    obs_str object = span_json_text(span, d->field);
    obs_str json = object.len ? json_member(object, d->key) : object;

    *ret = obs_str_n(NULL, 0);
    return json.len >= 2 && json.ptr[0] == '"' ? unquote(t, i, json, ret) : OBS_OK;
}

/* The next text of a list of texts, from `at` on: where it ends, NULL: no more. */
static const char *next_text(const char *at, const char *end, obs_str *ret)
{
    const char *begin = memchr(at, '"', (size_t)(end - at));

    if (!begin)
        return NULL;
    for (at = begin + 1; at < end && *at != '"'; at++)
        at += *at == '\\' && at + 1 < end;
    *ret = obs_str_n(begin, (size_t)(at - begin) + (at < end));
    return at < end ? at + 1 : end;
}

/* A span is in the group of each of its tags, and without any in that of none. */
static int count_tags(struct tally *t, obs_str *dimensions, const obs_span *span)
{
    obs_str tags = span_json_text(span, OBS_FIELD_TAGS), json;
    const char *at = tags.ptr, *end = tags.ptr + tags.len;
    bool any = false;
    int rc = count_span(t, t->all, span);

    while (rc == OBS_OK && at < end && (at = next_text(at, end, &json))) {
        any = true;
        rc = json.len >= 2 ? unquote(t, (size_t)t->tags, json, &dimensions[t->tags]) : OBS_OK;
        if (rc == OBS_OK)
            rc = count_entry(t, dimensions, span);
    }
    if (rc == OBS_OK && !any)
        rc = count_entry(t, dimensions, span);
    return rc;
}

int tally_add_span(struct tally *t, const obs_span *span)
{
    obs_str dimensions[TALLY_MAX_DIMENSIONS] = {{0}};
    int rc = OBS_OK;

    for (size_t i = 0; i < t->query->n_dimensions && rc == OBS_OK; i++) {
        const obs_dimension *d = &t->query->dimensions[i];

        if (d->key.len)
            rc = member_text(t, i, span, &dimensions[i]);
        else if (d->field != OBS_FIELD_TAGS)
            dimensions[i] = span_text(span, d->field);
    }
    if (rc < 0)
        return rc;
    return t->tags >= 0 ? count_tags(t, dimensions, span) : count_entry(t, dimensions, span);
}

int tally_add_cell(struct tally *t, const obs_str *dimensions, bool errors, int64_t start_ns,
                   const struct cell *cell)
{
    struct tally_count *count;
    int rc = find(t, dimensions, bucket_of(t->query, start_ns), &count);

    if (rc < 0)
        return rc;
    count->count += (uint64_t)cell->count;
    count->errors += errors ? (uint64_t)cell->count : 0;
    for (size_t i = 0; i < t->n_needs && rc == OBS_OK; i++)
        rc = tally_value_cell(&count->values[i], &t->needs[i], cell);
    return rc;
}
