/* SPDX-License-Identifier: Apache-2.0 */
/* The invariants. */
#include "check.h"
#include "json_cursor.h"
#include "records.h"
#include "utf8.h"

#include <stdlib.h>

static void check_json(obs_arena *arena, obs_str json, char bracket)
{
    struct json_cursor c;

    if (json.len == 0)
        return;
    json_cursor_init(&c, json, arena, /* error= */ NULL);
    if (json.ptr[0] != bracket || json_skip(&c, NULL) < 0 || json_finish(&c) < 0 || c.spaced)
        abort();
}

static void check_texts(const obs_span *s)
{
    const obs_str texts[] = {s->project_id,  s->service_name,  s->span_name,     s->operation_type,
                             s->provider,    s->model,         s->request_model, s->finish_reason,
                             s->error_type,  s->error_message, s->user_id,       s->session_id,
                             s->environment, s->release,       s->input_text,    s->output_text};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i].len && !utf8_valid(texts[i].ptr, texts[i].len))
            abort();
}

void check_span(obs_arena *arena, const obs_span *s)
{
    const int64_t numbers[] = {s->input_tokens,    s->cache_read_tokens, s->cache_write_tokens,
                               s->output_tokens,   s->reasoning_tokens,  s->prompt_cost,
                               s->completion_cost, s->total_cost,        s->ttft_ns};

    check_texts(s);
    check_json(arena, s->input_messages, '[');
    check_json(arena, s->output_messages, '[');
    check_json(arena, s->tags, '[');
    check_json(arena, s->attributes, '{');
    check_json(arena, s->resource_attributes, '{');
    check_json(arena, s->events, '[');
    check_json(arena, s->links, '[');
    check_json(arena, s->model_parameters, '{');
    check_json(arena, s->tool_calls, '[');
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (numbers[i] < OBS_ABSENT)
            abort();
    if (s->end_ns < s->start_ns || s->start_ns < 0 || !s->project_id.len)
        abort();
    if (!(s->flags & OBS_SPAN_FRAGMENT) && (s->start_ns == 0 || !s->operation_type.len))
        abort();
}

void check_feedback(obs_arena *arena, const obs_feedback *f)
{
    static const uint8_t none[16];
    const obs_str texts[] = {f->id, f->session_id, f->name, f->label, f->comment, f->source};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i].len && !utf8_valid(texts[i].ptr, texts[i].len))
            abort();
    check_json(arena, f->metadata, '{');
    if (!f->id.len || !f->name.len || !f->source.len || f->ts_ns <= 0)
        abort();
    if (f->session_id.len > 0 == memcmp(f->trace_id, none, sizeof(none)) != 0)
        abort();
}

/* One for all inputs of a run. */
static const struct map_index *map_rows_index(void)
{
    static struct map_index *index;

    if (!index)
        index = map_index_create();
    return index;
}

static void check_mapped(obs_arena *arena, const struct mapped *mapped)
{
    for (size_t i = 0; i < mapped->n_spans; i++)
        check_span(arena, &mapped->spans[i]);
    for (size_t i = 0; i < mapped->n_feedback; i++)
        check_feedback(arena, &mapped->feedback[i]);
}

void check_batch(struct otlp_batch *batch)
{
    struct mapped mapped;

    if (map_batch(map_rows_index(), obs_str_of("default"), batch, &mapped) < 0)
        return; /* the arena is full */
    if (mapped.n_spans + mapped.n_rejected != batch->n_spans)
        abort();
    check_mapped(batch->arena, &mapped);
}

void check_logs(const struct otlp_logs *logs)
{
    struct records records;
    struct mapped mapped;

    if (records_map(map_rows_index(), obs_str_of("default"), /* max_parts= */ 0, logs, &mapped,
                    &records) < 0)
        return; /* the arena is full */
    if (records.n_joined + records.n_feedback + records.n_rejected + records.n_discarded !=
            logs->n_records ||
        mapped.n_spans > records.n_joined || mapped.n_feedback != records.n_feedback)
        abort();
    check_mapped(logs->arena, &mapped);
    for (size_t i = 0; i < mapped.n_spans; i++)
        if (!(mapped.spans[i].flags & OBS_SPAN_FRAGMENT))
            abort();
}
