/* SPDX-License-Identifier: Apache-2.0 */
/* How fast bodies become spans: 512 spans as an instrumented chat application
 * sends them, decoded, and decoded and mapped, on one core, best of several
 * rounds.   decode [--json] */
#include "map.h"
#include "native_json.h"
#include "fixture_encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define N_SPANS 512
#define ROUNDS 7
#define ROUND_NS 300000000.0

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* not what others on the machine take */
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* --- the request ----------------------------------------------------------- */

static struct otlp_attr text(const char *key, obs_str value)
{
    return (struct otlp_attr){obs_str_of(key), {.kind = OTLP_STRING, .s = value}};
}

static struct otlp_attr number(const char *key, int64_t value)
{
    return (struct otlp_attr){obs_str_of(key), {.kind = OTLP_INT, .i = value}};
}

static struct otlp_attr real(const char *key, double value)
{
    return (struct otlp_attr){obs_str_of(key), {.kind = OTLP_DOUBLE, .d = value}};
}

/* [{"role":…,"parts":[{"type":"text","content":…}]}] of about `len` bytes. */
static obs_str messages(obs_arena *arena, const char *role, size_t len, unsigned seed)
{
    static const char *const words[] = {"reservation",  "please",  "the",     "flight", "cancel",
                                        "economy",      "because", "\\\"I'm", "refund", "tomorrow",
                                        "na\xC3\xAFve", "and",     "upgrade", "of",     "to"};
    char *p = obs_arena_alloc(arena, len + 256), *begin = p;

    p += sprintf(p, "[{\"role\":\"%s\",\"parts\":[{\"type\":\"text\",\"content\":\"", role);
    while ((size_t)(p - begin) < len) {
        seed = seed * 1103515245 + 12345;
        p += sprintf(p, "%s ", words[(seed >> 16) % 15]);
    }
    p += sprintf(p, "\"}]}]");
    return obs_str_n(begin, (size_t)(p - begin));
}

static void fill_chat(obs_arena *arena, struct otlp_span *s, unsigned i)
{
    struct otlp_value *reason = obs_arena_calloc(arena, 1, sizeof(*reason));
    struct otlp_attr attrs[] = {
        text("gen_ai.operation.name", obs_str_of("chat")),
        text("gen_ai.provider.name", obs_str_of("openai")),
        text("gen_ai.request.model", obs_str_of("gpt-4o")),
        text("gen_ai.response.model", obs_str_of("gpt-4o-2024-08-06")),
        text("gen_ai.response.id", obs_str_of("chatcmpl-9x8y7z6w5v4u3t2s1r0q")),
        real("gen_ai.request.temperature", 0.7),
        number("gen_ai.request.max_tokens", 1024),
        number("gen_ai.usage.input_tokens", 1200 + i),
        number("gen_ai.usage.output_tokens", 220 + i % 50),
        number("gen_ai.usage.cache_read.input_tokens", 512),
        real("gen_ai.response.time_to_first_chunk", 0.321),
        text("gen_ai.conversation.id", obs_str_of("conv_7f3b2a1c9d8e")),
        text("user.id", obs_str_of("user-12345")),
        text("server.address", obs_str_of("api.openai.com")),
        number("server.port", 443),
        text("app.feature", obs_str_of("support-assistant")),
        text("gen_ai.input.messages", messages(arena, "user", 520, i)),
        text("gen_ai.output.messages", messages(arena, "assistant", 620, i + 7)),
        {obs_str_of("gen_ai.response.finish_reasons"),
         {.kind = OTLP_ARRAY, .n = 1, .items = reason}},
    };
    const uint32_t n = sizeof(attrs) / sizeof(attrs[0]);

    *reason = (struct otlp_value){.kind = OTLP_STRING, .s = obs_str_of("stop")};
    s->name = obs_str_of("chat gpt-4o");
    s->kind = 3;
    s->attrs.items = obs_arena_alloc(arena, sizeof(attrs));
    memcpy(s->attrs.items, attrs, sizeof(attrs));
    s->attrs.n = n;
    s->events = obs_arena_calloc(arena, 1, sizeof(*s->events));
    s->n_events = 1;
    s->events[0].name = obs_str_of("cache.miss");
    s->events[0].time_ns = s->start_ns + 1000;
}

static void fill_agent(obs_arena *arena, struct otlp_span *s)
{
    struct otlp_attr attrs[] = {
        text("gen_ai.operation.name", obs_str_of("invoke_agent")),
        text("gen_ai.agent.name", obs_str_of("airline")),
        text("gen_ai.conversation.id", obs_str_of("conv_7f3b2a1c9d8e")),
        text("user.id", obs_str_of("user-12345")),
    };

    s->name = obs_str_of("invoke_agent airline");
    s->kind = 1;
    s->attrs.items = obs_arena_alloc(arena, sizeof(attrs));
    memcpy(s->attrs.items, attrs, sizeof(attrs));
    s->attrs.n = sizeof(attrs) / sizeof(attrs[0]);
}

