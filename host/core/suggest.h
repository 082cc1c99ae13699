/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": the known name that is nearest to a mistyped one. */
#ifndef HOST_CORE_SUGGEST_H
#define HOST_CORE_SUGGEST_H

#include <observatory/base.h>

struct suggest {
    obs_str wanted;
    obs_str best; /* borrowed from the candidates; ptr NULL: none is near */
    size_t distance;
};

/* Starts a search for `wanted`, borrowed. */
void suggest_init(struct suggest *s, obs_str wanted);

/* Offers a candidate, borrowed until the result was used. */
void suggest_offer(struct suggest *s, obs_str candidate);

#endif
