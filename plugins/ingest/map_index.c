/* SPDX-License-Identifier: Apache-2.0 */
/* From an attribute's name to its row: open addressing over a hash of the
 * length and three words of the name, so that a miss costs a few nanoseconds
 * whatever the name's length. Rows with an index are few and tried in turn. */
#include "map_table.h"

#include <stdbool.h>
#include <stdlib.h>

#define N_SLOTS 1024u /* a power of two, several times the rows */
#define MAX_INDEXED 32u
#define MAX_INDEX_DIGITS 6

struct indexed {
    const struct map_row *row;
    obs_str before; /* "llm.input_messages." */
    obs_str after;  /* ".message." */
};

struct map_index {
    const struct map_row *slots[N_SLOTS];
    uint32_t lengths[N_SLOTS];
    struct indexed indexed[MAX_INDEXED];
    size_t n_indexed;
};

static uint64_t word_at(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

static uint32_t hash(obs_str key)
{
    uint64_t h = key.len * UINT64_C(0x9E3779B97F4A7C15);

    if (key.len >= 8) {
        h ^= word_at(key.ptr) * UINT64_C(0xBF58476D1CE4E5B9);
        h ^= word_at(key.ptr + (key.len - 8) / 2) * UINT64_C(0x94D049BB133111EB);
        h = (h ^ h >> 32) + word_at(key.ptr + key.len - 8) * UINT64_C(0xD6E8FEB86659FD93);
    } else {
        for (size_t i = 0; i < key.len; i++)
            h = (h ^ (unsigned char)key.ptr[i]) * UINT64_C(0x100000001B3);
    }
    h ^= h >> 29;
    return (uint32_t)(h ^ h >> 32);
}

/* Takes up `row` when its key has an index in it. */
static bool index_row(struct map_index *index, const struct map_row *row)
{
    const char *n = strstr(row->key, ".N.");
    struct indexed *to;

    if (!n || index->n_indexed == MAX_INDEXED)
        return false;
    to = &index->indexed[index->n_indexed++];
    to->row = row;
    to->before = obs_str_n(row->key, (size_t)(n + 1 - row->key));
    to->after = obs_str_of(n + 2);
    return true;
}

struct map_index *map_index_create(void)
{
    struct map_index *index = calloc(1, sizeof(*index));

    for (size_t i = 0; index && i < map_n_rows; i++) {
        const struct map_row *row = &map_rows[i];
        obs_str key = obs_str_of(row->key);
        uint32_t slot;

        if (index_row(index, row))
            continue;
        for (slot = hash(key) % N_SLOTS; index->slots[slot]; slot = (slot + 1) % N_SLOTS)
            ;
        index->slots[slot] = row;
        index->lengths[slot] = (uint32_t)key.len;
    }
    return index;
}

void map_index_destroy(struct map_index *index)
{
    free(index);
}

/* Matches "before", digits, "after…". */
static bool match_indexed(const struct indexed *row, obs_str key, uint32_t *ret_index,
                          obs_str *ret_rest)
{
    const char *p, *end = key.ptr + key.len;
    uint32_t number = 0;
    int digits = 0;

    if (key.len <= row->before.len || memcmp(key.ptr, row->before.ptr, row->before.len) != 0)
        return false;
    p = key.ptr + row->before.len;
    for (; p < end && *p >= '0' && *p <= '9' && digits < MAX_INDEX_DIGITS; p++, digits++)
        number = number * 10 + (uint32_t)(*p - '0');
    if (digits == 0 || (size_t)(end - p) <= row->after.len ||
        memcmp(p, row->after.ptr, row->after.len) != 0)
        return false;
    *ret_index = number;
    *ret_rest = obs_str_n(p + row->after.len, (size_t)(end - p) - row->after.len);
    return true;
}

const struct map_row *map_index_find(const struct map_index *index, obs_str key,
                                     uint32_t *ret_index, obs_str *ret_rest)
{
    for (uint32_t slot = hash(key) % N_SLOTS; index->slots[slot]; slot = (slot + 1) % N_SLOTS)
        if (index->lengths[slot] == key.len &&
            memcmp(index->slots[slot]->key, key.ptr, key.len) == 0)
            return index->slots[slot];
    if (key.len < 12 || (key.ptr[0] != 'g' && key.ptr[0] != 'l')) /* "gen_ai.", "llm." */
        return NULL;
    for (size_t i = 0; i < index->n_indexed; i++)
        if (match_indexed(&index->indexed[i], key, ret_index, ret_rest))
            return index->indexed[i].row;
    return NULL;
}

const struct map_event_row *map_event_find(obs_str name)
{
    for (size_t i = 0; i < map_n_event_rows; i++)
        if (obs_str_is(name, map_event_rows[i].name))
            return &map_event_rows[i];
    return NULL;
}
