/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the tally share: its entries, one for each group and bucket that
 * has spans. */
#ifndef PLUGINS_LIB_TALLY_TABLE_H
#define PLUGINS_LIB_TALLY_TABLE_H

#include "tally.h"
#include "tally_value.h"

#include <sodium.h>

#define TALLY_NO_BUCKET UINT32_MAX

struct tally_entry {
    obs_str dimensions[TALLY_MAX_DIMENSIONS];
    uint32_t bucket;
    struct tally_count *count;
};

struct tally {
    obs_arena *arena; /* of texts */
    const obs_aggregate_query *query;
    struct tally_need needs[TALLY_MAX_MEASURES];
    size_t n_needs;
    size_t need_of[TALLY_MAX_MEASURES]; /* of each measure */
    int tags;                           /* the dimension that is a list; -1: none */
    struct tally_count *all;            /* NULL: made of the groups */

    struct tally_entry *entries;
    size_t n, capacity, max;
    uint32_t *slots; /* entry + 1, 0: free */
    uint64_t mask;
    uint8_t key[crypto_shorthash_KEYBYTES]; /* clients choose the texts */

    /* Texts of the span at hand that stand escaped in JSON, one for each dimension. */
    struct {
        char *text;
        size_t size;
    } scratch[TALLY_MAX_DIMENSIONS];
};

/* Nothing yet; NULL: out of memory. */
struct tally_count *tally_count_new(const struct tally *tally);
void tally_count_free(const struct tally *tally, struct tally_count *count);
OBS_MUST_CHECK int tally_count_merge(const struct tally *tally, struct tally_count *to,
                                     const struct tally_count *from);

/* Whether a measure looks at its field. */
bool tally_has_field(const obs_measure *measure);

#endif
