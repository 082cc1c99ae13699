/* SPDX-License-Identifier: Apache-2.0 */
/* Merging by tables of members: what is text, what is an object, what a list. */
#include "merge.h"
#include "json_cursor.h"
#include "json_merge.h"
#include "messages.h"
#include "timeparse.h"

struct merge {
    obs_span *to;
    const obs_span *added;
    struct json_out out;
    bool over;    /* what was added replaces what is there */
    bool changed; /* anything */
    bool costs;   /* something that the cost follows from */
};

/* --- texts and JSON ---------------------------------------------------------- */

struct text_member {
    size_t offset;
    bool costs; /* the cost follows from it */
};

#define AT(member) offsetof(obs_span, member)

static const struct text_member texts[] = {
    {AT(service_name), false},  {AT(span_name), false},     {AT(span_kind), false},
    {AT(operation_type), true}, {AT(provider), true},       {AT(model), true},
    {AT(request_model), true},  {AT(finish_reason), false}, {AT(error_type), false},
    {AT(error_message), false}, {AT(user_id), false},       {AT(session_id), false},
    {AT(environment), false},   {AT(release), false},       {AT(input_text), false},
    {AT(output_text), false},   {AT(tool_calls), false},    {AT(service_tier), true},
    {AT(region), true},
};
static const size_t objects[] = {AT(attributes), AT(resource_attributes), AT(model_parameters)};
static const size_t lists[] = {AT(tags), AT(events), AT(links)};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static obs_str text_at(const obs_span *span, size_t offset)
{
    obs_str text;

    memcpy(&text, (const char *)span + offset, sizeof(text));
    return text;
}

/* False: `text` is what an allocation failed for. */
static bool set_text(struct merge *m, size_t offset, obs_str text)
{
    if (!text.ptr && text_at(m->added, offset).len)
        return false;
    if (obs_str_eq(text, text_at(m->to, offset)))
        return true;
    memcpy((char *)m->to + offset, &text, sizeof(text));
    m->changed = true;
    return true;
}

static void merge_texts(struct merge *m)
{
    for (size_t i = 0; i < COUNT(texts); i++) {
        obs_str added = text_at(m->added, texts[i].offset), there = text_at(m->to, texts[i].offset);

        if (!added.len || (there.len && !m->over) || obs_str_eq(added, there))
            continue;
        (void)set_text(m, texts[i].offset, added);
        m->costs |= texts[i].costs;
    }
    /* Fragments leave this guess to whoever has all of them. */
    if (!m->to->model.len && !(m->to->flags & OBS_SPAN_FRAGMENT))
        (void)set_text(m, AT(model), m->to->request_model);
}

static bool merge_json(struct merge *m)
{
    for (size_t i = 0; i < COUNT(objects); i++)
        if (!set_text(m, objects[i],
                      json_merge_objects(&m->out, text_at(m->to, objects[i]),
                                         text_at(m->added, objects[i]), m->over)))
            return false;
    for (size_t i = 0; i < COUNT(lists); i++)
        if (!set_text(
                m, lists[i],
                json_merge_arrays(&m->out, text_at(m->to, lists[i]), text_at(m->added, lists[i]))))
            return false;
    return true;
}

/* --- messages ---------------------------------------------------------------- */

/* Whether the attribute "observatory.sources" says that messages came from an event
 * for each. Such events may come in several requests, each with some of them. */
static bool from_events(obs_str attributes, bool output)
{
    static const char *const inputs[] = {
        "\"input_messages\":\"gen_ai.system.message\"",
        "\"input_messages\":\"gen_ai.user.message\"",
        "\"input_messages\":\"gen_ai.assistant.message\"",
        "\"input_messages\":\"gen_ai.tool.message\"",
    };
    static const char *const outputs[] = {"\"output_messages\":\"gen_ai.choice\""};
    const char *const *pairs = output ? outputs : inputs;

    for (size_t i = 0; i < (output ? COUNT(outputs) : COUNT(inputs)); i++)
        if (attributes.len && memmem(attributes.ptr, attributes.len, pairs[i], strlen(pairs[i])))
            return true;
    return false;
}

