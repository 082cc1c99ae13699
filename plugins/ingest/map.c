/* SPDX-License-Identifier: Apache-2.0 */
/* The mapping of a batch: the resource's attributes once for all spans of a
 * resource, then for each span its attributes and events are offered to the
 * draft, the fields are filled from it, and what is left is written as JSON. */
#include "map.h"
#include "content.h"
#include "tokens.h"
#include "values.h"

struct mapper {
    const struct map_index *index;
    obs_arena *arena;
    obs_str project;
    struct json_out out;
    struct indexed_parts parts;
    const struct otlp_resource *resource; /* that `base` and the text are of */
    const struct otlp_scope *scope;       /* that `scope_members` is of */
    obs_str resource_attributes;
    obs_str scope_members; /* `"otel.scope.name":…`, to be spliced into attributes */
    struct draft base;
    struct draft draft;
    int64_t first_chunk_ns;
    bool tokens_ambiguous;
};

static const unsigned char no_id[16];

/* --- checks ---------------------------------------------------------------- */

static bool is_id(obs_str id, size_t len)
{
    return id.len == len && memcmp(id.ptr, no_id, len) != 0;
}

/* REJECT_* or -1. */
static int reject_of(const struct otlp_span *from)
{
    if (!is_id(from->trace_id, 16))
        return REJECT_TRACE_ID;
    if (!is_id(from->span_id, 8))
        return REJECT_SPAN_ID;
    if (from->parent_span_id.len != 0 && from->parent_span_id.len != 8)
        return REJECT_PARENT_ID;
    if (from->start_ns == 0 || from->start_ns > INT64_MAX)
        return REJECT_START;
    if (from->end_ns < from->start_ns || from->end_ns > INT64_MAX)
        return REJECT_END;
    return -1;
}

obs_str map_reject_text(obs_arena *arena, const struct mapped *mapped)
{
    static const char *const reasons[N_REJECTS] = {
        [REJECT_TRACE_ID] = "trace_id is not 16 bytes or all zero",
        [REJECT_SPAN_ID] = "span_id is not 8 bytes or all zero",
        [REJECT_PARENT_ID] = "parent_span_id is not 8 bytes",
        [REJECT_START] = "start_time_unix_nano is missing or out of range",
        [REJECT_END] = "end_time_unix_nano is missing, before the start or out of range",
    };
    obs_str text = obs_arena_printf(arena, "%zu of %zu spans rejected", mapped->n_rejected,
                                    mapped->n_spans + mapped->n_rejected);

    for (unsigned i = 0; i < N_REJECTS && text.ptr; i++)
        if (mapped->rejects[i])
            text = obs_arena_printf(arena, "%.*s; %zu: %s", OBS_STR_ARG(text), mapped->rejects[i],
                                    reasons[i]);
    return text;
}

/* --- offering -------------------------------------------------------------- */

static void offer_resource(struct mapper *m, const struct otlp_resource *resource)
{
    uint32_t index;
    obs_str rest;

    if (m->resource == resource)
        return;
    m->resource = resource;
    draft_init(&m->base);
    for (uint32_t i = 0; i < resource->attrs.n; i++) {
        struct otlp_attr *attr = &resource->attrs.items[i];
        const struct map_row *row = map_index_find(m->index, attr->key, &index, &rest);

        if (row && row->where & IN_RESOURCE)
            draft_offer(&m->base, &m->out, row, attr, IN_RESOURCE);
    }
    json_out_attrs(&m->out, &resource->attrs);
    m->resource_attributes = json_out_take(&m->out);
}

static void offer_attrs(struct mapper *m, const struct otlp_attrs *attrs, uint32_t where)
{
    for (uint32_t i = 0; i < attrs->n; i++) {
        struct otlp_attr *attr = &attrs->items[i];
        uint32_t index;
        obs_str rest;
        const struct map_row *row = map_index_find(m->index, attr->key, &index, &rest);

        if (!row || !((row->where ? row->where : IN_SPAN) & where))
            continue;
        if (row->target == TO_INPUT_INDEXED || row->target == TO_OUTPUT_INDEXED)
            indexed_add(&m->parts, m->arena, row->target == TO_OUTPUT_INDEXED, index, rest, attr);
        else
            draft_offer(&m->draft, &m->out, row, attr, where);
    }
}

