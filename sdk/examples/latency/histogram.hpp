// SPDX-License-Identifier: Apache-2.0
// Latencies in buckets of a quarter of an octave: from 4 us to 268 s any quantile is
// right to an eighth, in a fixed number of bytes. Plain data, so that it can
// be copied between threads and handed to the next build.
#ifndef LATENCY_HISTOGRAM_HPP
#define LATENCY_HISTOGRAM_HPP

#include <cstdint>
#include <cstring>

struct Histogram {
    static constexpr unsigned n_buckets = 112; // the last one from 268 s on
    static constexpr unsigned per_octave = 4;

    uint64_t count;
    uint64_t sum_ns;
    uint32_t buckets[n_buckets];

    void add(int64_t latency_ns)
    {
        uint64_t ns = latency_ns > 0 ? static_cast<uint64_t>(latency_ns) : 0;

        count++;
        sum_ns += ns;
        buckets[bucket_of(ns)]++;
    }

    void merge(const Histogram &other)
    {
        count += other.count;
        sum_ns += other.sum_ns;
        for (unsigned i = 0; i < n_buckets; i++)
            buckets[i] += other.buckets[i];
    }

    // The latency that a share `q` of all are below, in the middle of its bucket.
    uint64_t quantile_ns(double q) const
    {
        uint64_t rank = static_cast<uint64_t>(q * static_cast<double>(count));
        uint64_t seen = 0;

        if (static_cast<double>(rank) < q * static_cast<double>(count))
            rank++; // nearest rank: the least one that is not below the share
        for (unsigned i = 0; i < n_buckets && count > 0; i++) {
            seen += buckets[i];
            if (seen >= rank && seen > 0)
                return (least_ns(i) + least_ns(i + 1)) / 2;
        }
        return 0;
    }

  private:
    // The number of leading octaves above 1 us, and the next two bits.
    static unsigned bucket_of(uint64_t ns)
    {
        uint64_t us = ns / 1000;
        unsigned octave, bucket;

        if (us < per_octave)
            return static_cast<unsigned>(us);
        octave = 63u - static_cast<unsigned>(__builtin_clzll(us));
        bucket = (octave - 1) * per_octave + static_cast<unsigned>(us >> (octave - 2) & 3);
        return bucket < n_buckets ? bucket : n_buckets - 1;
    }

    // The least latency of a bucket.
    static uint64_t least_ns(unsigned bucket)
    {
        if (bucket < per_octave)
            return bucket * 1000u;
        return (static_cast<uint64_t>(per_octave + bucket % per_octave)
                << (bucket / per_octave - 1)) *
               1000;
    }
};

#endif
