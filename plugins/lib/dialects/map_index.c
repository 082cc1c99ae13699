/* SPDX-License-Identifier: Apache-2.0 */
/* From an attribute's name to its row: open addressing over a hash of the
 * length and three words of the name, so that a miss costs a few nanoseconds
 * whatever the name's length. A row with an index is found by what stands
 * before its number; rows that share that are tried in turn. */
#include "map_table.h"

#include <stdbool.h>
#include <stdlib.h>

#define N_SLOTS 2048u /* a power of two, several times the rows */
#define MAX_INDEX_DIGITS 6

struct slot {
    const struct map_row *row;
    uint32_t len;   /* of the key, or of what stands before the number */
    uint32_t after; /* where an indexed row goes on behind its N; 0: an exact row */
};

struct map_index {
    struct slot slots[N_SLOTS];
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

static void add(struct map_index *index, const struct map_row *row)
{
    const char *n = strstr(row->key, ".N.");
    struct slot slot = {.row = row, .len = (uint32_t)strlen(row->key)};
    uint32_t at;

    if (row->key[slot.len - 1] == '*')
        return;
    if (n) {
        slot.len = (uint32_t)(n + 1 - row->key);
        slot.after = slot.len + 1;
    }
    at = hash(obs_str_n(row->key, slot.len)) % N_SLOTS;
    while (index->slots[at].row)
        at = (at + 1) % N_SLOTS;
    index->slots[at] = slot;
}

struct map_index *map_index_create(void)
{
    struct map_index *index = calloc(1, sizeof(*index));

    for (size_t i = 0; index && i < map_n_rows; i++)
        add(index, &map_rows[i]);
    return index;
}

void map_index_destroy(struct map_index *index)
{
    free(index);
}

/* Where the first number between dots begins; 0 when there is none. */
static size_t number_at(obs_str key)
{
    for (size_t i = 1; i + 1 < key.len; i++)
        if (key.ptr[i - 1] == '.' && key.ptr[i] >= '0' && key.ptr[i] <= '9')
            return i;
    return 0;
}

/* Matches digits and what the row has behind its N. */
static bool match_number(const struct slot *slot, obs_str key, uint32_t *ret_index,
                         obs_str *ret_rest)
{
    const char *p = key.ptr + slot->len, *end = key.ptr + key.len;
    const char *after = slot->row->key + slot->after;
    size_t after_len = strlen(after);
    bool open = after[after_len - 1] == '.';
    uint32_t number = 0;
    int digits = 0;

    for (; p < end && *p >= '0' && *p <= '9' && digits < MAX_INDEX_DIGITS; p++, digits++)
        number = number * 10 + (uint32_t)(*p - '0');
    if ((size_t)(end - p) < after_len + open || memcmp(p, after, after_len) != 0 ||
        (!open && (size_t)(end - p) != after_len))
        return false;
    *ret_index = number;
    *ret_rest = obs_str_n(p + after_len, (size_t)(end - p) - after_len);
    return true;
}

static const struct map_row *find_indexed(const struct map_index *index, obs_str key,
                                          uint32_t *ret_index, obs_str *ret_rest)
{
    obs_str before = obs_str_n(key.ptr, number_at(key));
    const struct slot *slot;

    if (before.len == 0)
        return NULL;
    for (uint32_t at = hash(before) % N_SLOTS; (slot = &index->slots[at])->row;
         at = (at + 1) % N_SLOTS)
        if (slot->after && slot->len == before.len &&
            memcmp(slot->row->key, before.ptr, before.len) == 0 &&
            match_number(slot, key, ret_index, ret_rest))
            return slot->row;
    return NULL;
}

const struct map_row *map_index_find(const struct map_index *index, obs_str key,
                                     uint32_t *ret_index, obs_str *ret_rest)
{
    const struct slot *slot;

    for (uint32_t at = hash(key) % N_SLOTS; (slot = &index->slots[at])->row;
         at = (at + 1) % N_SLOTS)
        if (!slot->after && slot->len == key.len && memcmp(slot->row->key, key.ptr, key.len) == 0)
            return slot->row;
    return find_indexed(index, key, ret_index, ret_rest);
}

const struct map_event_row *map_event_find(obs_str name)
{
    for (size_t i = 0; i < map_n_event_rows; i++)
        if (obs_str_is(name, map_event_rows[i].name))
            return &map_event_rows[i];
    return NULL;
}