static void offer_events(struct mapper *m, const struct otlp_span *from)
{
    m->first_chunk_ns = INT64_MAX;
    for (uint32_t i = 0; i < from->n_events; i++) {
        const struct otlp_event *event = &from->events[i];
        const struct map_event_row *row = map_event_find(event->name);

        if (!row)
            continue;
        if (row->use == EVENT_EXCEPTION && from->status == OBS_STATUS_ERROR)
            offer_attrs(m, &event->attrs, IN_EXCEPTION);
        else if (row->use == EVENT_CONTENT)
            offer_attrs(m, &event->attrs, IN_CONTENT);
        else if (row->use == EVENT_FIRST_CHUNK && event->time_ns < (uint64_t)m->first_chunk_ns)
            m->first_chunk_ns = (int64_t)event->time_ns;
    }
}

/* --- filling --------------------------------------------------------------- */

static void fill_identity(const struct mapper *m, const struct otlp_span *from, obs_span *span)
{
    static const char *const kinds[] = {"", "internal", "server", "client", "producer", "consumer"};
    const uint32_t n_kinds = sizeof(kinds) / sizeof(kinds[0]);

    obs_span_init(span);
    memcpy(span->trace_id, from->trace_id.ptr, 16);
    memcpy(span->span_id, from->span_id.ptr, 8);
    if (from->parent_span_id.len)
        memcpy(span->parent_span_id, from->parent_span_id.ptr, 8);
    span->start_ns = (int64_t)from->start_ns;
    span->end_ns = (int64_t)from->end_ns;
    span->status = from->status <= OBS_STATUS_ERROR ? from->status : OBS_STATUS_UNSET;
    /* flags: W3C trace flags in the low byte; senders that leave all zero do not tell */
    if (from->flags && !(from->flags & 1))
        span->flags &= ~OBS_SPAN_SAMPLED;
    span->project_id = m->project;
    span->span_name = from->name;
    span->span_kind = obs_str_of(kinds[from->kind < n_kinds ? from->kind : 0]);
    span->resource_attributes = m->resource_attributes;
}

static void fill_texts(const struct draft *d, const struct otlp_span *from, obs_span *span)
{
    span->service_name = draft_text(d, TO_SERVICE_NAME);
    span->provider = draft_text(d, TO_PROVIDER);
    span->request_model = draft_text(d, TO_REQUEST_MODEL);
    span->model = draft_text(d, TO_MODEL);
    if (!span->model.len)
        span->model = span->request_model;
    span->finish_reason = draft_text(d, TO_FINISH_REASON);
    span->error_type = draft_text(d, TO_ERROR_TYPE);
    span->error_message = draft_text(d, TO_ERROR_MESSAGE);
    if (from->status == OBS_STATUS_ERROR && from->status_message.len)
        span->error_message = from->status_message;
    span->user_id = draft_text(d, TO_USER_ID);
    span->session_id = draft_text(d, TO_SESSION_ID);
    span->environment = draft_text(d, TO_ENVIRONMENT);
    span->release = draft_text(d, TO_RELEASE);
    span->tags = draft_text(d, TO_TAGS);
    span->operation_type = draft_text(d, TO_OPERATION);
    if (!span->operation_type.len)
        span->operation_type = obs_str_of(span->model.len ? "chat" : "internal");
}

/* Anthropic and Bedrock count cached tokens beside the input in their own
 * fields; the conventions of OpenTelemetry count them inside. */
static void read_habit(const struct draft *d, const obs_span *span, struct token_counts *counts)
{
    const struct slot *read = &d->slots[TO_CACHE_READ_TOKENS];
    const struct slot *write = &d->slots[TO_CACHE_WRITE_TOKENS];
    const struct map_row *row = read->row ? read->row : write->row;
    bool bedrock = obs_str_is(span->provider, "aws.bedrock");
    bool raw;

    if (!row)
        return;
    raw =
        (read->row && read->row->marks & MARK_RAW) || (write->row && write->row->marks & MARK_RAW);
    counts->beside = (raw && (bedrock || obs_str_is(span->provider, "anthropic"))) ||
                     (row->dialect == DIALECT_OPENINFERENCE && bedrock);
    counts->doubtful = row->dialect != DIALECT_GENAI && row->dialect != DIALECT_GENAI_OLD &&
                       !obs_str_is(span->provider, "openai");
    counts->cache_info = row->marks & MARK_INFO;
}

