/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics of every kind, written in protobuf and in JSON: what is counted, and what
 * is refused. */
#include "fixture_message.h"
#include "fixture_random.h"
#include "otlp_metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define CASES 1000
#define MAX_POINTS 3u
#define MAX_METRICS 4u

static int setup(void **state)
{
    *state = obs_arena_create(0);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    obs_arena_destroy(*state);
    return 0;
}

/* --- data points ----------------------------------------------------------- */

enum data { GAUGE, SUM, HISTOGRAM, EXPONENTIAL, SUMMARY, N_DATA };

static void random_attrs(struct dice *d, struct message *m, unsigned field, const char *name)
{
    struct otlp_attrs attrs;

    dice_attrs(d, &attrs);
    message_attrs(m, field, name, &attrs);
}

static void times(struct dice *d, struct message *m)
{
    message_fixed64(m, 2, "startTimeUnixNano", dice_roll(d, UINT64_MAX));
    message_fixed64(m, 3, "timeUnixNano", dice_roll(d, UINT64_MAX));
}

static void exemplars(struct dice *d, struct message *m, unsigned field)
{
    struct message exemplar = message_of(&m->style);

    random_attrs(d, &exemplar, 7, "filteredAttributes");
    message_fixed64(&exemplar, 2, "timeUnixNano", dice_roll(d, UINT64_MAX));
    message_double(&exemplar, 3, "asDouble", dice_real(d));
    message_id(&exemplar, 4, "spanId", dice_raw(d, 8));
    message_id(&exemplar, 5, "traceId", dice_raw(d, 16));
    message_list(m, field, "exemplars", &exemplar, 1);
}

static void number_point(struct dice *d, struct message *m)
{
    times(d, m);
    if (dice_roll(d, 2))
        message_double(m, 4, "asDouble", dice_real(d));
    else
        message_sfixed64(m, 6, "asInt", (int64_t)dice_roll(d, UINT64_MAX));
    exemplars(d, m, 5);
    random_attrs(d, m, 7, "attributes");
    message_varint(m, 8, "flags", 1);
}

static void histogram_point(struct dice *d, struct message *m)
{
    uint64_t counts[] = {dice_roll(d, 100), dice_roll(d, UINT64_MAX), 0};
    double bounds[] = {dice_real(d), dice_real(d)};
    bool packed = dice_roll(d, 2);

    times(d, m);
    message_fixed64(m, 4, "count", dice_roll(d, UINT64_MAX));
    message_double(m, 5, "sum", dice_real(d));
    message_fixed64s(m, 6, "bucketCounts", counts, 3, packed);
    message_doubles(m, 7, "explicitBounds", bounds, 2, packed);
    exemplars(d, m, 8);
    random_attrs(d, m, 9, "attributes");
    message_double(m, 11, "min", dice_real(d));
    message_double(m, 12, "max", dice_real(d));
}

static void exponential_point(struct dice *d, struct message *m)
{
    uint64_t counts[] = {dice_roll(d, 200), dice_roll(d, UINT64_MAX)};
    struct message positive = message_of(&m->style);

    times(d, m);
    random_attrs(d, m, 1, "attributes");
    message_fixed64(m, 4, "count", dice_roll(d, UINT64_MAX));
    message_double(m, 5, "sum", dice_real(d));
    message_zigzag(m, 6, "scale", (int64_t)dice_roll(d, 20) - 10);
    message_fixed64(m, 7, "zeroCount", dice_roll(d, UINT64_MAX));
    message_zigzag(&positive, 1, "offset", -(int64_t)dice_roll(d, 1000));
    message_varints(&positive, 2, "bucketCounts", counts, 2, dice_roll(d, 2));
    message_child(m, 8, "positive", &positive);
    exemplars(d, m, 11);
    message_double(m, 14, "zeroThreshold", dice_real(d));
}

static void summary_point(struct dice *d, struct message *m)
{
    struct message quantile = message_of(&m->style);

    times(d, m);
    message_fixed64(m, 4, "count", dice_roll(d, UINT64_MAX));
    message_double(m, 5, "sum", dice_real(d));
    message_double(&quantile, 1, "quantile", 0.5);
    message_double(&quantile, 2, "value", dice_real(d));
    message_list(m, 6, "quantileValues", &quantile, 1);
    random_attrs(d, m, 7, "attributes");
}

/* --- requests -------------------------------------------------------------- */

