/* SPDX-License-Identifier: Apache-2.0 */
/* Log records of one export request, as otlp.h has the spans: of each what ties it
 * to a span and what it says. Severity is for people and is not read. */
#ifndef INGEST_OTLP_LOGS_H
#define INGEST_OTLP_LOGS_H

#include "otlp.h"

struct otlp_record {
    const struct otlp_resource *resource; /* never NULL */
    const struct otlp_scope *scope;       /* never NULL */
    obs_str trace_id;                     /* raw bytes of any length, as sent */
    obs_str span_id;
    obs_str event_name;
    struct otlp_value body;
    struct otlp_attrs attrs;
    uint64_t time_ns;
    uint64_t observed_ns;
};

/* One decoded request. Set `arena` and the limit, leave the rest zero. */
struct otlp_logs {
    obs_arena *arena;
    size_t max_records; /* more is OBS_E_TOO_LARGE; 0: no limit */
    struct otlp_record *records;
    size_t n_records;
    size_t capacity;
    uint64_t n_replaced; /* texts that were not UTF-8 and were repaired */
};

/* Decodes an ExportLogsServiceRequest, as otlp_*_decode() does those of spans. */
OBS_MUST_CHECK int otlp_logs_proto_decode(obs_str body, struct otlp_logs *logs,
                                          struct decode_error *error);
OBS_MUST_CHECK int otlp_logs_json_decode(obs_str body, struct otlp_logs *logs,
                                         struct decode_error *error);

/* A zeroed record at the end, NULL when out of memory. The caller has checked
 * max_records. The pointer moves when the next one is added. */
struct otlp_record *otlp_logs_add(struct otlp_logs *logs);

#endif
