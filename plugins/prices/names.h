/* SPDX-License-Identifier: Apache-2.0 */
/* The names of a book: which model one leads to. */
#ifndef PRICES_NAMES_H
#define PRICES_NAMES_H

#include "book.h"
#include "reader.h"

/* Names on their way into a book. */
struct price_names {
    struct price_name **items;
    size_t n, capacity;
};

/* Adds a name of `target`: its own, an alias, or a pattern. `node` is where it
 * stands. */
int price_names_add(struct reader *r, struct price_names *names, obs_str name, const obs_conf *node,
                    const struct price_model *target);

/* Makes them findable, when all have been added; twice the same is OBS_E_SYNTAX. */
int price_names_build(struct reader *r, const struct price_names *names, struct price_book *book);

/* The model by its name or by what is left of it without what clouds put around it,
 * of the provider or of those it resells; NULL when unknown. `provider` is in lower
 * case. */
const struct price_model *price_find(const struct price_book *book, obs_str provider,
                                     obs_str model);

/* Whether the book has prices of a provider, or says what it resells. */
bool price_has_provider(const struct price_book *book, obs_str provider);

/* The first provider, from the lowest layer up, that has the model; empty when none
 * has. A pattern for all models is no reason to take one. */
obs_str price_provider_of(const struct price_books *books, obs_str model);

#endif
