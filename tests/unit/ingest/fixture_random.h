/* SPDX-License-Identifier: Apache-2.0 */
/* Random decoded requests for property tests: every kind of value, nested,
 * with texts from one to four bytes a character. Same seed, same batch. */
#ifndef TESTS_FIXTURE_RANDOM_H
#define TESTS_FIXTURE_RANDOM_H

#include "otlp.h"

#include <stdbool.h>

/* Fills `batch` (its arena set). */
void random_batch(struct otlp_batch *batch, uint64_t seed);

/* True when both hold the same spans; else `why` names the first difference. */
bool same_batch(const struct otlp_batch *a, const struct otlp_batch *b, const char **why);

#endif
