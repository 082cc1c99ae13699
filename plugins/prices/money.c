/* SPDX-License-Identifier: Apache-2.0 */
/* Exact: the product is taken in 128 bits and rounded once. */
#include "money.h"

#define FEMTO_PER_NANO 1000000

int64_t price_product(int64_t tokens, int64_t femto_per_token)
{
    __int128 femto = (__int128)tokens * femto_per_token;
    __int128 nano = femto / FEMTO_PER_NANO, rest = femto % FEMTO_PER_NANO;

    if (rest * 2 > FEMTO_PER_NANO || (rest * 2 == FEMTO_PER_NANO && (nano & 1)))
        nano++;
    return nano > INT64_MAX ? INT64_MAX : (int64_t)nano;
}
