/* SPDX-License-Identifier: Apache-2.0 */
/* The generator. Token counts are log-normal with the parameters that fit the
 * Azure LLM inference trace of 2023 (conversations: prompt mu 6.633, sigma 0.985,
 * completion mu 5.019, sigma 0.859; code: 6.999, 1.360 and 2.788, 0.847; Patel et
 * al., "Splitwise", ISCA 2024, CC BY 4.0). Agents call on average 5.8 tools, as
 * GPT-4o did in tau-bench's airline runs (Sierra, MIT). The day has a peak in the
 * afternoon and a third of its load at night; traces come in bursts. */
#include "demo.h"
#include "demo_text.h"

#include <observatory/json.h>

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define MS 1000000
#define DAY_NS 86400e9
#define TWO_PI 6.283185307179586
#define MEAN_TOOL_CALLS 5.8
#define ERROR_SHARE 0.025
#define BURST_SHARE 0.4
#define BURST_GAP 0.08 /* of the gap it would have been */

struct model {
    const char *provider, *name, *asked;
    double weight;
    double tokens_per_s, ttft_mu; /* mu of log milliseconds */
    int reasons, caches;
};

static const struct model models[] = {
    {"openai", "gpt-4o-2024-08-06", "gpt-4o", 0.20, 85, 6.0, 0, 1},
    {"openai", "gpt-4o-mini-2024-07-18", "gpt-4o-mini", 0.24, 110, 5.7, 0, 1},
    {"openai", "gpt-5-mini", "gpt-5-mini", 0.12, 95, 6.6, 1, 1},
    {"anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5", 0.18, 70, 6.5, 0, 1},
    {"anthropic", "claude-haiku-4-5-20251001", "claude-haiku-4-5", 0.08, 150, 5.8, 0, 1},
    {"gcp.gemini", "gemini-2.5-flash", "gemini-2.5-flash", 0.08, 180, 5.9, 1, 0},
    {"mistral_ai", "mistral-small-2506", "mistral-small-latest", 0.05, 120, 5.6, 0, 0},
    {"deepseek", "deepseek-chat", "deepseek-chat", 0.03, 45, 6.8, 0, 1},
    {"acme", "acme-house-7b", "acme-house-7b", 0.02, 60, 5.2, 0, 0}, /* has no price */
};

static const char *const services[] = {"support-bot", "travel-agent", "docs-search", "code-review"};
static const char *const environments[] = {"production", "production", "production", "staging"};
static const char *const releases[] = {"2.3.1", "2.4.0", "2.4.1"};
static const char *const tag_sets[] = {"[\"beta\"]", "[\"beta\",\"europe\"]", "[\"europe\"]",
                                       "[\"nightly\"]"};

struct failure {
    const char *type, *message;
};

static const struct failure failures[] = {
    {"rate_limit_exceeded", "429: too many requests, retry after 20 s"},
    {"timeout", "no answer within 60 s"},
    {"content_filter", "the answer was stopped by the content filter"},
    {"server_error", "503: the model is overloaded"},
};

/* One trace under way. */
struct scene {
    struct demo *demo;
    struct random *r;
    obs_arena *arena;
    obs_span *spans;
    size_t n;
    uint8_t trace_id[16];
    const char *service, *environment, *release, *tags;
    obs_str user, session, resource;
    int64_t now_ns; /* where the next span begins, from the start of the trace */
};

/* --- parts of a span ---------------------------------------------------------------- */

static void put_id(struct random *r, uint8_t *to, size_t len)
{
    for (size_t i = 0; i < len; i += 8) {
        uint64_t v = random_u64(r) | 1; /* never all zero */
        memcpy(to + i, &v, 8);
    }
}

static obs_span *add_span(struct scene *s, const obs_span *parent, const char *operation,
                          const char *name)
{
    obs_span *span = &s->spans[s->n++];

    obs_span_init(span);
    memcpy(span->trace_id, s->trace_id, sizeof(span->trace_id));
    put_id(s->r, span->span_id, sizeof(span->span_id));
    if (parent)
        memcpy(span->parent_span_id, parent->span_id, sizeof(span->parent_span_id));
    span->start_ns = span->end_ns = s->now_ns;
    span->status = OBS_STATUS_OK;
    span->project_id = s->demo->settings.project;
    span->service_name = obs_str_of(s->service);
    span->span_name = obs_str_of(name);
    span->span_kind = obs_str_of("internal");
    span->operation_type = obs_str_of(operation);
    span->environment = obs_str_of(s->environment);
    span->release = obs_str_of(s->release);
    span->user_id = s->user;
    span->session_id = s->session;
    span->resource_attributes = s->resource;
    if (s->tags)
        span->tags = obs_str_of(s->tags);
    return span;
}

