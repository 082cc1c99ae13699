/* SPDX-License-Identifier: Apache-2.0 */
/* What the requests of all signals have in common in JSON: items (spans, log
 * records) under the scope and the resource that made them. Internal to otlp_*json.c. */
#ifndef INGEST_OTLP_JSON_REQUEST_H
#define INGEST_OTLP_JSON_REQUEST_H

#include "otlp_json_value.h"

struct json_signal {
    struct member of_resource; /* "resourceSpans" */
    struct member of_scope;    /* "scopeSpans" */
    struct member items;       /* "spans" */

    /* Reads one item into the reader's batch. Resource and scope stay, and are
     * complete when the whole request was read. */
    int (*item)(struct reader *r, const struct otlp_resource *resource,
                const struct otlp_scope *scope);
};

/* Reads a request of `signal` to its end. `n_items` counts what is in the batch: a
 * list of items replaces what an earlier one of the same name added. */
int read_request(struct reader *r, const struct json_signal *signal, size_t *n_items);

/* More than `max` of what `items` names. Returns OBS_E_TOO_LARGE. */
int read_too_many(struct reader *r, size_t max, const char *items);

#endif
