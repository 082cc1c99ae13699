/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing the rates of a call: the model that answered, the price that was in
 * force when it began, its tier and region, the length of its prompt. */
#ifndef PRICES_RATES_H
#define PRICES_RATES_H

#include "book.h"

/* Why there are none, in the order in which it is found out. */
enum price_finding {
    PRICE_FOUND,
    PRICE_UNKNOWN_PROVIDER,
    PRICE_UNKNOWN_MODEL,
    PRICE_NOT_YET, /* all prices of the model are from later on */
    PRICE_UNKNOWN_TIER,
    PRICE_UNKNOWN_PART, /* set by who applies them: the call has tokens of a part without price */
};

/* What was found; members up to where it ended. */
struct price_choice {
    enum price_finding finding;
    const struct price_book *book;
    const struct price_model *model;
    const struct price *price;
    const struct price_rates *rates;
    obs_str tier, region; /* as in the book; empty: the usual one, everywhere else */
    enum price_part part; /* of PRICE_UNKNOWN_PART */
};

struct price_choice price_choose(const struct price_books *books, const obs_span *span);

/* The price of a model at a moment; NULL: all are from later on. */
const struct price *price_in_force(const struct price_model *model, int64_t at_ns);

/* Whether a service tier, in lower case, has the plain price. */
bool price_is_usual_tier(obs_str tier);

#endif
