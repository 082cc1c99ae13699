/* SPDX-License-Identifier: Apache-2.0 */
/* The mapping of a batch: the resource's attributes once for all spans of a
 * resource, then for each span its attributes and events are offered to the
 * draft, the fields are filled from it, and what is left is written as JSON. */
#include "map.h"
#include "content.h"
#include "members.h"
#include "region.h"
#include "rest.h"
#include "scores.h"
#include "tokens.h"

struct mapper {
    const struct map_index *index;
    obs_arena *arena;
    obs_str project;
    struct json_out out;
    struct indexed_parts parts;
    const struct otlp_resource *resource; /* that `base` and the text are of */
    obs_str resource_attributes;
    struct draft base;
    struct draft draft;
    struct sources sources;
    struct rest rest;
    const struct otlp_event *first_chunk; /* NULL: none was told of */
    uint32_t status;                      /* of the span under way */
    bool fragment;                        /* only what was said counts */
};

static const unsigned char no_id[16];

/* --- checks ---------------------------------------------------------------- */

bool map_is_id(obs_str id, size_t len)
{
    return id.len == len && memcmp(id.ptr, no_id, len) != 0;
}

/* REJECT_* or -1. */
static int reject_of(const struct otlp_span *from)
{
    bool whole = !(from->store_flags & OBS_SPAN_FRAGMENT);

    if (!map_is_id(from->trace_id, 16))
        return REJECT_TRACE_ID;
    if (!map_is_id(from->span_id, 8))
        return REJECT_SPAN_ID;
    if (from->parent_span_id.len != 0 && from->parent_span_id.len != 8)
        return REJECT_PARENT_ID;
    if ((whole && from->start_ns == 0) || from->start_ns > INT64_MAX)
        return REJECT_START;
    if ((whole && from->end_ns < from->start_ns) || from->end_ns > INT64_MAX)
        return REJECT_END;
    return -1;
}

obs_str map_reject_text(obs_arena *arena, const size_t *rejects, const char *items, size_t n_items)
{
    static const char *const reasons[N_REJECTS] = {
        [REJECT_TRACE_ID] = "trace_id is not 16 bytes or all zero",
        [REJECT_SPAN_ID] = "span_id is not 8 bytes or all zero",
        [REJECT_PARENT_ID] = "parent_span_id is not 8 bytes",
        [REJECT_START] = "start_time_unix_nano is missing or out of range",
        [REJECT_END] = "end_time_unix_nano is missing, before the start or out of range",
    };
    size_t n_rejected = 0;
    obs_str text;

    for (unsigned i = 0; i < N_REJECTS; i++)
        n_rejected += rejects[i];
    text = obs_arena_printf(arena, "%zu of %zu %s rejected", n_rejected, n_items, items);
    for (unsigned i = 0; i < N_REJECTS && text.ptr; i++)
        if (rejects[i])
            text =
                obs_arena_printf(arena, "%.*s; %zu: %s", OBS_STR_ARG(text), rejects[i], reasons[i]);
    return text;
}

/* --- offering -------------------------------------------------------------- */

static void offer(struct mapper *m, struct draft *to, const struct map_row *row,
                  struct otlp_attr *attr, uint32_t where)
{
    struct slot slot = {.row = row, .attr = attr};

    if (row->target == TO_MEMBERS)
        members_offer(to, &m->out, m->index, &slot, where);
    else if (row->target == TO_PARAMETERS)
        members_offer_parameters(to, &m->out, &slot);
    else
        draft_offer(to, &m->out, &slot, where);
}

static void offer_resource(struct mapper *m, const struct otlp_resource *resource)
{
    uint32_t index;
    obs_str rest;

    if (m->resource == resource)
        return;
    m->resource = resource;
    draft_init(&m->base, /* base= */ NULL);
    for (uint32_t i = 0; i < resource->attrs.n; i++) {
        struct otlp_attr *attr = &resource->attrs.items[i];
        const struct map_row *row = map_index_find(m->index, attr->key, &index, &rest);

        if (row && row->where & IN_RESOURCE)
            offer(m, &m->base, row, attr, IN_RESOURCE);
    }
    json_out_attrs(&m->out, &resource->attrs);
    m->resource_attributes = json_out_take(&m->out);
}

/* `as` is where the rows are looked for, `where` what the values count as. */
static void offer_attrs(struct mapper *m, const struct otlp_attrs *attrs, uint32_t as,
                        uint32_t where)
{
    for (uint32_t i = 0; i < attrs->n; i++) {
        struct otlp_attr *attr = &attrs->items[i];
        uint32_t index;
        obs_str rest;
        const struct map_row *row = map_index_find(m->index, attr->key, &index, &rest);

        if (!row || !((row->where ? row->where : IN_SPAN) & as))
            continue;
        if (indexed_is(row))
            indexed_add(&m->parts, m->arena, row, index, rest, attr);
        else
            offer(m, &m->draft, row, attr, where);
    }
}

