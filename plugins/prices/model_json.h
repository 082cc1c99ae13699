/* SPDX-License-Identifier: Apache-2.0 */
/* A model of a price book as the API shows it. */
#ifndef PRICES_MODEL_JSON_H
#define PRICES_MODEL_JSON_H

#include "book.h"

#include <observatory/json.h>

/* Writes an object: who, where the prices are from, what is in force at a moment; with
 * `history` all that ever was and will be too. */
void model_json(obs_jw *jw, const struct price_book *book, const struct price_model *model,
                int64_t at_ns, bool history);

#endif