/* Ends a span `ms` after its start and moves the scene on. */
static void lasts(struct scene *s, obs_span *span, double ms)
{
    span->end_ns = span->start_ns + (int64_t)(ms * MS) + 1;
    s->now_ns = span->end_ns + (int64_t)(random_exponential(s->r, 3) * MS);
}

static int64_t tokens(struct scene *s, double mu, double sigma, int64_t most)
{
    double n = random_log_normal(s->r, mu, sigma);
    return n < 1 ? 1 : n > (double)most ? most : (int64_t)n;
}

static const struct model *pick_model(struct random *r)
{
    double at = random_unit(r);

    for (size_t i = 0; i < COUNT(models); i++)
        if ((at -= models[i].weight) < 0)
            return &models[i];
    return &models[0];
}

static void put_usage(struct scene *s, obs_span *span, const struct model *m, int64_t input,
                      int64_t output)
{
    int64_t cached = m->caches && random_chance(s->r, 0.35)
                         ? (int64_t)((double)input * (0.3 + 0.5 * random_unit(s->r)))
                         : 0;
    int64_t thought = m->reasons ? (int64_t)((double)output * 0.6 * random_unit(s->r)) : 0;

    span->input_tokens = input - cached;
    span->output_tokens = output - thought;
    if (m->caches)
        span->cache_read_tokens = cached;
    if (m->reasons)
        span->reasoning_tokens = thought;
}

/* [{role, parts: [{type: text, content}]}] of the OpenTelemetry conventions. */
static obs_str messages(struct scene *s, const char *role, obs_str text,
                        const struct demo_tool *call)
{
    obs_buf *buf = obs_buf_new(s->arena, 0);
    obs_jw *jw = buf ? obs_jw_new(s->arena, buf) : NULL;

    if (!jw)
        return obs_str_n(NULL, 0);
    obs_jw_array(jw);
    obs_jw_object(jw);
    obs_jw_key(jw, "role");
    obs_jw_cstr(jw, role);
    obs_jw_key(jw, "parts");
    obs_jw_array(jw);
    obs_jw_object(jw);
    obs_jw_key(jw, "type");
    obs_jw_cstr(jw, call ? "tool_call" : "text");
    if (call) {
        obs_jw_key(jw, "id");
        obs_jw_cstr(jw, "call_1");
        obs_jw_key(jw, "name");
        obs_jw_cstr(jw, call->name);
        obs_jw_key(jw, "arguments");
        obs_jw_raw(jw, obs_str_of(call->arguments));
    } else {
        obs_jw_key(jw, "content");
        obs_jw_str(jw, text);
    }
    obs_jw_end_object(jw);
    obs_jw_end_array(jw);
    obs_jw_end_object(jw);
    obs_jw_end_array(jw);
    return obs_buf_error(buf) ? obs_str_n(NULL, 0) : obs_buf_str(buf);
}

static void put_tool_call(struct scene *s, obs_span *span, const struct demo_tool *call)
{
    obs_buf *buf = obs_buf_new(s->arena, 0);
    obs_jw *jw = buf ? obs_jw_new(s->arena, buf) : NULL;

    if (!jw)
        return;
    obs_jw_array(jw);
    obs_jw_object(jw);
    obs_jw_key(jw, "id");
    obs_jw_cstr(jw, "call_1");
    obs_jw_key(jw, "name");
    obs_jw_cstr(jw, call->name);
    obs_jw_key(jw, "arguments");
    obs_jw_cstr(jw, call->arguments);
    obs_jw_end_object(jw);
    obs_jw_end_array(jw);
    span->tool_calls = obs_buf_str(buf);
}

static void fail_span(struct scene *s, obs_span *span)
{
    const struct failure *f = &failures[random_below(s->r, COUNT(failures))];

    span->status = OBS_STATUS_ERROR;
    span->error_type = obs_str_of(f->type);
    span->error_message = obs_str_of(f->message);
}

/* --- spans ------------------------------------------------------------------------------ */

