/* SPDX-License-Identifier: Apache-2.0 */
/* Reproducible randomness for generated data: SplitMix64 (Steele, Lea, Flood,
 * 2014), and the distributions that traffic has. */
#ifndef INGEST_RANDOM_H
#define INGEST_RANDOM_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

static inline uint64_t random_u64(struct random *r)
{
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* In (0, 1). */
static inline double random_unit(struct random *r)
{
    return ((double)(random_u64(r) >> 11) + 0.5) / 9007199254740992.0;
}

/* In [0, n). */
static inline size_t random_below(struct random *r, size_t n)
{
    return (size_t)(random_u64(r) % n);
}

static inline int random_chance(struct random *r, double probability)
{
    return random_unit(r) < probability;
}

/* By Box and Muller. */
static inline double random_normal(struct random *r)
{
    double u = random_unit(r), v = random_unit(r);

    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static inline double random_log_normal(struct random *r, double mu, double sigma)
{
    return exp(mu + sigma * random_normal(r));
}

static inline double random_exponential(struct random *r, double mean)
{
    return -mean * log(random_unit(r));
}

#endif
