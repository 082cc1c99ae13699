/* SPDX-License-Identifier: Apache-2.0 */
/* What the requests of all signals have in common in protobuf: items (spans, log
 * records) under the scope and the resource that made them. Internal to otlp_*proto.c. */
#ifndef INGEST_OTLP_PROTO_REQUEST_H
#define INGEST_OTLP_PROTO_REQUEST_H

#include "otlp_proto_value.h"

struct proto_signal {
    const char *request; /* names of messages, for errors */
    const char *of_resource;
    const char *of_scope;

    /* Reads one item into the walk's batch; `f` is the field that it is. Resource
     * and scope stay, and are complete when the whole request was read. */
    int (*item)(struct walk *walk, const struct wire_field *f, const struct otlp_resource *resource,
                const struct otlp_scope *scope);
};

/* Reads a request of `signal`, with the walk at the start of `body`. */
int walk_request(struct walk *walk, obs_str body, const struct proto_signal *signal);

#endif