/* Adds data of a kind with `n` points to a metric. */
static void add_data(struct dice *d, struct message *metric, enum data kind, size_t n)
{
    static const struct {
        unsigned field;
        const char *name;
        void (*point)(struct dice *d, struct message *m);
    } kinds[N_DATA] = {
        [GAUGE] = {5, "gauge", number_point},
        [SUM] = {7, "sum", number_point},
        [HISTOGRAM] = {9, "histogram", histogram_point},
        [EXPONENTIAL] = {10, "exponentialHistogram", exponential_point},
        [SUMMARY] = {11, "summary", summary_point},
    };
    struct message points[MAX_POINTS], data = message_of(&metric->style);

    for (size_t i = 0; i < n; i++) {
        points[i] = message_of(&metric->style);
        kinds[kind].point(d, &points[i]);
    }
    message_list(&data, 1, "dataPoints", points, n);
    if (kind == SUM)
        message_bool(&data, 3, "isMonotonic", true);
    if (kind != GAUGE && kind != SUMMARY)
        message_varint(&data, 2, "aggregationTemporality", 2);
    message_child(metric, kinds[kind].field, kinds[kind].name, &data);
}

static struct message wrapped(const struct json_style *style, struct message *metrics, size_t n)
{
    struct message scope = message_of(style), resource = message_of(style);
    struct message request = message_of(style);

    message_list(&scope, 2, "metrics", metrics, n);
    message_text(&scope, 3, "schemaUrl", obs_str_of("https://opentelemetry.io/schemas/1.37.0"));
    message_list(&resource, 2, "scopeMetrics", &scope, 1);
    message_list(&request, 1, "resourceMetrics", &resource, 1);
    message_end(&request);
    return request;
}

static struct message random_request(struct dice *d, const struct json_style *style,
                                     struct otlp_metrics *want)
{
    static const char *const names[] = {"gen_ai.client.token.usage",
                                        "llm.openai.exceptions",
                                        "http.server.request.duration",
                                        "gen_ai.",
                                        "generic",
                                        ""};
    struct message metrics[MAX_METRICS];
    size_t n = dice_roll(d, MAX_METRICS + 1);

    for (size_t i = 0; i < n; i++) {
        size_t name = dice_roll(d, sizeof(names) / sizeof(names[0]));
        size_t n_points = dice_roll(d, MAX_POINTS + 1);

        metrics[i] = message_of(style);
        add_data(d, &metrics[i], (enum data)dice_roll(d, N_DATA), n_points);
        message_text(&metrics[i], 1, "name", obs_str_of(names[name]));
        message_text(&metrics[i], 2, "description", dice_text(d));
        random_attrs(d, &metrics[i], 12, "metadata");
        *(name < 2 ? &want->n_genai : &want->n_other) += n_points;
    }
    return wrapped(style, metrics, n);
}

static void random_requests_are_counted_alike_in_both_forms(void **state)
{
    uint64_t n_genai = 0, n_other = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        obs_arena *arena = obs_arena_create(0);
        struct otlp_metrics want = {0}, proto = {.arena = arena}, json = {.arena = arena};
        struct json_style style = style_of(seed);
        struct dice dice = dice_of(arena, seed);
        struct message request = random_request(&dice, &style, &want);
        char *proto_body = exact_copy(bytes_str(&request.proto));
        char *json_body = exact_copy(bytes_str(&request.json));
        struct decode_error error;

        if (otlp_metrics_proto_read(obs_str_n(proto_body, request.proto.len), &proto, &error) < 0)
            fail_msg("seed %llu: %s", (unsigned long long)seed, error.text);
        if (otlp_metrics_json_read(obs_str_n(json_body, request.json.len), &json, &error) < 0)
            fail_msg("seed %llu: %s", (unsigned long long)seed, error.text);
        if (proto.n_genai != want.n_genai || json.n_genai != want.n_genai ||
            proto.n_other != want.n_other || json.n_other != want.n_other)
            fail_msg("seed %llu: %llu and %llu of GenAI, %llu expected", (unsigned long long)seed,
                     (unsigned long long)proto.n_genai, (unsigned long long)json.n_genai,
                     (unsigned long long)want.n_genai);
        n_genai += want.n_genai;
        n_other += want.n_other;
        free(proto_body);
        free(json_body);
        message_finish(&request);
        obs_arena_destroy(arena);
    }
    assert_true(n_genai > CASES / 4 && n_other > CASES / 4);
}

/* --- wrong requests -------------------------------------------------------- */

/* A metric of every kind. */
static struct message full_request(obs_arena *arena)
{
    const struct json_style plain = {0};
    struct dice dice = dice_of(arena, 7);
    struct message metrics[N_DATA];

    for (unsigned kind = 0; kind < N_DATA; kind++) {
        metrics[kind] = message_of(&plain);
        add_data(&dice, &metrics[kind], (enum data)kind, 2);
    }
    return wrapped(&plain, metrics, N_DATA);
}