static void offer_events(struct mapper *m, const struct otlp_span *from)
{
    m->first_chunk = NULL;
    for (uint32_t i = 0; i < from->n_events; i++) {
        const struct otlp_event *event = &from->events[i];
        const struct map_event_row *row = map_event_find(event->name);

        if (!row)
            continue;
        if (row->use == EVENT_EXCEPTION && m->fragment)
            m->status = OBS_STATUS_ERROR; /* it is all that is known of the outcome */
        if (row->use == EVENT_EXCEPTION && m->status == OBS_STATUS_ERROR)
            offer_attrs(m, &event->attrs, IN_EXCEPTION, IN_EXCEPTION);
        else if (row->use == EVENT_CONTENT)
            offer_attrs(m, &event->attrs, IN_SPAN, IN_EXCEPTION);
        else if (row->use == EVENT_FIRST_CHUNK &&
                 (!m->first_chunk || event->time_ns < m->first_chunk->time_ns))
            m->first_chunk = event;
    }
}

/* The status as sent, or an error where only a level tells of it. */
static uint32_t status_of(struct mapper *m, const struct otlp_span *from)
{
    if (from->status == OBS_STATUS_UNSET && draft_has(&m->draft, TO_STATUS))
        return OBS_STATUS_ERROR;
    draft_drop(&m->draft, TO_STATUS);
    return from->status <= OBS_STATUS_ERROR ? from->status : OBS_STATUS_UNSET;
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
    span->status = m->status;
    /* flags: W3C trace flags in the low byte; senders that leave all zero do not tell */
    if (from->flags && !(from->flags & 1))
        span->flags &= ~OBS_SPAN_SAMPLED;
    span->flags |= from->store_flags;
    span->project_id = m->project;
    span->span_name = from->name;
    span->span_kind = obs_str_of(kinds[from->kind < n_kinds ? from->kind : 0]);
    span->resource_attributes = m->resource_attributes;
}

/* What nobody said: the model that was asked for stands among the parameters, the
 * one that answered is the same, and the operation is what the ladder of the table
 * did not know. */
static void fill_guesses(const struct draft *d, obs_span *span)
{
    const struct named *asked = draft_parameter(d, "model");
    const char *operation = "internal";

    if (!span->request_model.len && asked && asked->value.kind == OTLP_STRING)
        span->request_model = asked->value.s;
    if (!span->model.len)
        span->model = span->request_model;
    if (draft_attribute(d, "gen_ai.tool.name") || draft_attribute(d, "gen_ai.tool.call.id"))
        operation = "tool";
    else if (span->model.len)
        operation = "chat";
    if (!span->operation_type.len)
        span->operation_type = obs_str_of(operation);
}

static void fill_texts(struct draft *d, const struct otlp_span *from, obs_span *span)
{
    span->service_name = draft_text(d, TO_SERVICE_NAME);
    span->provider = draft_text(d, TO_PROVIDER);
    span->request_model = draft_text(d, TO_REQUEST_MODEL);
    span->model = draft_text(d, TO_MODEL);
    span->finish_reason = draft_text(d, TO_FINISH_REASON);
    span->user_id = draft_text(d, TO_USER_ID);
    span->session_id = draft_text(d, TO_SESSION_ID);
    span->environment = draft_text(d, TO_ENVIRONMENT);
    span->release = draft_text(d, TO_RELEASE);
    span->tags = draft_text(d, TO_TAGS);
    span->operation_type = draft_text(d, TO_OPERATION);
    span->error_type = draft_text(d, TO_ERROR_TYPE);
    if (from->status == OBS_STATUS_ERROR && from->status_message.len) {
        span->error_message = from->status_message;
        draft_drop(d, TO_ERROR_MESSAGE);
    }
    if (draft_has(d, TO_ERROR_MESSAGE))
        span->error_message = draft_text(d, TO_ERROR_MESSAGE);
}

/* Anthropic and Bedrock count cached tokens beside the input in their own
 * fields, and Google what was thought beside the answer; the conventions of
 * OpenTelemetry count all inside. Langfuse adds up whatever it is told. */
