/* SPDX-License-Identifier: Apache-2.0 */
/* Spans are counted once, by minute and all dimensions; at the end these differences
 * are gathered into the coarser ones. */
#include "rollup_delta.h"
#include "span_value.h"

#include <sodium.h>
#include <stdlib.h>

/* Changes, found by an open hash. */
struct table {
    struct rollup_change *items;
    size_t n, capacity;
    uint32_t *slots; /* item + 1, 0: free; twice the capacity */
};

struct rollup_delta {
    obs_arena *arena; /* of texts */
    struct table finest, all;
    uint8_t key[crypto_shorthash_KEYBYTES]; /* clients choose the texts */
};

/* --- tables --------------------------------------------------------------------------- */

static void table_clear(struct table *table)
{
    for (size_t i = 0; i < table->n; i++)
        cell_free(&table->items[i].cell);
    table->n = 0;
    if (table->slots)
        memset(table->slots, 0, 2 * table->capacity * sizeof(*table->slots));
}

static void table_free(struct table *table)
{
    table_clear(table);
    free(table->items);
    free(table->slots);
}

static uint64_t hash(const struct rollup_delta *d, const struct rollup_change *key)
{
    uint64_t sum = (uint64_t)key->start_ns + (uint64_t)(key->family * 8 + key->resolution), part;

    for (size_t i = 0; i < ROLLUP_N_DIMENSIONS; i++) {
        crypto_shorthash((unsigned char *)&part, (const unsigned char *)key->dimensions[i].ptr,
                         key->dimensions[i].len, d->key);
        sum = (sum ^ part) * UINT64_C(0xff51afd7ed558ccd);
        sum ^= sum >> 32;
    }
    return sum;
}

static bool same(const struct rollup_change *a, const struct rollup_change *b)
{
    if (a->family != b->family || a->resolution != b->resolution || a->start_ns != b->start_ns)
        return false;
    for (size_t i = 0; i < ROLLUP_N_DIMENSIONS; i++)
        if (!obs_str_eq(a->dimensions[i], b->dimensions[i]))
            return false;
    return true;
}

static bool grow(const struct rollup_delta *d, struct table *table)
{
    size_t capacity = table->capacity ? 2 * table->capacity : 64;
    struct rollup_change *items = realloc(table->items, capacity * sizeof(*items));
    uint32_t *slots;

    if (!items)
        return false;
    table->items = items;
    slots = calloc(2 * capacity, sizeof(*slots));
    if (!slots)
        return false;
    free(table->slots);
    table->slots = slots;
    table->capacity = capacity;
    for (size_t k = 0; k < table->n; k++) {
        uint64_t i = hash(d, &items[k]) & (2 * capacity - 1);

        while (slots[i])
            i = (i + 1) & (2 * capacity - 1);
        slots[i] = (uint32_t)k + 1;
    }
    return true;
}

/* The item of a key, made when it is missing; NULL: out of memory. Its texts are
 * copied with `copy`, else shared. */
static struct rollup_change *find(struct rollup_delta *d, struct table *table,
                                  const struct rollup_change *key, bool copy)
{
    uint64_t mask, i;
    struct rollup_change *item;

    if (table->n == table->capacity && !grow(d, table))
        return NULL;
    mask = 2 * table->capacity - 1;
    for (i = hash(d, key) & mask; table->slots[i]; i = (i + 1) & mask)
        if (same(&table->items[table->slots[i] - 1], key))
            return &table->items[table->slots[i] - 1];
    item = &table->items[table->n];
    *item = *key;
    for (size_t k = 0; copy && k < ROLLUP_N_DIMENSIONS; k++) {
        item->dimensions[k] = obs_arena_dup(d->arena, key->dimensions[k]);
        if (!item->dimensions[k].ptr)
            return NULL;
    }
    cell_init(&item->cell);
    table->slots[i] = (uint32_t)++table->n;
    return item;
}

/* --- life -------------------------------------------------------------------------------- */

struct rollup_delta *rollup_delta_new(void)
{
    struct rollup_delta *d = calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    crypto_shorthash_keygen(d->key);
    d->arena = obs_arena_create(/* limit_bytes= */ 0);
    if (!d->arena) {
        free(d);
        return NULL;
    }
    return d;
}

