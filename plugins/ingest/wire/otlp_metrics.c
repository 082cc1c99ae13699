/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of opentelemetry-proto 1.x, metrics service, as shapes. */
#include "otlp_metrics.h"
#include "shape.h"

/* clang-format off */
#define FIELD(n, kind_, camel, snake)  {n, SHAPE_##kind_, false, MEMBER(camel, snake), NULL}
#define LIST(n, kind_, camel, snake)   {n, SHAPE_##kind_, true, MEMBER(camel, snake), NULL}
#define ONE(n, shape, camel, snake)    {n, SHAPE_MESSAGE, false, MEMBER(camel, snake), &(shape)}
#define MANY(n, shape, camel, snake)   {n, SHAPE_MESSAGE, true, MEMBER(camel, snake), &(shape)}
#define SHAPE(id, name, role, ...)                                              \
    static const struct shape_field id##_fields[] = {__VA_ARGS__};              \
    static const struct shape id = {name, id##_fields, COUNT(id##_fields), role}

SHAPE(resource, "Resource", SHAPE_PLAIN,
    FIELD(1, ATTRIBUTES, "attributes", "attributes"),
    FIELD(2, UINT, "droppedAttributesCount", "dropped_attributes_count"));

SHAPE(scope, "InstrumentationScope", SHAPE_PLAIN,
    FIELD(1, TEXT, "name", "name"),
    FIELD(2, TEXT, "version", "version"),
    FIELD(3, ATTRIBUTES, "attributes", "attributes"),
    FIELD(4, UINT, "droppedAttributesCount", "dropped_attributes_count"));

/* --- data points ----------------------------------------------------------- */

#define TIMES                                                                   \
    FIELD(2, FIXED64, "startTimeUnixNano", "start_time_unix_nano"),             \
    FIELD(3, FIXED64, "timeUnixNano", "time_unix_nano")

SHAPE(exemplar, "Exemplar", SHAPE_PLAIN,
    FIELD(2, FIXED64, "timeUnixNano", "time_unix_nano"),
    FIELD(3, DOUBLE, "asDouble", "as_double"),
    FIELD(4, ID, "spanId", "span_id"),
    FIELD(5, ID, "traceId", "trace_id"),
    FIELD(6, SFIXED64, "asInt", "as_int"),
    FIELD(7, ATTRIBUTES, "filteredAttributes", "filtered_attributes"));

SHAPE(number_point, "NumberDataPoint", SHAPE_ITEM,
    TIMES,
    FIELD(4, DOUBLE, "asDouble", "as_double"),
    MANY(5, exemplar, "exemplars", "exemplars"),
    FIELD(6, SFIXED64, "asInt", "as_int"),
    FIELD(7, ATTRIBUTES, "attributes", "attributes"),
    FIELD(8, UINT, "flags", "flags"));

SHAPE(histogram_point, "HistogramDataPoint", SHAPE_ITEM,
    TIMES,
    FIELD(4, FIXED64, "count", "count"),
    FIELD(5, DOUBLE, "sum", "sum"),
    LIST(6, FIXED64, "bucketCounts", "bucket_counts"),
    LIST(7, DOUBLE, "explicitBounds", "explicit_bounds"),
    MANY(8, exemplar, "exemplars", "exemplars"),
    FIELD(9, ATTRIBUTES, "attributes", "attributes"),
    FIELD(10, UINT, "flags", "flags"),
    FIELD(11, DOUBLE, "min", "min"),
    FIELD(12, DOUBLE, "max", "max"));

SHAPE(buckets, "Buckets", SHAPE_PLAIN,
    FIELD(1, SINT, "offset", "offset"),
    LIST(2, UINT, "bucketCounts", "bucket_counts"));

SHAPE(exponential_point, "ExponentialHistogramDataPoint", SHAPE_ITEM,
    FIELD(1, ATTRIBUTES, "attributes", "attributes"),
    TIMES,
    FIELD(4, FIXED64, "count", "count"),
    FIELD(5, DOUBLE, "sum", "sum"),
    FIELD(6, SINT, "scale", "scale"),
    FIELD(7, FIXED64, "zeroCount", "zero_count"),
    ONE(8, buckets, "positive", "positive"),
    ONE(9, buckets, "negative", "negative"),
    FIELD(10, UINT, "flags", "flags"),
    MANY(11, exemplar, "exemplars", "exemplars"),
    FIELD(12, DOUBLE, "min", "min"),
    FIELD(13, DOUBLE, "max", "max"),
    FIELD(14, DOUBLE, "zeroThreshold", "zero_threshold"));

SHAPE(quantile, "ValueAtQuantile", SHAPE_PLAIN,
    FIELD(1, DOUBLE, "quantile", "quantile"),
    FIELD(2, DOUBLE, "value", "value"));

SHAPE(summary_point, "SummaryDataPoint", SHAPE_ITEM,
    TIMES,
    FIELD(4, FIXED64, "count", "count"),
    FIELD(5, DOUBLE, "sum", "sum"),
    MANY(6, quantile, "quantileValues", "quantile_values"),
    FIELD(7, ATTRIBUTES, "attributes", "attributes"),
    FIELD(8, UINT, "flags", "flags"));

/* --- metrics --------------------------------------------------------------- */

#define POINTS(shape) MANY(1, shape, "dataPoints", "data_points")
#define TEMPORALITY   FIELD(2, ENUM, "aggregationTemporality", "aggregation_temporality")

SHAPE(gauge, "Gauge", SHAPE_PLAIN, POINTS(number_point));
SHAPE(sum, "Sum", SHAPE_PLAIN, POINTS(number_point), TEMPORALITY,
    FIELD(3, BOOL, "isMonotonic", "is_monotonic"));
SHAPE(histogram, "Histogram", SHAPE_PLAIN, POINTS(histogram_point), TEMPORALITY);
SHAPE(exponential, "ExponentialHistogram", SHAPE_PLAIN, POINTS(exponential_point), TEMPORALITY);
SHAPE(summary, "Summary", SHAPE_PLAIN, POINTS(summary_point));

SHAPE(metric, "Metric", SHAPE_GROUP,
    FIELD(1, NAME, "name", "name"),
    FIELD(2, TEXT, "description", "description"),
    FIELD(3, TEXT, "unit", "unit"),
    ONE(5, gauge, "gauge", "gauge"),
    ONE(7, sum, "sum", "sum"),
    ONE(9, histogram, "histogram", "histogram"),
    ONE(10, exponential, "exponentialHistogram", "exponential_histogram"),
    ONE(11, summary, "summary", "summary"),
    FIELD(12, ATTRIBUTES, "metadata", "metadata"));

/* --- the request ----------------------------------------------------------- */

SHAPE(scope_metrics, "ScopeMetrics", SHAPE_PLAIN,
    ONE(1, scope, "scope", "scope"),
    MANY(2, metric, "metrics", "metrics"),
    FIELD(3, TEXT, "schemaUrl", "schema_url"));

SHAPE(resource_metrics, "ResourceMetrics", SHAPE_PLAIN,
    ONE(1, resource, "resource", "resource"),
    MANY(2, scope_metrics, "scopeMetrics", "scope_metrics"),
    FIELD(3, TEXT, "schemaUrl", "schema_url"));

SHAPE(request, "ExportMetricsServiceRequest", SHAPE_PLAIN,
    MANY(1, resource_metrics, "resourceMetrics", "resource_metrics"));
/* clang-format on */

/* --- counting -------------------------------------------------------------- */

/* OpenTelemetry's in all ages, and Traceloop's own. */
static bool is_genai(obs_str name)
{
    static const obs_str prefixes[] = {OBS_STR("gen_ai."), OBS_STR("llm.")};

    for (size_t i = 0; i < COUNT(prefixes); i++)
        if (name.len > prefixes[i].len && memcmp(name.ptr, prefixes[i].ptr, prefixes[i].len) == 0)
            return true;
    return false;
}

static void metric_ended(struct shape_count *count)
{
    struct otlp_metrics *metrics = count->user;

    if (is_genai(count->name))
        metrics->n_genai += count->n_items;
    else
        metrics->n_other += count->n_items;
}

int otlp_metrics_proto_read(obs_str body, struct otlp_metrics *metrics, struct decode_error *error)
{
    struct shape_count count = {.ended = metric_ended, .user = metrics};
    struct walk walk;
    int rc;

    walk_init(&walk, body, metrics->arena, /* batch= */ NULL, error);
    rc = shape_walk(&walk, body, &request, &count);
    metrics->n_replaced += walk.n_replaced;
    return rc;
}

int otlp_metrics_json_read(obs_str body, struct otlp_metrics *metrics, struct decode_error *error)
{
    struct shape_count count = {.ended = metric_ended, .user = metrics};
    struct reader r;
    int rc;

    reader_init(&r, body, metrics->arena, /* batch= */ NULL, error);
    rc = shape_read(&r, &request, &count);
    metrics->n_replaced += r.c.n_replaced;
    return rc == OBS_OK ? json_finish(&r.c) : rc;
}