/* A model call; returns whether it worked. */
static int add_chat(struct scene *s, const obs_span *parent, const struct model *m, int code,
                    obs_str question, const struct demo_tool *call)
{
    obs_span *span = add_span(s, parent, "chat", "");
    int64_t limit = code ? 4000 : 1024;
    int64_t input = code ? tokens(s, 6.999, 1.360, 60000) : tokens(s, 6.633, 0.985, 60000);
    int64_t output = code ? tokens(s, 2.788, 0.847, limit) : tokens(s, 5.019, 0.859, limit);
    double ttft_ms = random_log_normal(s->r, m->ttft_mu, 0.35);

    span->span_name = obs_arena_printf(s->arena, "chat %s", m->asked);
    span->span_kind = obs_str_of("client");
    span->provider = obs_str_of(m->provider);
    span->request_model = obs_str_of(m->asked);
    span->model_parameters = obs_arena_printf(s->arena, "{\"temperature\":%s,\"max_tokens\":%d}",
                                              code ? "0" : "0.7", (int)limit);
    span->input_text = question;
    span->input_messages = messages(s, "user", question, NULL);
    if (random_chance(s->r, ERROR_SHARE)) {
        span->model = span->request_model; /* none answered */
        fail_span(s, span);
        lasts(s, span, random_log_normal(s->r, 7, 1));
        return 0;
    }
    span->model = obs_str_of(m->name);
    put_usage(s, span, m, input, output);
    span->ttft_ns = (int64_t)(ttft_ms * MS);
    span->finish_reason = obs_str_of(call ? "tool_calls" : output >= limit ? "length" : "stop");
    if (call)
        put_tool_call(s, span, call);
    else
        span->output_text = demo_answer(s->r, s->arena, output);
    span->output_messages = messages(s, "assistant", span->output_text, call);
    lasts(s, span,
          ttft_ms + (double)output * 1000 / (m->tokens_per_s * (0.8 + 0.4 * random_unit(s->r))));
    return 1;
}

static int add_tool(struct scene *s, const obs_span *parent, const struct demo_tool *tool)
{
    obs_span *span = add_span(s, parent, "tool", "");

    span->span_name = obs_arena_printf(s->arena, "execute_tool %s", tool->name);
    span->attributes = obs_arena_printf(s->arena, "{\"gen_ai.tool.name\":\"%s\"}", tool->name);
    span->input_text = obs_str_of(tool->arguments);
    span->output_text = obs_str_of(tool->result);
    lasts(s, span, random_log_normal(s->r, 4.2, 1));
    if (!random_chance(s->r, ERROR_SHARE))
        return 1;
    span->status = OBS_STATUS_ERROR;
    span->error_type = obs_str_of("tool_error");
    span->error_message = obs_str_of("the tool answered 500");
    return 0;
}

/* A root ends when the last span below it does. */
static void end_root(struct scene *s, obs_span *root, int worked, obs_str question)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->spans[i].end_ns > root->end_ns)
            root->end_ns = s->spans[i].end_ns;
    root->end_ns += MS / 2;
    root->input_text = question;
    root->output_text = s->spans[s->n - 1].output_text;
    if (!worked) {
        root->status = OBS_STATUS_ERROR;
        root->error_type = s->spans[s->n - 1].error_type;
        root->error_message = s->spans[s->n - 1].error_message;
    }
}

static void play_agent(struct scene *s, obs_str question)
{
    obs_span *root = add_span(s, NULL, "agent", "invoke_agent assistant");
    const struct model *m = pick_model(s->r);
    int worked = 1;

    root->attributes = obs_str_of("{\"gen_ai.agent.name\":\"assistant\"}");
    while (worked && s->n + 3 < DEMO_MAX_TRACE &&
           random_chance(s->r, MEAN_TOOL_CALLS / (MEAN_TOOL_CALLS + 1))) {
        const struct demo_tool *tool = demo_tool(s->r);
        worked = add_chat(s, root, m, /* code= */ 0, question, tool);
        if (worked)
            (void)add_tool(s, root, tool); /* agents go on after a tool that failed */
    }
    if (worked)
        worked = add_chat(s, root, m, /* code= */ 0, question, NULL);
    end_root(s, root, worked, question);
}

static void add_embedding(struct scene *s, const obs_span *parent, obs_str question)
{
    obs_span *span = add_span(s, parent, "embedding", "embeddings text-embedding-3-small");

    span->span_kind = obs_str_of("client");
    span->provider = obs_str_of("openai");
    span->model = span->request_model = obs_str_of("text-embedding-3-small");
    span->input_text = question;
    span->input_tokens = (int64_t)(question.len / 4) + 1;
    lasts(s, span, random_log_normal(s->r, 4.4, 0.4));
}

static void play_retrieval(struct scene *s, obs_str question)
{
    obs_span *root = add_span(s, NULL, "internal", "answer from documents");
    obs_span *search;
    int worked;

    add_embedding(s, root, question);
    search = add_span(s, root, "retrieval", "search documents");
    search->input_text = question;
    search->attributes = obs_arena_printf(s->arena, "{\"gen_ai.retrieval.top_k\":%d}",
                                          4 + (int)random_below(s->r, 16));
    lasts(s, search, random_log_normal(s->r, 3.2, 0.7));
    worked = add_chat(s, root, pick_model(s->r), /* code= */ 0, question, NULL);
    end_root(s, root, worked, question);
}

