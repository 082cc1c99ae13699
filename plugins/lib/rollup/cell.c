/* SPDX-License-Identifier: Apache-2.0 */
/* Sums are exact: 128 bits hold the squares of all durations of a century. Counts of
 * sketches are unsigned and wrap, so that taking out is adding the complement. */
#include "cell.h"
#include "span_value.h"
#include "varint.h"

#define FORMAT 1u
#define VAGUE 0x40u

const struct cell_kind cell_kinds[CELL_N_NUMBERS] = {
    [CELL_DURATION] = {OBS_FIELD_DURATION, true, true},
    [CELL_TTFT] = {OBS_FIELD_TTFT, true, true},
    [2] = {OBS_FIELD_TOKENS_PER_SECOND, true, true},
    [3] = {OBS_FIELD_TOTAL_TOKENS, true, true},
    [4] = {OBS_FIELD_TOTAL_COST, true, true},
    [5] = {OBS_FIELD_PROMPT_TOKENS, false, false},
    [6] = {OBS_FIELD_COMPLETION_TOKENS, false, false},
    [7] = {OBS_FIELD_CACHED_TOKENS, false, false},
    [8] = {OBS_FIELD_CACHE_WRITE_TOKENS, false, false},
    [9] = {OBS_FIELD_REASONING_TOKENS, false, false},
    [10] = {OBS_FIELD_PROMPT_COST, false, false},
    [11] = {OBS_FIELD_COMPLETION_COST, false, false},
    [12] = {OBS_FIELD_INPUT_AUDIO_TOKENS, false, false},
    [13] = {OBS_FIELD_INPUT_IMAGE_TOKENS, false, false},
    [14] = {OBS_FIELD_CACHED_AUDIO_TOKENS, false, false},
    [15] = {OBS_FIELD_CACHE_WRITE_1H_TOKENS, false, false},
    [16] = {OBS_FIELD_OUTPUT_AUDIO_TOKENS, false, false},
    [17] = {OBS_FIELD_OUTPUT_IMAGE_TOKENS, false, false},
};

int cell_number_of(uint32_t field)
{
    for (int i = 0; i < CELL_N_NUMBERS; i++)
        if (cell_kinds[i].field == field)
            return i;
    return -1;
}

/* --- life --------------------------------------------------------------------------- */

static void clear_numbers(struct cell *cell)
{
    cell->count = 0;
    for (int i = 0; i < CELL_N_NUMBERS; i++)
        if (cell->used & 1u << i)
            cell->numbers[i] = (struct cell_number){.least = OBS_ABSENT,
                                                    .greatest = OBS_ABSENT,
                                                    .least_out = OBS_ABSENT,
                                                    .most_out = OBS_ABSENT};
    cell->used = 0;
}

void cell_init(struct cell *cell)
{
    memset(cell, 0, sizeof(*cell));
    cell->used = (1u << CELL_N_NUMBERS) - 1;
    clear_numbers(cell);
}

void cell_free(struct cell *cell)
{
    for (int i = 0; i < CELL_N_SKETCHES; i++)
        sketch_free(&cell->sketches[i]);
    distinct_free(&cell->users);
    distinct_free(&cell->sessions);
}

void cell_clear(struct cell *cell)
{
    clear_numbers(cell);
    for (int i = 0; i < CELL_N_SKETCHES; i++)
        sketch_clear(&cell->sketches[i]);
    distinct_clear(&cell->users);
    distinct_clear(&cell->sessions);
}

/* --- spans -------------------------------------------------------------------------- */

static void widen(int64_t *least, int64_t *greatest, int64_t value)
{
    if (*least < 0 || value < *least)
        *least = value;
    if (value > *greatest)
        *greatest = value;
}

static int put(struct cell *cell, int i, int64_t value)
{
    struct cell_number *number = &cell->numbers[i];

    if (value < 0)
        return OBS_OK;
    cell->used |= 1u << i;
    number->n++;
    number->sum += value;
    number->squares += (unsigned __int128)value * (uint64_t)value;
    widen(&number->least, &number->greatest, value);
    return i < CELL_N_SKETCHES ? sketch_add(&cell->sketches[i], value, 1) : OBS_OK;
}