/* Text and tool calls of a list of messages that was put together anew. */
static int read_messages(struct merge *m, bool output)
{
    obs_str json = output ? m->to->output_messages : m->to->input_messages;
    struct messages messages;
    int rc = messages_read(&m->out, json, output, &messages);

    if (rc < 0) /* no text in it: what there was stays */
        return rc == OBS_E_NOMEM ? rc : OBS_OK;
    if (messages.text.len)
        *(output ? &m->to->output_text : &m->to->input_text) = messages.text;
    if (messages.tool_calls.len)
        m->to->tool_calls = messages.tool_calls;
    return OBS_OK;
}

static int merge_side(struct merge *m, size_t offset, bool output)
{
    obs_str there = text_at(m->to, offset), added = text_at(m->added, offset), both;

    if (!added.len)
        return OBS_OK;
    if (m->over || !there.len) {
        (void)set_text(m, offset, added);
        return OBS_OK;
    }
    if (!from_events(m->to->attributes, output) || !from_events(m->added->attributes, output))
        return OBS_OK;
    both = json_merge_arrays(&m->out, there, added);
    if (!set_text(m, offset, both))
        return OBS_E_NOMEM;
    return obs_str_eq(both, there) ? OBS_OK : read_messages(m, output);
}

/* Before the attributes are merged: they tell where messages came from. */
static int merge_messages(struct merge *m)
{
    int rc = merge_side(m, AT(input_messages), /* output= */ false);

    return rc < 0 ? rc : merge_side(m, AT(output_messages), /* output= */ true);
}

/* --- numbers ----------------------------------------------------------------- */

static const size_t tokens[] = {
    AT(input_tokens),          AT(input_audio_tokens),      AT(input_image_tokens),
    AT(cache_read_tokens),     AT(cache_read_audio_tokens), AT(cache_write_tokens),
    AT(cache_write_1h_tokens), AT(output_tokens),           AT(output_audio_tokens),
    AT(output_image_tokens),   AT(reasoning_tokens),
};
static const size_t reports[] = {AT(provider_cost), AT(emitter_cost), AT(prompt_cost),
                                 AT(completion_cost)};

static int64_t number_at(const obs_span *span, size_t offset)
{
    int64_t number;

    memcpy(&number, (const char *)span + offset, sizeof(number));
    return number;
}

static bool any_of(const obs_span *span, const size_t *offsets, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (number_at(span, offsets[i]) >= 0)
            return true;
    return false;
}

/* Numbers that only mean something together: all of one side or of the other. */
static void merge_group(struct merge *m, const size_t *offsets, size_t n, bool there)
{
    if (!any_of(m->added, offsets, n) || (there && !m->over))
        return;
    for (size_t i = 0; i < n; i++) {
        int64_t number = number_at(m->added, offsets[i]);

        if (number == number_at(m->to, offsets[i]))
            continue;
        memcpy((char *)m->to + offsets[i], &number, sizeof(number));
        m->changed = m->costs = true;
    }
}

static void set_number(struct merge *m, int64_t *to, int64_t number)
{
    if (*to == number)
        return;
    *to = number;
    m->changed = true;
}

/* The end of a span under way is its start, until somebody tells. What an update
 * says may be older than what is there, so the start is the earliest one told of,
 * and a root, which covers what is below it, does not end earlier again. */
