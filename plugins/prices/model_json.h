/* SPDX-License-Identifier: Apache-2.0 */
/* A model of a price book as the API shows it. */
#ifndef PRICES_MODEL_JSON_H
#define PRICES_MODEL_JSON_H

#include "book.h"

#include <observatory/json.h>

/* Writes an object: who, where the prices are from, those that are in force at a
 * moment, and all of the definition. */
void model_json(obs_jw *jw, const struct price_book *book, const struct price_model *model,
                int64_t at_ns);

#endif