static void fill_tokens(struct mapper *m, obs_span *span)
{
    const struct draft *d = &m->draft;
    const struct slot *reasoning = &d->slots[TO_REASONING_TOKENS];
    struct token_counts counts = {
        .input = draft_number(d, TO_INPUT_TOKENS),
        .output = draft_number(d, TO_OUTPUT_TOKENS),
        .total = draft_number(d, TO_TOTAL_TOKENS),
        .cache_read = draft_number(d, TO_CACHE_READ_TOKENS),
        .cache_write = draft_number(d, TO_CACHE_WRITE_TOKENS),
        .reasoning = draft_number(d, TO_REASONING_TOKENS),
        .reason_info = reasoning->row && reasoning->row->marks & MARK_INFO,
        .embedding = obs_str_is(span->operation_type, "embedding"),
    };

    read_habit(d, span, &counts);
    m->tokens_ambiguous = tokens_split(&counts, span);
}

static void fill_numbers(const struct mapper *m, obs_span *span)
{
    const struct draft *d = &m->draft;
    int64_t prompt = draft_number(d, TO_PROMPT_COST);
    int64_t completion = draft_number(d, TO_COMPLETION_COST);
    int64_t total = draft_number(d, TO_TOTAL_COST);

    if (total < 0)
        total = obs_tokens_sum(prompt, completion);
    if (total >= 0) {
        span->prompt_cost = prompt;
        span->completion_cost = completion;
        span->total_cost = total;
        span->cost_source = (obs_str)OBS_STR("emitter");
    }
    span->ttft_ns = draft_number(d, TO_TTFT);
    if (span->ttft_ns < 0 && m->first_chunk_ns != INT64_MAX && m->first_chunk_ns >= span->start_ns)
        span->ttft_ns = m->first_chunk_ns - span->start_ns;
}

static void fill_parameters(struct mapper *m, obs_span *span)
{
    const struct draft *d = &m->draft;
    bool first = true;

    if (d->n_parameters == 0) {
        span->model_parameters = draft_text(d, TO_PARAMETERS);
        return;
    }
    json_out_char(&m->out, '{');
    for (uint32_t i = 0; i < d->n_parameters; i++)
        json_out_member(&m->out, &first, obs_str_of(d->parameters[i].row->name),
                        &d->parameters[i].attr->value);
    json_out_char(&m->out, '}');
    span->model_parameters = json_out_take(&m->out);
}

/* --- what is left ---------------------------------------------------------- */

static void add_text(struct json_out *out, bool *first, const char *key, obs_str text)
{
    struct otlp_value value = {.kind = OTLP_STRING, .s = text};

    if (text.len)
        json_out_member(out, first, obs_str_of(key), &value);
}

static void add_count(struct json_out *out, bool *first, const char *key, uint32_t count)
{
    struct otlp_value value = {.kind = OTLP_INT, .i = count};

    if (count)
        json_out_member(out, first, obs_str_of(key), &value);
}

/* The scope under the names that OpenTelemetry gives it in formats without
 * scopes; the same for all its spans. */
static void render_scope(struct mapper *m, const struct otlp_scope *scope)
{
    bool first = true;

    if (m->scope == scope)
        return;
    m->scope = scope;
    add_text(&m->out, &first, "otel.scope.name", scope->name);
    add_text(&m->out, &first, "otel.scope.version", scope->version);
    if (scope->attrs.n) {
        struct otlp_value value = {
            .kind = OTLP_KVLIST, .n = scope->attrs.n, .attrs = scope->attrs.items};

        json_out_member(&m->out, &first, (obs_str)OBS_STR("otel.scope.attributes"), &value);
    }
    m->scope_members = json_out_take(&m->out);
}