static void merge_times(struct merge *m)
{
    static const uint8_t none[8];
    obs_span *to = m->to;
    const obs_span *added = m->added;
    bool is_root = memcmp(to->parent_span_id, none, sizeof(none)) == 0;

    if (m->over && added->start_ns > 0 && added->start_ns < to->start_ns) {
        m->costs = true; /* prices change with time */
        set_number(m, &to->start_ns, added->start_ns);
    }
    if (m->over && added->end_ns > added->start_ns && (!is_root || added->end_ns > to->end_ns))
        set_number(m, &to->end_ns, added->end_ns);
    if (to->end_ns < to->start_ns)
        set_number(m, &to->end_ns, to->start_ns);
    if (added->ttft_ns >= 0 && (m->over || to->ttft_ns < 0))
        set_number(m, &to->ttft_ns, added->ttft_ns);
}

/* The value of the text attribute `name`, empty when there is none. */
static obs_str text_attribute(struct merge *m, const char *name)
{
    struct json_cursor c;
    bool first = true;
    obs_str key, text = obs_str_n(NULL, 0);
    int rc;

    json_cursor_init(&c, m->to->attributes, m->out.arena, /* error= */ NULL);
    rc = json_open(&c, '{');
    while (rc >= 0 && (rc = json_key(&c, &first, &key)) > 0) {
        if (obs_str_is(key, name) && json_peek(&c) == '"')
            return json_string(&c, &text) == OBS_OK ? text : obs_str_n(NULL, 0);
        rc = json_skip(&c, NULL);
    }
    return text;
}

/* The time of the first token came before the start, which it counts from. */
static void merge_first_token(struct merge *m)
{
    static const char name[] = "langfuse.observation.completion_start_time";
    obs_span *to = m->to;
    int64_t at_ns;

    if (to->ttft_ns >= 0 || !to->attributes.len ||
        !memmem(to->attributes.ptr, to->attributes.len, name, strlen(name)))
        return;
    if (time_rfc3339(text_attribute(m, name), &at_ns) == OBS_OK && at_ns >= to->start_ns)
        set_number(m, &to->ttft_ns, at_ns - to->start_ns);
}

static void merge_identity(struct merge *m)
{
    static const uint8_t none[8];
    obs_span *to = m->to;
    const obs_span *added = m->added;
    bool is_root = memcmp(to->parent_span_id, none, sizeof(none)) == 0;

    if (memcmp(added->parent_span_id, none, sizeof(none)) != 0 && (m->over || is_root) &&
        memcmp(added->parent_span_id, to->parent_span_id, sizeof(none)) != 0) {
        memcpy(to->parent_span_id, added->parent_span_id, sizeof(none));
        m->changed = true;
    }
    if (added->status != OBS_STATUS_UNSET && added->status != to->status &&
        (m->over || to->status == OBS_STATUS_UNSET)) {
        to->status = added->status;
        m->changed = true;
    }
}

/* --- public -------------------------------------------------------------------- */

int span_merge(const obs_span *stored, const obs_span *added, obs_arena *arena, obs_span *ret_span,
               const struct ingest *ingest)
{
    struct merge m = {.to = ret_span, .added = added, .over = added->flags & OBS_SPAN_UPDATE};
    bool reported = stored->provider_cost >= 0 || stored->emitter_cost >= 0;
    int rc;

    if (!(added->flags & (OBS_SPAN_FRAGMENT | OBS_SPAN_UPDATE)))
        return 0;
    *ret_span = *stored;
    json_out_init(&m.out, arena);
    merge_texts(&m);
    rc = merge_messages(&m);
    if (rc < 0)
        return rc;
    if (!merge_json(&m))
        return OBS_E_NOMEM;
    merge_group(&m, tokens, COUNT(tokens), any_of(stored, tokens, COUNT(tokens)));
    if (added->provider_cost >= 0 || added->emitter_cost >= 0)
        merge_group(&m, reports, COUNT(reports), reported);
    merge_times(&m);
    merge_first_token(&m);
    merge_identity(&m);
    rc = m.costs ? ingest->prices->price(ingest->prices_self, ret_span, arena) : OBS_OK;
    return rc < 0 ? rc : m.changed;
}
