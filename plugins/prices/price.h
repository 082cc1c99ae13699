/* SPDX-License-Identifier: Apache-2.0 */
/* The price book: what a token of a model cost at a time, and what a call cost.
 *
 * Prices are USD per million tokens in the file, kept as integers of 1e-15 USD
 * a token (a femto-dollar), so that every price with up to nine decimals is
 * exact. A part of a cost is tokens × price, rounded once, half to even, to
 * nano-dollars; totals are sums of parts and stay at INT64_MAX when they do not
 * fit. */
#ifndef PRICES_PRICE_H
#define PRICES_PRICE_H

#include <observatory/memory.h>
#include <observatory/span.h>

/* Immutable after loading; read by any thread. Lives in the arena it was loaded
 * into. */
struct price_book;

/* Reads `path`. On failure `error` has one sentence with file, line and column.
 * Errors: OBS_E_NOT_FOUND, OBS_E_SYNTAX, OBS_E_NOMEM. Thread: control. */
int price_book_load(obs_arena *arena, const char *path, const struct price_book **ret_book,
                    char *error, size_t error_size);

/* Number of models that the book knows, for the log. */
size_t price_book_models(const struct price_book *book);

/* What obs_prices.price() does, without cost_details. A span that is no model
 * call, or has no tokens, gets "no_usage"; a model, or a price that its tokens
 * need, which the book does not know is "unpriced". `book` may be NULL.
 * Thread: any. */
void price_apply(const struct price_book *book, obs_span *span);

#endif
