/* SPDX-License-Identifier: Apache-2.0 */
/* old.tally/1: a service between two old plugins. */
#ifndef TESTS_ABI_OLD_TALLY_H
#define TESTS_ABI_OLD_TALLY_H

#include <observatory/base.h>

#define TALLY_ID "old.tally/1"

/* `self` is obs_service.provider. Thread: any. */
struct tally {
    uint32_t size;
    uint32_t reserved;
    uint64_t (*add)(void *self, uint64_t amount); /* returns the new total */
};

#endif