void rollup_delta_free(struct rollup_delta *d)
{
    if (!d)
        return;
    table_free(&d->finest);
    table_free(&d->all);
    obs_arena_destroy(d->arena);
    free(d);
}

void rollup_delta_clear(struct rollup_delta *d)
{
    obs_arena *arena;

    table_clear(&d->all);
    if (d->finest.n == 0)
        return;
    table_clear(&d->finest);
    arena = obs_arena_create(/* limit_bytes= */ 0);
    if (!arena)
        return; /* the old one serves on */
    obs_arena_destroy(d->arena);
    d->arena = arena;
}

/* --- spans -------------------------------------------------------------------------------- */

static int64_t floor_to(int64_t ns, int64_t step)
{
    int64_t rest = ns % step;

    return ns - rest - (rest < 0 ? step : 0);
}

static struct rollup_change *change_of(struct rollup_delta *d, const obs_span *span)
{
    struct rollup_change key = {.family = ROLLUP_ALL, .resolution = ROLLUP_MINUTE};

    key.start_ns = floor_to(span->start_ns, rollup_ns[ROLLUP_MINUTE]);
    key.status = span->status;
    for (size_t i = 0; i < ROLLUP_N_DIMENSIONS; i++)
        key.dimensions[i] = span_text(span, rollup_dimensions[i]);
    return find(d, &d->finest, &key, /* copy= */ true);
}

int rollup_delta_add(struct rollup_delta *d, const obs_span *span)
{
    struct rollup_change *change = change_of(d, span);

    return change ? cell_add(&change->cell, span, /* with_distinct= */ true) : OBS_E_NOMEM;
}

int rollup_delta_change(struct rollup_delta *d, const obs_span *old, const obs_span *span)
{
    struct rollup_change *from = change_of(d, old), *to;
    size_t at = from ? (size_t)(from - d->finest.items) : 0;
    int rc;

    to = from ? change_of(d, span) : NULL; /* may move the items */
    if (!to)
        return OBS_E_NOMEM;
    from = &d->finest.items[at];
    if (from == to)
        return cell_change(&to->cell, old, span, /* with_distinct= */ true);
    rc = cell_remove(&from->cell, old);
    return rc == OBS_OK ? cell_add(&to->cell, span, /* with_distinct= */ true) : rc;
}

/* --- gathering ------------------------------------------------------------------------------ */

static int gather(struct rollup_delta *d, const struct rollup_change *from, int family,
                  int resolution)
{
    struct rollup_change key = *from, *to;

    key.family = family;
    key.resolution = resolution;
    key.start_ns = floor_to(from->start_ns, rollup_ns[resolution]);
    for (size_t i = 0; i < ROLLUP_N_DIMENSIONS; i++)
        if (!rollup_has(family, i))
            key.dimensions[i] = obs_str_n(NULL, 0);
    to = find(d, &d->all, &key, /* copy= */ false);
    return to ? cell_gather(&to->cell, &from->cell) : OBS_E_NOMEM;
}

static int compare(const void *left, const void *right)
{
    const struct rollup_change *a = left, *b = right;

    if (a->resolution != b->resolution)
        return a->resolution - b->resolution;
    if (a->family != b->family)
        return a->family - b->family;
    return (a->start_ns > b->start_ns) - (a->start_ns < b->start_ns);
}

int rollup_delta_changes(struct rollup_delta *d, const struct rollup_change **ret_changes,
                         size_t *ret_n)
{
    int rc = OBS_OK;

    table_clear(&d->all);
    for (size_t i = 0; i < d->finest.n; i++)
        for (int family = 0; family < ROLLUP_N_FAMILIES; family++)
            for (int r = 0; r < ROLLUP_N_RESOLUTIONS && rc == OBS_OK; r++)
                rc = gather(d, &d->finest.items[i], family, r);
    if (d->all.n)
        qsort(d->all.items, d->all.n, sizeof(*d->all.items), compare);
    *ret_changes = d->all.items;
    *ret_n = d->all.n;
    return rc;
}
