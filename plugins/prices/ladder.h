/* SPDX-License-Identifier: Apache-2.0 */
/* What clouds and gateways put around the name of a model. */
#ifndef PRICES_LADDER_H
#define PRICES_LADDER_H

#include <observatory/base.h>

#include <stdbool.h>

/* A name in lower case that becomes shorter. */
struct ladder {
    obs_str name;
    bool revised; /* a revision behind ':' or '@' was cut */
};

/* Cuts one word before the name: a region ("us."), a vendor ("anthropic.",
 * "meta-llama/"), a step of a path or all of an ARN up to the model. False when
 * nothing is there, or when what is there is a model of its own. */
bool ladder_cut_prefix(obs_str *name);

/* Cuts one word behind it: a date, a revision, "-latest". False when there is none;
 * other words (":free", "-preview", "-mini") make it another model. */
bool ladder_cut_suffix(struct ladder *ladder);

#endif