static void read_habit(const struct usage *usage, const obs_span *span, struct token_counts *counts)
{
    const struct map_row *read = usage_row(usage, TO_CACHE_READ_TOKENS);
    const struct map_row *write = usage_row(usage, TO_CACHE_WRITE_TOKENS);
    const struct map_row *reasoning = usage_row(usage, TO_REASONING_TOKENS);
    const struct map_row *row = read ? read : write;
    bool bedrock = obs_str_is(span->provider, "aws.bedrock");
    bool raw = (read && read->marks & MARK_RAW) || (write && write->marks & MARK_RAW);

    const struct map_row *media[] = {
        usage_row(usage, TO_INPUT_AUDIO_TOKENS), usage_row(usage, TO_INPUT_IMAGE_TOKENS),
        usage_row(usage, TO_OUTPUT_AUDIO_TOKENS), usage_row(usage, TO_OUTPUT_IMAGE_TOKENS)};

    for (size_t i = 0; i < sizeof(media) / sizeof(*media); i++)
        if (media[i] && media[i]->marks & MARK_BESIDE)
            counts->habit |= MEDIA_BESIDE;
    if (reasoning && reasoning->marks & (MARK_RAW | MARK_BESIDE))
        counts->habit |= REASONING_BESIDE;
    counts->reason_info = reasoning && reasoning->marks & MARK_INFO;
    if (!row)
        return;
    if ((raw && (bedrock || obs_str_is(span->provider, "anthropic"))) ||
        (row->dialect == DIALECT_OPENINFERENCE && bedrock) || row->marks & MARK_BESIDE)
        counts->habit |= CACHE_BESIDE;
    counts->doubtful = (row->dialect < DIALECT_GENAI || row->dialect > DIALECT_GENAI_1_27) &&
                       (row->marks & MARK_BESIDE || !obs_str_is(span->provider, "openai"));
    counts->cache_info = row->marks & MARK_INFO;
}

/* Sends Anthropic's own counts under the names of the conventions, and a total
 * that leaves the cache out. */
static bool input_is_uncached(const struct otlp_scope *scope)
{
    return obs_str_is(scope->name, "@traceloop/instrumentation-anthropic");
}

/* Returns true when the reading is ambiguous. */
static bool fill_tokens(const struct usage *usage, const struct otlp_scope *scope, obs_span *span)
{
    struct token_counts counts = {
        .input = usage_value(usage, TO_INPUT_TOKENS),
        .input_uncached = usage_value(usage, input_is_uncached(scope) ? TO_INPUT_TOKENS
                                                                      : TO_INPUT_UNCACHED_TOKENS),
        .input_text = usage_value(usage, TO_INPUT_TEXT_TOKENS),
        .input_audio = usage_value(usage, TO_INPUT_AUDIO_TOKENS),
        .input_image = obs_tokens_sum(usage_value(usage, TO_INPUT_IMAGE_TOKENS),
                                      usage_value(usage, TO_INPUT_VIDEO_TOKENS)),
        .cache_read = usage_value(usage, TO_CACHE_READ_TOKENS),
        .cache_read_text = usage_value(usage, TO_CACHE_READ_TEXT_TOKENS),
        .cache_read_audio = usage_value(usage, TO_CACHE_READ_AUDIO_TOKENS),
        .cache_read_image = usage_value(usage, TO_CACHE_READ_IMAGE_TOKENS),
        .cache_write = usage_value(usage, TO_CACHE_WRITE_TOKENS),
        .cache_write_5m = usage_value(usage, TO_CACHE_WRITE_5M_TOKENS),
        .cache_write_1h = usage_value(usage, TO_CACHE_WRITE_1H_TOKENS),
        .output = usage_value(usage, TO_OUTPUT_TOKENS),
        .output_text = usage_value(usage, TO_OUTPUT_TEXT_TOKENS),
        .output_audio = usage_value(usage, TO_OUTPUT_AUDIO_TOKENS),
        .output_image = usage_value(usage, TO_OUTPUT_IMAGE_TOKENS),
        .reasoning = usage_value(usage, TO_REASONING_TOKENS),
        .total = usage_value(usage, TO_TOTAL_TOKENS),
        .embedding = obs_str_is(span->operation_type, "embedding"),
    };

    read_habit(usage, span, &counts);
    return tokens_split(&counts, span);
}

static void fill_cost(const struct usage *usage, obs_span *span)
{
    int64_t prompt = usage_value(usage, TO_PROMPT_COST);
    int64_t completion = usage_value(usage, TO_COMPLETION_COST);
    int64_t total = usage_value(usage, TO_TOTAL_COST);

    if (total < 0)
        total = obs_tokens_sum(prompt, completion);
    if (total < 0)
        return;
    span->prompt_cost = prompt;
    span->completion_cost = completion;
    if (usage->provider_cost)
        span->provider_cost = total;
    else
        span->emitter_cost = total;
}