static int take(struct cell *cell, int i, int64_t value)
{
    struct cell_number *number = &cell->numbers[i];

    if (value < 0)
        return OBS_OK;
    cell->used |= 1u << i;
    number->n--;
    number->sum -= value;
    number->squares -= (unsigned __int128)value * (uint64_t)value;
    widen(&number->least_out, &number->most_out, value);
    return i < CELL_N_SKETCHES ? sketch_add(&cell->sketches[i], value, UINT64_MAX) : OBS_OK;
}

static int add_people(struct cell *cell, const obs_span *span)
{
    int rc = OBS_OK;

    if (span->user_id.len)
        rc = distinct_add(&cell->users, span->user_id);
    if (rc == OBS_OK && span->session_id.len)
        rc = distinct_add(&cell->sessions, span->session_id);
    return rc;
}

int cell_add(struct cell *cell, const obs_span *span, bool with_distinct)
{
    int rc = OBS_OK;

    cell->count++;
    for (int i = 0; i < CELL_N_NUMBERS && rc == OBS_OK; i++)
        rc = put(cell, i, span_number(span, cell_kinds[i].field));
    return rc == OBS_OK && with_distinct ? add_people(cell, span) : rc;
}

int cell_remove(struct cell *cell, const obs_span *span)
{
    int rc = OBS_OK;

    cell->count--;
    for (int i = 0; i < CELL_N_NUMBERS && rc == OBS_OK; i++)
        rc = take(cell, i, span_number(span, cell_kinds[i].field));
    return rc;
}

int cell_change(struct cell *cell, const obs_span *old, const obs_span *span, bool with_distinct)
{
    int rc = OBS_OK;

    for (int i = 0; i < CELL_N_NUMBERS && rc == OBS_OK; i++) {
        int64_t before = span_number(old, cell_kinds[i].field);
        int64_t value = span_number(span, cell_kinds[i].field);

        if (before == value)
            continue;
        rc = take(cell, i, before);
        if (rc == OBS_OK)
            rc = put(cell, i, value);
    }
    return rc == OBS_OK && with_distinct ? add_people(cell, span) : rc;
}

/* --- merging -------------------------------------------------------------------------- */

/* Of broken bytes the sums wrap; of spans they cannot. */
static void gather_number(struct cell_number *to, const struct cell_number *from)
{
    (void)__builtin_add_overflow(to->n, from->n, &to->n);
    (void)__builtin_add_overflow(to->sum, from->sum, &to->sum);
    to->squares += from->squares;
    to->vague |= from->vague;
    if (from->greatest >= 0) {
        widen(&to->least, &to->greatest, from->least);
        widen(&to->least, &to->greatest, from->greatest);
    }
    if (from->most_out >= 0) {
        widen(&to->least_out, &to->most_out, from->least_out);
        widen(&to->least_out, &to->most_out, from->most_out);
    }
}

static void merge_number(struct cell_number *to, const struct cell_number *from)
{
    gather_number(to, from);
    if (from->most_out >= 0)
        to->vague |= from->least_out <= to->least || from->most_out >= to->greatest;
    to->least_out = to->most_out = OBS_ABSENT; /* told by `vague` from now on */
    if (to->n == 0) {                          /* nothing is left, and that is known */
        to->least = to->greatest = OBS_ABSENT;
        to->vague = false;
    }
}

static int merge_sketches(struct cell *to, const struct cell *from)
{
    int rc = OBS_OK;

    for (int i = 0; i < CELL_N_SKETCHES && rc == OBS_OK; i++)
        rc = sketch_merge(&to->sketches[i], &from->sketches[i]);
    if (rc == OBS_OK)
        rc = distinct_merge(&to->users, &from->users);
    return rc == OBS_OK ? distinct_merge(&to->sessions, &from->sessions) : rc;
}

