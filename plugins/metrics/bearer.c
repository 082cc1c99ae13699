/* SPDX-License-Identifier: Apache-2.0 */
/* Comparison of a secret in constant time. */
#include "bearer.h"

#include <strings.h>

#define SCHEME "bearer "
#define SCHEME_BYTES (sizeof(SCHEME) - 1)

static bool equal_in_constant_time(obs_str guess, obs_str secret)
{
    volatile unsigned char difference = guess.len != secret.len;

    for (size_t i = 0; i < secret.len; i++) {
        unsigned char g = i < guess.len ? (unsigned char)guess.ptr[i] : 0;

        difference = (unsigned char)(difference | (g ^ (unsigned char)secret.ptr[i]));
    }
    return difference == 0;
}

bool bearer_matches(obs_str authorization, obs_str token)
{
    obs_str guess = authorization;

    if (token.len == 0 || guess.len < SCHEME_BYTES ||
        strncasecmp(guess.ptr, SCHEME, SCHEME_BYTES) != 0)
        return false;
    guess.ptr += SCHEME_BYTES;
    guess.len -= SCHEME_BYTES;
    while (guess.len > 0 && guess.ptr[0] == ' ') {
        guess.ptr++;
        guess.len--;
    }
    return equal_in_constant_time(guess, token);
}