static void build(struct otlp_batch *batch)
{
    static struct otlp_attr resource_attrs[4];
    static struct otlp_resource resource = {.attrs = {.items = resource_attrs, .n = 4}};
    static struct otlp_scope scope;

    resource_attrs[0] = text("service.name", obs_str_of("support-bot"));
    resource_attrs[1] = text("service.version", obs_str_of("4.2.0"));
    resource_attrs[2] = text("deployment.environment.name", obs_str_of("production"));
    resource_attrs[3] = text("telemetry.sdk.language", obs_str_of("nodejs"));
    scope.name = obs_str_of("@opentelemetry/instrumentation-openai");
    scope.version = obs_str_of("0.9.1");
    for (unsigned i = 0; i < N_SPANS; i++) {
        struct otlp_span *s = otlp_batch_add(batch);
        char *ids = obs_arena_alloc(batch->arena, 32);

        for (unsigned k = 0; k < 32; k++)
            ids[k] = (char)(1 + i * 31 + k * 7);
        s->resource = &resource;
        s->scope = &scope;
        s->trace_id = obs_str_n(ids, 16);
        s->span_id = obs_str_n(ids + 16, 8);
        if (i % 5)
            s->parent_span_id = obs_str_n(ids + 24, 8);
        s->start_ns = 1790000000000000000 + i * 1000003;
        s->end_ns = s->start_ns + 1234567890;
        s->status = 1;
        if (i % 5)
            fill_chat(batch->arena, s, i);
        else
            fill_agent(batch->arena, s);
    }
}

/* --- measuring ------------------------------------------------------------- */

enum what { DECODE_PROTO, DECODE_JSON, MAP_PROTO, MAP_JSON };

static void once(enum what what, const struct map_index *index, obs_str body)
{
    struct otlp_batch batch = {.arena = obs_arena_create(0)};
    struct decode_error error;
    struct mapped mapped;
    int rc = what == DECODE_PROTO || what == MAP_PROTO ? otlp_proto_decode(body, &batch, &error)
                                                       : otlp_json_decode(body, &batch, &error);

    if (rc == OBS_OK && what >= MAP_PROTO)
        rc = map_batch(index, obs_str_of("default"), &batch, &mapped);
    if (rc < 0 || batch.n_spans != N_SPANS) {
        fprintf(stderr, "decode: %s\n", error.text);
        exit(1);
    }
    obs_arena_destroy(batch.arena);
}

/* Nanoseconds for one request, the best round. */
static double measure(enum what what, const struct map_index *index, obs_str body)
{
    double best = 1e18;

    for (int round = 0; round < ROUNDS; round++) {
        double begin = cpu_ns(), end;
        unsigned n = 0;

        do {
            once(what, index, body);
            n++;
            end = cpu_ns();
        } while (end - begin < ROUND_NS);
        if ((end - begin) / n < best)
            best = (end - begin) / n;
    }
    return best;
}

int main(int argc, char **argv)
{
    const struct json_style style = {.number_ints = false};
    struct otlp_batch batch = {.arena = obs_arena_create(0)};
    struct map_index *index = map_index_create();
    struct bytes proto = {0}, json = {0};
    double proto_ns, json_ns, map_proto_ns, map_json_ns;

    if (!batch.arena || !index)
        return 1;
    build(&batch);
    encode_proto(&batch, &proto);
    encode_json(&batch, &style, &json);
    proto_ns = measure(DECODE_PROTO, index, bytes_str(&proto));
    json_ns = measure(DECODE_JSON, index, bytes_str(&json));
    map_proto_ns = measure(MAP_PROTO, index, bytes_str(&proto));
    map_json_ns = measure(MAP_JSON, index, bytes_str(&json));
    printf(argc > 1 && strcmp(argv[1], "--json") == 0
               ? "{\"protobuf_mb_per_s\":%.0f,\"json_mb_per_s\":%.0f,"
                 "\"protobuf_map_us_per_span\":%.3f,\"json_map_us_per_span\":%.3f,"
                 "\"protobuf_bytes_per_span\":%zu,\"json_bytes_per_span\":%zu}\n"
               : "protobuf decode      %8.0f MB/s\njson decode          %8.0f MB/s\n"
                 "protobuf decode+map  %8.3f us/span\njson decode+map      %8.3f us/span\n"
                 "protobuf             %8zu bytes/span\njson                 %8zu bytes/span\n",
           (double)proto.len / proto_ns * 1e3, (double)json.len / json_ns * 1e3,
           map_proto_ns / N_SPANS / 1e3, map_json_ns / N_SPANS / 1e3, proto.len / N_SPANS,
           json.len / N_SPANS);
    bytes_finish(&proto);
    bytes_finish(&json);
    map_index_destroy(index);
    obs_arena_destroy(batch.arena);
    return 0;
}