static void fill_attributes(struct mapper *m, const struct otlp_span *from, obs_span *span)
{
    struct json_out *out = &m->out;
    bool first = true;

    render_scope(m, from->scope);
    json_out_mark_repeated(out, &from->attrs);
    json_out_char(out, '{');
    for (uint32_t i = 0; i < from->attrs.n; i++)
        if (!from->attrs.items[i].value.mapped)
            json_out_member(out, &first, from->attrs.items[i].key, &from->attrs.items[i].value);
    if (m->scope_members.len) {
        if (!first)
            json_out_char(out, ',');
        first = false;
        json_out_raw(out, m->scope_members);
    }
    add_text(out, &first, "w3c.tracestate", from->trace_state);
    if (from->status != OBS_STATUS_ERROR)
        add_text(out, &first, "otel.status_description", from->status_message);
    add_count(out, &first, "otel.dropped_attributes_count", from->attrs.dropped);
    add_count(out, &first, "otel.dropped_events_count", from->dropped_events);
    add_count(out, &first, "otel.dropped_links_count", from->dropped_links);
    if (m->tokens_ambiguous)
        add_text(out, &first, "observatory.tokens", (obs_str)OBS_STR("ambiguous"));
    if (m->parts.over)
        add_text(out, &first, "observatory.messages", (obs_str)OBS_STR("over the limit"));
    json_out_char(out, '}');
    span->attributes = json_out_take(out);
}

static void fill_events(struct mapper *m, const struct otlp_span *from, obs_span *span)
{
    struct json_out *out = &m->out;

    for (uint32_t i = 0; i < from->n_events; i++) {
        const struct otlp_event *event = &from->events[i];

        json_out_char(out, i ? ',' : '[');
        JSON_OUT_LITERAL(out, "{\"time\":");
        json_out_time(out, event->time_ns > INT64_MAX ? 0 : (int64_t)event->time_ns);
        JSON_OUT_LITERAL(out, ",\"name\":");
        json_out_str(out, event->name);
        JSON_OUT_LITERAL(out, ",\"attributes\":");
        json_out_attrs(out, &event->attrs);
        json_out_char(out, '}');
    }
    if (from->n_events) {
        json_out_char(out, ']');
        span->events = json_out_take(out);
    }
    for (uint32_t i = 0; i < from->n_links; i++) {
        const struct otlp_link *to = &from->links[i];

        json_out_char(out, i ? ',' : '[');
        JSON_OUT_LITERAL(out, "{\"trace_id\":");
        json_out_hex(out, to->trace_id);
        JSON_OUT_LITERAL(out, ",\"span_id\":");
        json_out_hex(out, to->span_id);
        JSON_OUT_LITERAL(out, ",\"attributes\":");
        json_out_attrs(out, &to->attrs);
        json_out_char(out, '}');
    }
    if (from->n_links) {
        json_out_char(out, ']');
        span->links = json_out_take(out);
    }
}

/* --- public ---------------------------------------------------------------- */

static int map_span(struct mapper *m, struct otlp_span *from, obs_span *span)
{
    int rc;

    offer_resource(m, from->resource);
    m->draft = m->base;
    m->parts.n = 0;
    m->parts.sorted = m->parts.over = false;
    offer_attrs(m, &from->attrs, IN_SPAN);
    offer_events(m, from);
    fill_identity(m, from, span);
    fill_texts(&m->draft, from, span);
    fill_tokens(m, span);
    fill_numbers(m, span);
    fill_parameters(m, span);
    rc = content_fill(&m->draft, &m->parts, from, &m->out, span);
    if (rc < 0)
        return rc;
    fill_attributes(m, from, span); /* after the content: it marks what it took */
    fill_events(m, from, span);
    return m->out.failed ? OBS_E_NOMEM : OBS_OK;
}

int map_batch(const struct map_index *index, obs_str project, struct otlp_batch *batch,
              struct mapped *ret)
{
    struct mapper *m = obs_arena_alloc(batch->arena, sizeof(*m));
    struct mapped mapped = {0};

    if (!m || batch->n_spans > SIZE_MAX / sizeof(obs_span))
        return OBS_E_NOMEM;
    *m = (struct mapper){.index = index, .arena = batch->arena, .project = project};
    json_out_init(&m->out, batch->arena);
    mapped.spans = obs_arena_alloc(batch->arena, batch->n_spans * sizeof(obs_span) + 1);
    if (!mapped.spans)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < batch->n_spans; i++) {
        int reject = reject_of(&batch->spans[i]);
        int rc;

        if (reject >= 0) {
            mapped.n_rejected++;
            mapped.rejects[reject]++;
            continue;
        }
        rc = map_span(m, &batch->spans[i], &mapped.spans[mapped.n_spans]);
        if (rc < 0)
            return rc;
        mapped.n_spans++;
    }
    *ret = mapped;
    return OBS_OK;
}
