/* SPDX-License-Identifier: Apache-2.0 */
/* tokens × price. */
#ifndef PRICES_MONEY_H
#define PRICES_MONEY_H

#include <stdint.h>

/* In nano-dollars, rounded once, half to even; at most INT64_MAX. Neither is
 * negative. */
int64_t price_product(int64_t tokens, int64_t femto_per_token);

#endif
