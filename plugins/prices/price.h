/* SPDX-License-Identifier: Apache-2.0 */
/* Price books: what a token of a model cost at a time, and what a call cost.
 *
 * Prices are USD per million tokens in a book, kept as integers of 1e-15 USD a
 * token (a femto-dollar), so that every price with up to nine decimals is exact.
 * A part of a cost is tokens × price, rounded once, half to even, to
 * nano-dollars; totals are sums of parts and stay at INT64_MAX when they do not
 * fit. */
#ifndef PRICES_PRICE_H
#define PRICES_PRICE_H

#include <observatory/conf.h>
#include <observatory/memory.h>
#include <observatory/span.h>

/* Immutable after reading; read by any thread. Lives in the arena it was read
 * into. */
struct price_book;

/* Who said what something costs; the highest counts first. */
enum price_layer { PRICE_LAYER_FILE, PRICE_LAYER_CONFIG, PRICE_LAYER_API, PRICE_N_LAYERS };

/* All that is said; a layer may be NULL. */
struct price_books {
    const struct price_book *layers[PRICE_N_LAYERS];
};

/* Reads a document: {updated, resellers, providers}. It has to live as long as the
 * book. On failure `error` (at least 256 bytes) has one sentence with file, line
 * and column. Errors: OBS_E_SYNTAX, OBS_E_NOMEM. Thread: any, one for an arena. */
int price_book_read(obs_arena *arena, const obs_conf *document, enum price_layer layer,
                    const struct price_book **ret_book, char *error, size_t error_size);

/* Reads what stands under `providers:` in such a document. */
int price_book_read_providers(obs_arena *arena, const obs_conf *providers, enum price_layer layer,
                              const struct price_book **ret_book, char *error, size_t error_size);

/* Reads a file as PRICE_LAYER_FILE. Errors also: OBS_E_NOT_FOUND, OBS_E_TOO_LARGE. */
int price_book_load(obs_arena *arena, const char *path, const struct price_book **ret_book,
                    char *error, size_t error_size);

/* Number of models that a book knows, for the log; 0 for NULL. */
size_t price_book_models(const struct price_book *book);

/* What obs_prices.price() does. A span that is no model call, or has no tokens,
 * gets "no_usage"; what no book knows is "unpriced". Errors: OBS_E_NOMEM, the span
 * is then as it was. Thread: any. */
int price_apply(const struct price_books *books, obs_span *span, obs_arena *arena);

#endif
