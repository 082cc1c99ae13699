/* SPDX-License-Identifier: Apache-2.0 */
/* Optimal string alignment distance (Damerau-Levenshtein without overlapping
 * edits), case ignored. A candidate counts when at most a third of the name,
 * and at least one letter, would have to change. */
#include "core/suggest.h"

#define MAX_NAME ((size_t)63)

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

static size_t distance(obs_str a, obs_str b)
{
    size_t rows[3][MAX_NAME + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];

    for (size_t j = 0; j <= b.len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *recycled = before;
        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            unsigned char x = lower(a.ptr[i - 1]), y = lower(b.ptr[j - 1]);
            now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b.ptr[j - 2]) && y == lower(a.ptr[i - 2]) &&
                before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
        before = last;
        last = now;
        now = recycled;
    }
    return last[b.len];
}

void suggest_init(struct suggest *s, obs_str wanted)
{
    size_t reach = wanted.len / 3;

    *s = (struct suggest){.wanted = wanted, .distance = (reach ? reach : 1) + 1};
}

void suggest_offer(struct suggest *s, obs_str candidate)
{
    size_t d;

    if (s->wanted.len > MAX_NAME || candidate.len > MAX_NAME)
        return;
    d = distance(s->wanted, candidate);
    if (d < s->distance) {
        s->distance = d;
        s->best = candidate;
    }
}
