/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal numbers as text, without the detour over binary fractions. */
#ifndef PLUGINS_LIB_DECIMAL_H
#define PLUGINS_LIB_DECIMAL_H

#include <observatory/base.h>

#include <stdbool.h>

/* digits × 10^exponent. */
struct decimal {
    uint64_t digits;  /* the first 19, without leading zeros; the rest counts as zeros */
    int64_t exponent; /* of the last of them */
    uint32_t n_digits;
    bool negative;
};

/* Reads a number in JSON's grammar; more leading zeros are allowed. False when
 * `text` is none. */
bool decimal_read(obs_str text, struct decimal *ret_value);

/* How many digits stand before the point; 0 or less for what is below 1. */
int64_t decimal_magnitude(const struct decimal *value);

/* `value` × 10^`places`, rounded once, half away from zero: dollars become
 * nano-dollars with 9. False when it does not fit. */
bool decimal_scaled(const struct decimal *value, int places, int64_t *ret);

#endif