/* An attribute's duration, else the time between start and first token. */
static void fill_ttft(struct mapper *m, obs_span *span)
{
    const struct map_event_row *row;
    int64_t at_ns = draft_number(&m->draft, TO_FIRST_TOKEN_AT);

    span->ttft_ns = draft_number(&m->draft, TO_TTFT);
    if (m->fragment) /* there is no start to reckon from */
        return;
    if (span->ttft_ns < 0 && at_ns >= span->start_ns) {
        span->ttft_ns = at_ns - span->start_ns;
        return;
    }
    draft_drop(&m->draft, TO_FIRST_TOKEN_AT);
    if (span->ttft_ns >= 0 || !m->first_chunk || m->first_chunk->time_ns > INT64_MAX ||
        (int64_t)m->first_chunk->time_ns < span->start_ns)
        return;
    row = map_event_find(m->first_chunk->name);
    span->ttft_ns = (int64_t)m->first_chunk->time_ns - span->start_ns;
    sources_add(&m->sources, "ttft_ms", row->dialect, row->name);
}

static void fill_parameters(struct mapper *m, obs_span *span)
{
    const struct draft *d = &m->draft;
    bool first = true;

    if (d->n_parameters == 0)
        return;
    json_out_char(&m->out, '{');
    for (uint32_t i = 0; i < d->n_parameters; i++)
        json_out_member(&m->out, &first, d->parameters[i].name, &d->parameters[i].value);
    json_out_char(&m->out, '}');
    span->model_parameters = json_out_take(&m->out);
}

/* --- public ---------------------------------------------------------------- */

static int map_span(struct mapper *m, struct otlp_span *from, obs_span *span,
                    const struct usage **ret_usage)
{
    struct rest_notes notes = {.draft = &m->draft};
    const struct usage *usage;
    int rc;

    m->fragment = from->store_flags & OBS_SPAN_FRAGMENT;
    offer_resource(m, from->resource);
    draft_init(&m->draft, &m->base);
    m->parts.n = m->parts.over = 0;
    m->parts.sorted = false;
    offer_attrs(m, &from->attrs, IN_SPAN, IN_SPAN);
    m->status = status_of(m, from);
    offer_events(m, from);
    fill_identity(m, from, span);
    fill_texts(&m->draft, from, span);
    if (!m->fragment)
        fill_guesses(&m->draft, span);
    usage = usage_new(m->arena, &m->draft);
    if (!usage)
        return OBS_E_NOMEM;
    *ret_usage = usage;
    span->service_tier = usage->service_tier;
    span->region = region_of(usage, span);
    notes.tokens_ambiguous = fill_tokens(usage, from->scope, span);
    fill_cost(usage, span);
    fill_ttft(m, span);
    sources_add_draft(&m->sources, &m->draft);
    fill_parameters(m, span);
    rc = content_fill(&m->draft, &m->parts, from, &m->out, &m->sources, span);
    if (rc < 0)
        return rc;
    notes.sources = sources_take(&m->sources, &m->out);
    notes.lists_over = m->parts.over;
    rest_attributes(&m->rest, &m->out, &notes, from, span); /* content_fill() marked what it took */
    rest_events(&m->out, from, span);
    return m->out.failed ? OBS_E_NOMEM : OBS_OK;
}

int map_batch(const struct map_index *index, obs_str project, struct otlp_batch *batch,
              struct mapped *ret)
{
    struct mapper *m = obs_arena_calloc(batch->arena, 1, sizeof(*m));
    struct mapped mapped = {0};

    if (!m || batch->n_spans > SIZE_MAX / sizeof(obs_span))
        return OBS_E_NOMEM;
    m->index = index;
    m->arena = batch->arena;
    m->project = project;
    m->parts.max = batch->max_parts ? batch->max_parts : INDEXED_DEFAULT_PARTS;
    json_out_init(&m->out, batch->arena);
    mapped.spans = obs_arena_alloc(batch->arena, batch->n_spans * sizeof(obs_span) + 1);
    mapped.usages = obs_arena_alloc(batch->arena, batch->n_spans * sizeof(struct usage *) + 1);
    if (!mapped.spans || !mapped.usages)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < batch->n_spans; i++) {
        int reject = reject_of(&batch->spans[i]);
        int rc;

        if (reject >= 0) {
            mapped.n_rejected++;
            mapped.rejects[reject]++;
            continue;
        }
        rc = map_span(m, &batch->spans[i], &mapped.spans[mapped.n_spans],
                      &mapped.usages[mapped.n_spans]);
        if (rc == OBS_OK)
            rc = scores_map(&m->parts, &m->out, &batch->spans[i], &mapped);
        if (rc < 0)
            return rc;
        mapped.n_spans++;
    }
    *ret = mapped;
    return OBS_OK;
}
