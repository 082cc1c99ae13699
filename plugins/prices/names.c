/* SPDX-License-Identifier: Apache-2.0 */
/* Names are looked for as they are, then without what was put before them, then
 * all of that again with less and less behind them; each time exactly, then by
 * the longest pattern. */
#include "names.h"
#include "ladder.h"

#include <ctype.h>
#include <stdlib.h>

/* Bounds of the search; real names have at most 8 steps of a path and four words
 * behind them. */
#define MAX_PREFIXES 9
#define MAX_SUFFIXES 6

/* --- the table ------------------------------------------------------------------- */

static uint64_t mix(uint64_t h, obs_str text)
{
    size_t i = 0;

    for (uint64_t word; i + 8 <= text.len; i += 8) {
        memcpy(&word, text.ptr + i, 8);
        h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    for (; i < text.len; i++)
        h = (h ^ (uint8_t)text.ptr[i]) * UINT64_C(0x100000001b3);
    return h ^ (h >> 32);
}

/* Whoever asks cannot choose what is in the table, so that no key is needed. */
static uint64_t hash(obs_str provider, obs_str model)
{
    return mix(mix(UINT64_C(0xcbf29ce484222325), provider) ^ '/', model);
}

static bool same_name(const struct price_name *a, const struct price_name *b)
{
    return obs_str_eq(a->model, b->model) && obs_str_eq(a->provider, b->provider);
}

/* Twice the same name is a mistake that would make one of them unreachable. */
static int complain_twice(struct reader *r, const struct price_name *first,
                          const struct price_name *second)
{
    return reader_complain(r, second->node,
                           "the model \"%.*s\" has two prices, the other one is in line %u",
                           OBS_STR_ARG(second->model), obs_conf_line(first->node));
}

static int keep(struct reader *r, struct price_names *names, struct price_name *name)
{
    if (names->n == names->capacity) {
        size_t capacity = names->capacity ? 2 * names->capacity : 256;
        struct price_name **items =
            obs_arena_calloc(r->arena, capacity, sizeof(struct price_name *));
        if (!items)
            return OBS_E_NOMEM;
        if (names->n)
            memcpy(items, names->items, names->n * sizeof(struct price_name *));
        names->items = items;
        names->capacity = capacity;
    }
    names->items[names->n++] = name;
    return OBS_OK;
}

int price_names_add(struct reader *r, struct price_names *names, obs_str name, const obs_conf *node,
                    const struct price_model *target)
{
    struct price_name *added = obs_arena_calloc(r->arena, 1, sizeof(*added));
    const char *star;
    int rc;

    if (!added)
        return OBS_E_NOMEM;
    *added = (struct price_name){.provider = target->provider, .target = target, .node = node};
    rc = reader_name(r, node, name, "model", &added->model);
    if (rc < 0)
        return rc;
    star = memchr(added->model.ptr, '*', added->model.len);
    if (star && star != added->model.ptr + added->model.len - 1)
        return reader_complain(r, node, "expected `*` at the end of a name only, found \"%.*s\"",
                               OBS_STR_ARG(name));
    added->is_pattern = star;
    added->model.len -= added->is_pattern;
    return keep(r, names, added);
}

static int put(struct reader *r, struct price_book *book, struct price_name *name)
{
    uint64_t slot = hash(name->provider, name->model) & (book->n_slots - 1);

    for (; book->slots[slot]; slot = (slot + 1) & (book->n_slots - 1))
        if (same_name(book->slots[slot], name))
            return complain_twice(r, book->slots[slot], name);
    book->slots[slot] = name;
    return OBS_OK;
}

static int compare(obs_str a, obs_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Longest first; the same ones next to each other, in the order of the book. */
static int by_length(const void *a, const void *b)
{
    const struct price_name *x = *(struct price_name *const *)a,
                            *y = *(struct price_name *const *)b;
    int order = (x->model.len < y->model.len) - (x->model.len > y->model.len);

    if (!order)
        order = compare(x->model, y->model);
    if (!order)
        order = compare(x->provider, y->provider);
    return order ? order : (int)obs_conf_line(x->node) - (int)obs_conf_line(y->node);
}

static int sort_patterns(struct reader *r, struct price_book *book)
{
    qsort(book->patterns, book->n_patterns, sizeof(struct price_name *), by_length);
    for (size_t i = 1; i < book->n_patterns; i++)
        if (same_name(book->patterns[i - 1], book->patterns[i]))
            return complain_twice(r, book->patterns[i - 1], book->patterns[i]);
    return OBS_OK;
}

int price_names_build(struct reader *r, const struct price_names *names, struct price_book *book)
{
    int rc = OBS_OK;

    book->n_slots = 16;
    while (book->n_slots < 2 * names->n)
        book->n_slots *= 2;
    book->slots = obs_arena_calloc(r->arena, book->n_slots, sizeof(struct price_name *));
    book->patterns = obs_arena_calloc(r->arena, names->n + 1, sizeof(struct price_name *));
    if (!book->slots || !book->patterns)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < names->n && rc == OBS_OK; i++) {
        struct price_name *name = names->items[i];
        if (name->is_pattern)
            book->patterns[book->n_patterns++] = name;
        else
            rc = put(r, book, name);
    }
    return rc < 0 ? rc : sort_patterns(r, book);
}

/* --- finding --------------------------------------------------------------------- */

static const struct price_model *find_exact(const struct price_book *book, obs_str provider,
                                            obs_str model)
{
    uint64_t mask = book->n_slots - 1;

    for (uint64_t i = hash(provider, model) & mask;; i = (i + 1) & mask) {
        const struct price_name *name = book->slots[i];
        if (!name)
            return NULL;
        if (obs_str_eq(name->model, model) && obs_str_eq(name->provider, provider))
            return name->target;
    }
}

static const struct price_model *find_pattern(const struct price_book *book, obs_str provider,
                                              obs_str model, size_t least_len)
{
    for (size_t i = 0; i < book->n_patterns; i++) { /* longest first */
        const struct price_name *p = book->patterns[i];
        if (p->model.len < least_len)
            return NULL;
        if (model.len >= p->model.len && memcmp(model.ptr, p->model.ptr, p->model.len) == 0 &&
            obs_str_eq(p->provider, provider))
            return p->target;
    }
    return NULL;
}

/* Patterns count that have at least `least_len` bytes before their '*'. */
static const struct price_model *climb(const struct price_book *book, obs_str provider,
                                       obs_str model, size_t least_len)
{
    struct ladder ladder = {.name = model};
    const struct price_model *found;

    for (size_t i = 0; i <= MAX_SUFFIXES; i++) {
        obs_str name = ladder.name;
        for (size_t k = 0; k <= MAX_PREFIXES; k++) {
            found = find_exact(book, provider, name);
            if (!found)
                found = find_pattern(book, provider, name, least_len);
            if (found)
                return found;
            if (!ladder_cut_prefix(&name))
                break;
        }
        if (!ladder_cut_suffix(&ladder))
            break;
    }
    return NULL;
}

/* False when it is too long to be one. */
static bool lower(obs_str model, char *ret_text, obs_str *ret_lower)
{
    if (model.len == 0 || model.len > PRICE_MAX_NAME)
        return false;
    for (size_t i = 0; i < model.len; i++)
        ret_text[i] = (char)tolower((unsigned char)model.ptr[i]);
    *ret_lower = obs_str_n(ret_text, model.len);
    return true;
}

const struct price_model *price_find(const struct price_book *book, obs_str provider, obs_str model)
{
    const struct price_model *found;
    char text[PRICE_MAX_NAME];

    if (!lower(model, text, &model))
        return NULL;
    found = climb(book, provider, model, /* least_len= */ 0);
    for (const struct price_reseller *r = book->resellers; r && !found; r = r->next)
        if (obs_str_eq(r->provider, provider))
            found = climb(book, r->of, model, /* least_len= */ 0);
    return found;
}

bool price_has_provider(const struct price_book *book, obs_str provider)
{
    for (size_t i = 0; i < book->n_providers; i++)
        if (obs_str_eq(book->providers[i], provider))
            return true;
    for (const struct price_reseller *r = book->resellers; r; r = r->next)
        if (obs_str_eq(r->provider, provider))
            return true;
    return false;
}

obs_str price_provider_of(const struct price_books *books, obs_str model)
{
    char text[PRICE_MAX_NAME];

    if (!lower(model, text, &model))
        return obs_str_n(NULL, 0);
    for (size_t i = 0; i < PRICE_N_LAYERS; i++) {
        const struct price_book *book = books->layers[i];
        for (size_t k = 0; book && k < book->n_providers; k++)
            if (climb(book, book->providers[k], model, /* least_len= */ 1))
                return book->providers[k];
    }
    return obs_str_n(NULL, 0);
}
