/* SPDX-License-Identifier: Apache-2.0 */
/* Log records in JSON, read as otlp_json.c reads spans. */
#include "otlp_json_request.h"
#include "otlp_logs.h"

static int record_member(struct reader *r, int member, struct otlp_record *record)
{
    switch (member) {
    case 0:
        return json_uint(&r->c, &record->time_ns);
    case 1:
        return json_uint(&r->c, &record->observed_ns);
    case 2:
        return read_any_value(r, &record->body);
    case 3:
        return read_attrs(r, &record->attrs);
    case 4:
        return read_uint32(r, &record->attrs.dropped);
    case 5:
        return read_id(r, &record->trace_id);
    case 6:
        return read_id(r, &record->span_id);
    default:
        return json_string(&r->c, &record->event_name);
    }
}

static int one_record(struct reader *r, const struct otlp_resource *resource,
                      const struct otlp_scope *scope)
{
    static const struct member members[] = {
        MEMBER("timeUnixNano", "time_unix_nano"),
        MEMBER("observedTimeUnixNano", "observed_time_unix_nano"),
        MEMBER("body", "body"),
        MEMBER("attributes", "attributes"),
        MEMBER("droppedAttributesCount", "dropped_attributes_count"),
        MEMBER("traceId", "trace_id"),
        MEMBER("spanId", "span_id"),
        MEMBER("eventName", "event_name"),
    };
    struct otlp_logs *logs = r->batch;
    struct otlp_record *record;
    bool first = true;
    int rc = json_open(&r->c, '{');

    if (rc < 0)
        return rc;
    if (logs->max_records && logs->n_records >= logs->max_records)
        return read_too_many(r, logs->max_records, "log records");
    record = otlp_logs_add(logs);
    if (!record)
        return OBS_E_NOMEM;
    record->resource = resource;
    record->scope = scope;
    while (rc >= 0 && (rc = next_member(r, &first, members, COUNT(members))) >= 0)
        rc = record_member(r, rc, record);
    return rc == NO_MORE ? OBS_OK : rc;
}

int otlp_logs_json_decode(obs_str body, struct otlp_logs *logs, struct decode_error *error)
{
    static const struct json_signal records = {
        .of_resource = MEMBER("resourceLogs", "resource_logs"),
        .of_scope = MEMBER("scopeLogs", "scope_logs"),
        .items = MEMBER("logRecords", "log_records"),
        .item = one_record,
    };
    struct reader r;
    int rc;

    reader_init(&r, body, logs->arena, logs, error);
    rc = read_request(&r, &records, &logs->n_records);
    logs->n_replaced += r.c.n_replaced;
    return rc;
}