static void a_request_cut_at_any_byte_is_refused(void **state)
{
    struct message request = full_request(*state);
    struct decode_error error;

    for (size_t len = 1; len < request.proto.len; len++) {
        struct otlp_metrics got = {.arena = *state};
        char *copy = exact_copy(obs_str_n(request.proto.data, len));

        assert_int_equal(otlp_metrics_proto_read(obs_str_n(copy, len), &got, &error), OBS_E_SYNTAX);
        assert_true(error.text[0] && error.offset <= len);
        free(copy);
    }
    for (size_t len = 0; len < request.json.len; len++) {
        struct otlp_metrics got = {.arena = *state};
        char *copy = exact_copy(obs_str_n(request.json.data, len));

        assert_int_equal(otlp_metrics_json_read(obs_str_n(copy, len), &got, &error), OBS_E_SYNTAX);
        assert_true(error.offset <= len);
        free(copy);
    }
    message_finish(&request);
}

static void fields_of_the_wrong_type_are_refused(void **state)
{
    static const struct {
        const char *proto;
        size_t len;
        const char *says;
    } protos[] = {
        {"\x08\x01", 2, "ExportMetricsServiceRequest: field 1 has wire type 0"},
        {"\x0a\x06\x12\x04\x12\x02\x08\x01", 8, "Metric: field 1 has wire type 0"},
        /* a sum whose data point has its time as a varint */
        {"\x0a\x0a\x12\x08\x12\x06\x3a\x04\x0a\x02\x18\x01", 12, "NumberDataPoint: field 3"},
        /* a histogram with a packed list of 3 bytes of fixed64 */
        {"\x0a\x0d\x12\x0b\x12\x09\x4a\x07\x0a\x05\x32\x03\x01\x02\x03", 15,
         "HistogramDataPoint: the last number of the list is cut off"},
        /* buckets with a packed varint that does not end */
        {"\x0a\x0e\x12\x0c\x12\x0a\x52\x08\x0a\x06\x42\x04\x12\x02\x01\x80", 16,
         "Buckets: the varint is cut off"},
    };
    static const struct {
        const char *json;
        const char *says;
    } jsons[] = {
        {"[]", "expected an object"},
        {"{\"resourceMetrics\":{}}", "expected an array"},
        {"{\"resourceMetrics\":[]} 1", "expected the end"},
        {"{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":1}]}]}]}", "a string"},
        {"{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"gauge\":{\"dataPoints\":[{"
         "\"asInt\":\"x\"}]}}]}]}]}",
         "64-bit integer"},
    };
    struct decode_error error;

    for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
        struct otlp_metrics got = {.arena = *state};
        obs_str body = obs_str_n(protos[i].proto, protos[i].len);

        assert_int_equal(otlp_metrics_proto_read(body, &got, &error), OBS_E_SYNTAX);
        if (!strstr(error.text, protos[i].says))
            fail_msg("case %zu: %s", i, error.text);
    }
    for (size_t i = 0; i < sizeof(jsons) / sizeof(jsons[0]); i++) {
        struct otlp_metrics got = {.arena = *state};

        assert_int_equal(otlp_metrics_json_read(obs_str_of(jsons[i].json), &got, &error),
                         OBS_E_SYNTAX);
        if (!strstr(error.text, jsons[i].says))
            fail_msg("case %zu: %s", i, error.text);
    }
}

static void attributes_nest_to_the_limit_and_not_deeper(void **state)
{
    const struct json_style plain = {0};
    struct decode_error error;

    for (unsigned depth = OTLP_MAX_DEPTH; depth <= OTLP_MAX_DEPTH + 2; depth++) {
        struct otlp_metrics a = {.arena = *state}, b = {.arena = *state};
        struct otlp_attr attr = {obs_str_of("deep"), nested_value(*state, depth)};
        struct otlp_attrs attrs = {.items = &attr, .n = 1};
        struct message metric = message_of(&plain), request;
        int expected = depth <= OTLP_MAX_DEPTH + 1 ? OBS_OK : OBS_E_SYNTAX;

        message_attrs(&metric, 12, "metadata", &attrs);
        request = wrapped(&plain, &metric, 1);
        assert_int_equal(otlp_metrics_proto_read(bytes_str(&request.proto), &a, &error), expected);
        assert_int_equal(otlp_metrics_json_read(bytes_str(&request.json), &b, &error), expected);
        message_finish(&request);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_requests_are_counted_alike_in_both_forms),
        TEST(a_request_cut_at_any_byte_is_refused),
        TEST(fields_of_the_wrong_type_are_refused),
        TEST(attributes_nest_to_the_limit_and_not_deeper),
    };

    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
