/* SPDX-License-Identifier: Apache-2.0 */
/* Random decoded requests for property tests: every kind of value, nested,
 * with texts from one to four bytes a character. Same seed, same batch. */
#ifndef TESTS_FIXTURE_RANDOM_H
#define TESTS_FIXTURE_RANDOM_H

#include "otlp.h"

#include <stdbool.h>

struct dice {
    obs_arena *arena;
    uint64_t state;
};

static inline struct dice dice_of(obs_arena *arena, uint64_t seed)
{
    return (struct dice){.arena = arena, .state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1};
}

/* A number below `n`; zeroed memory for `n` and one; and what is random. */
uint64_t dice_roll(struct dice *d, uint64_t n);
void *dice_room(struct dice *d, size_t n, size_t size);
obs_str dice_text(struct dice *d);
obs_str dice_raw(struct dice *d, size_t len);
double dice_real(struct dice *d);
struct otlp_value dice_value(struct dice *d, unsigned depth);
void dice_attrs(struct dice *d, struct otlp_attrs *ret);

/* An array in an array …, `depth` deep. */
struct otlp_value nested_value(obs_arena *arena, unsigned depth);

bool same_value(const struct otlp_value *a, const struct otlp_value *b);
bool same_attr_list(const struct otlp_attrs *a, const struct otlp_attrs *b);

/* Fills `batch` (its arena set). */
void random_batch(struct otlp_batch *batch, uint64_t seed);

/* True when both hold the same spans; else `why` names the first difference. */
bool same_batch(const struct otlp_batch *a, const struct otlp_batch *b, const char **why);

#endif
