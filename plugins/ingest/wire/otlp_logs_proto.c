/* SPDX-License-Identifier: Apache-2.0 */
/* Log records in protobuf (opentelemetry-proto 1.x, logs service). */
#include "otlp_logs.h"
#include "otlp_proto_request.h"

static int record_message(struct walk *walk, obs_str bytes, struct otlp_record *record)
{
    enum { BODY = 5, ATTRIBUTES = 6 };
    static const struct field_rule rules[] = {
        [1] = RULE(struct otlp_record, time_ns, FIELD_FIXED64),
        [BODY] = {.kind = FIELD_NESTED},
        [ATTRIBUTES] = {.kind = FIELD_NESTED},
        [7] = RULE(struct otlp_record, attrs.dropped, FIELD_UINT32),
        [9] = RULE(struct otlp_record, trace_id, FIELD_RAW),
        [10] = RULE(struct otlp_record, span_id, FIELD_RAW),
        [11] = RULE(struct otlp_record, observed_ns, FIELD_FIXED64),
        [12] = RULE(struct otlp_record, event_name, FIELD_TEXT),
    };
    struct wire w = wire_of(bytes);
    struct wire_field f = {0};
    size_t mark = walk->stack.n;
    int more, rc;

    while ((more = wire_next(&w, &f)) > 0) {
        rc = walk_field(walk, &f, rules, N_RULES(rules), record, "LogRecord");
        if (rc > 0)
            rc = f.number == BODY ? walk_any_value(walk, f.bytes, &record->body)
                                  : walk_attr(walk, f.bytes);
        if (rc < 0)
            return rc;
    }
    if (more < 0)
        return walk_malformed(walk, w.p, "LogRecord", w.problem);
    return attr_stack_take(&walk->stack, mark, &record->attrs.items, &record->attrs.n)
               ? OBS_OK
               : OBS_E_NOMEM;
}

static int record_item(struct walk *walk, const struct wire_field *f,
                       const struct otlp_resource *resource, const struct otlp_scope *scope)
{
    struct otlp_logs *logs = walk->batch;
    struct otlp_record *record;

    if (logs->max_records && logs->n_records >= logs->max_records)
        return walk_too_many(walk, f->at, logs->max_records, "log records");
    record = otlp_logs_add(logs);
    if (!record)
        return OBS_E_NOMEM;
    record->resource = resource;
    record->scope = scope;
    return record_message(walk, f->bytes, record);
}

int otlp_logs_proto_decode(obs_str body, struct otlp_logs *logs, struct decode_error *error)
{
    static const struct proto_signal records = {
        .request = "ExportLogsServiceRequest",
        .of_resource = "ResourceLogs",
        .of_scope = "ScopeLogs",
        .item = record_item,
    };
    struct walk walk;
    int rc;

    walk_init(&walk, body, logs->arena, logs, error);
    rc = walk_request(&walk, body, &records);
    logs->n_replaced += walk.n_replaced;
    return rc;
}