int cell_merge(struct cell *to, const struct cell *from)
{
    to->count += from->count;
    to->used |= from->used;
    for (int i = 0; i < CELL_N_NUMBERS; i++)
        if (from->used & 1u << i)
            merge_number(&to->numbers[i], &from->numbers[i]);
    return merge_sketches(to, from);
}

int cell_gather(struct cell *to, const struct cell *from)
{
    to->count += from->count;
    to->used |= from->used;
    for (int i = 0; i < CELL_N_NUMBERS; i++)
        if (from->used & 1u << i)
            gather_number(&to->numbers[i], &from->numbers[i]);
    return merge_sketches(to, from);
}

/* --- bytes ---------------------------------------------------------------------------- */

/* A sum in two halves, so that a small one, the usual case, is short. */
static uint8_t *put_wide(uint8_t *at, __int128 value)
{
    for (; (unsigned __int128)value >= 0x80; value = (__int128)((unsigned __int128)value >> 7))
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

static bool get_wide(const uint8_t **at, const uint8_t *end, __int128 *ret)
{
    unsigned __int128 value = 0;

    for (unsigned shift = 0; *at < end && shift < 128; shift += 7) {
        uint8_t byte = *(*at)++;

        value |= (unsigned __int128)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *ret = (__int128)value;
            return true;
        }
    }
    return false;
}

static uint8_t *put_number(uint8_t *at, int i, const struct cell_number *number)
{
    *at++ = (uint8_t)((unsigned)i | (number->vague ? VAGUE : 0));
    at = varint_put(at, (uint64_t)number->n);
    at = put_wide(at, number->sum);
    if (cell_kinds[i].squares)
        at = put_wide(at, (__int128)number->squares);
    if (cell_kinds[i].extremes) {
        at = varint_put(at, (uint64_t)number->least);
        at = varint_put(at, (uint64_t)(number->greatest - number->least));
    }
    return at;
}

/* Format, count, and for each number that there is its index and what is kept. */
size_t cell_encode(const struct cell *cell, uint8_t *to)
{
    uint8_t *at = to;

    *at++ = FORMAT;
    at = varint_put(at, (uint64_t)cell->count);
    for (int i = 0; i < CELL_N_NUMBERS; i++)
        if (cell->numbers[i].n != 0)
            at = put_number(at, i, &cell->numbers[i]);
    return (size_t)(at - to);
}

static bool get_number(const uint8_t **at, const uint8_t *end, struct cell *to)
{
    struct cell_number number = {.least = OBS_ABSENT,
                                 .greatest = OBS_ABSENT,
                                 .least_out = OBS_ABSENT,
                                 .most_out = OBS_ABSENT};
    uint8_t head = *(*at)++;
    int i = (int)(head & (VAGUE - 1));
    uint64_t n, least, more;
    __int128 squares = 0;

    if (i >= CELL_N_NUMBERS || !varint_get(at, end, &n) || !get_wide(at, end, &number.sum))
        return false;
    if (cell_kinds[i].squares && !get_wide(at, end, &squares))
        return false;
    number.squares = (unsigned __int128)squares;
    if (cell_kinds[i].extremes) {
        if (!varint_get(at, end, &least) || !varint_get(at, end, &more))
            return false;
        number.least = (int64_t)least;
        number.greatest = (int64_t)(least + more);
    }
    number.n = (int64_t)n;
    number.vague = (head & VAGUE) != 0;
    to->used |= 1u << i;
    merge_number(&to->numbers[i], &number);
    return true;
}

int cell_merge_encoded(struct cell *to, obs_str bytes)
{
    const uint8_t *at = (const uint8_t *)bytes.ptr, *end = at + bytes.len;
    uint64_t count;

    if (bytes.len == 0 || *at++ != FORMAT || !varint_get(&at, end, &count))
        return OBS_E_SYNTAX;
    (void)__builtin_add_overflow(to->count, (int64_t)count, &to->count);
    while (at < end)
        if (!get_number(&at, end, to))
            return OBS_E_SYNTAX;
    return OBS_OK;
}