/* --- traces -------------------------------------------------------------------------------- */

/* Continues one of the open sessions or opens another. */
static void join_session(struct scene *s)
{
    struct demo *d = s->demo;
    struct demo_session *session = &d->open[random_below(s->r, DEMO_SESSIONS)];

    if (session->turns_left == 0) {
        session->id = ++d->sessions;
        session->turns_left = 1 + (uint32_t)random_exponential(s->r, 3.5);
        /* a fifth of the sessions brings a new user */
        if (d->users == 0 || random_chance(s->r, 0.2))
            d->users++;
        session->user = 1 + (uint32_t)random_below(s->r, d->users);
    }
    session->turns_left--;
    s->session = obs_arena_printf(s->arena, "session-%05u", session->id);
    s->user = obs_arena_printf(s->arena, "user-%04u", session->user);
}

/* Load from the epoch until `ns`, in days of average load: the integral of
 * 1 + cos(hour - 14) / 2 (UTC), which has its peak at 14 h and its least at 2 h. */
static double load_until(double ns)
{
    double days = ns / DAY_NS;

    return days + sin((days - 14.0 / 24) * TWO_PI) / (2 * TWO_PI);
}

/* When `share` of all load is over. */
static double moment_of(const struct demo_settings *settings, double share)
{
    double high = (double)settings->end_ns, low = high - settings->days * DAY_NS;
    double from = load_until(low), wanted = from + share * (load_until(high) - from);

    while (high - low > MS) {
        double middle = low + (high - low) / 2;
        if (load_until(middle) < wanted)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* When a trace ends: with the share of the spans that are made by then, so that
 * the last one ends at the very end. Some follow at once upon the one before. */
static int64_t next_end(struct demo *d, uint64_t made)
{
    double ns = moment_of(&d->settings, (double)made / (double)d->settings.spans);

    if (made < d->settings.spans && random_chance(&d->random, BURST_SHARE))
        ns = d->last_ns + (ns - d->last_ns) * fmin(random_exponential(&d->random, BURST_GAP), 1);
    d->last_ns = ns;
    return (int64_t)ns;
}

/* Moves a trace that was played from 0 on to its place. */
static void place_trace(struct demo *d, obs_span *spans, size_t n)
{
    int64_t end_ns = d->settings.end_ns, begin_ns = end_ns - (int64_t)(d->settings.days * DAY_NS);
    int64_t at_ns, length_ns = 0;

    for (size_t i = 0; i < n; i++)
        if (spans[i].end_ns > length_ns)
            length_ns = spans[i].end_ns;
    at_ns = next_end(d, d->made + n) - length_ns;
    if (at_ns < begin_ns)
        at_ns = begin_ns;
    if (at_ns > end_ns - length_ns)
        at_ns = end_ns - length_ns;
    for (size_t i = 0; i < n; i++) {
        spans[i].start_ns += at_ns;
        spans[i].end_ns += at_ns;
    }
}

void demo_init(struct demo *demo, const struct demo_settings *settings)
{
    *demo = (struct demo){.settings = *settings, .random = {settings->seed}};
    demo->last_ns = moment_of(settings, /* share= */ 0);
}

static void set_scene(struct scene *s)
{
    s->service = services[random_below(s->r, COUNT(services))];
    s->environment = environments[random_below(s->r, COUNT(environments))];
    s->release = releases[random_below(s->r, COUNT(releases))];
    s->tags = random_chance(s->r, 0.3) ? tag_sets[random_below(s->r, COUNT(tag_sets))] : NULL;
    s->resource = obs_arena_printf(s->arena,
                                   "{\"service.name\":\"%s\",\"service.version\":\"%s\","
                                   "\"deployment.environment.name\":\"%s\"}",
                                   s->service, s->release, s->environment);
    put_id(s->r, s->trace_id, sizeof(s->trace_id));
    join_session(s);
}

size_t demo_trace(struct demo *demo, obs_arena *arena, obs_span *ret_spans)
{
    struct scene s = {.demo = demo, .r = &demo->random, .arena = arena, .spans = ret_spans};
    uint64_t left = demo->settings.spans - demo->made;
    double kind = random_unit(s.r);
    obs_str question;

    if (left == 0)
        return 0;
    set_scene(&s);
    question = demo_question(s.r, arena);
    if (kind < 0.28 && left >= DEMO_MAX_TRACE)
        play_agent(&s, question);
    else if (kind < 0.55 && left >= 4)
        play_retrieval(&s, question);
    else
        (void)add_chat(&s, NULL, pick_model(s.r), /* code= */ kind > 0.85, question, NULL);
    place_trace(demo, ret_spans, s.n);
    demo->made += s.n;
    return s.n;
}
