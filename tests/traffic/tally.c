/* SPDX-License-Identifier: Apache-2.0 */
/* Latencies go into buckets of 64 to the power of two, so that a run of any
 * length takes the same memory. */
#include "tally.h"

#include <inttypes.h>
#include <stdio.h>

#define STEPS 64u /* buckets from one power of two to the next */

static const char *const names[N_OUTCOMES] = {"ok",      "refused", "reset",  "eof",     "short",
                                              "timeout", "mixed",   "status", "given_up"};

const char *outcome_name(enum outcome outcome)
{
    return names[outcome];
}

static size_t bucket_of(uint64_t us)
{
    unsigned shift = 0;
    size_t bucket;

    while (us >> shift >= 2 * STEPS)
        shift++;
    bucket = shift * STEPS + (size_t)(us >> shift);
    return bucket < TALLY_BUCKETS ? bucket : TALLY_BUCKETS - 1;
}

/* The least value that goes into the bucket. */
static uint64_t value_of(size_t bucket)
{
    size_t shift = bucket < 2 * STEPS ? 0 : bucket / STEPS - 1;

    return (uint64_t)(bucket - shift * STEPS) << shift;
}

void tally_add(struct tally *tally, enum outcome outcome, char letter, uint64_t latency_us)
{
    tally->outcomes[outcome]++;
    if (outcome != OUTCOME_OK)
        return;
    if (letter >= 'a' && letter <= 'z')
        tally->letters[letter - 'a']++;
    tally->buckets[bucket_of(latency_us)]++;
    if (latency_us > tally->max_us)
        tally->max_us = latency_us;
}

void tally_merge(struct tally *into, const struct tally *from)
{
    for (size_t i = 0; i < N_OUTCOMES; i++)
        into->outcomes[i] += from->outcomes[i];
    for (size_t i = 0; i < 26; i++)
        into->letters[i] += from->letters[i];
    for (size_t i = 0; i < TALLY_BUCKETS; i++)
        into->buckets[i] += from->buckets[i];
    if (from->max_us > into->max_us)
        into->max_us = from->max_us;
}

static uint64_t percentile_us(const struct tally *tally, double share)
{
    uint64_t rank = (uint64_t)((double)tally->outcomes[OUTCOME_OK] * share), seen = 0;

    for (size_t i = 0; i < TALLY_BUCKETS; i++) {
        seen += tally->buckets[i];
        if (seen > rank)
            return value_of(i);
    }
    return tally->max_us;
}

static void print_letters(const struct tally *tally)
{
    const char *comma = "";

    for (size_t i = 0; i < 26; i++) {
        if (tally->letters[i] == 0)
            continue;
        printf("%s\"%c\": %" PRIu64, comma, (char)('a' + i), tally->letters[i]);
        comma = ", ";
    }
}

uint64_t tally_total(const struct tally *tally)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < N_OUTCOMES; i++)
        sum += tally->outcomes[i];
    return sum;
}

uint64_t tally_failed(const struct tally *tally)
{
    return tally_total(tally) - tally->outcomes[OUTCOME_OK] - tally->outcomes[OUTCOME_GIVEN_UP];
}

void tally_print(const struct tally *tally)
{
    printf("\"requests\": %" PRIu64, tally_total(tally));
    for (size_t i = 0; i < N_OUTCOMES; i++)
        printf(", \"%s\": %" PRIu64, names[i], tally->outcomes[i]);
    printf(", \"failed\": %" PRIu64 ", \"letters\": {", tally_failed(tally));
    print_letters(tally);
    printf("}, \"latency_ms\": {\"p50\": %.3f, \"p90\": %.3f, \"p99\": %.3f, \"p999\": %.3f, "
           "\"max\": %.3f}",
           (double)percentile_us(tally, 0.5) / 1e3, (double)percentile_us(tally, 0.9) / 1e3,
           (double)percentile_us(tally, 0.99) / 1e3, (double)percentile_us(tally, 0.999) / 1e3,
           (double)tally->max_us / 1e3);
}
