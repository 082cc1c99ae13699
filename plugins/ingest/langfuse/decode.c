/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a batch: the envelopes of the events, and what is in them. The whole
 * request is JSON or nothing of it is taken; below that an event stands by itself. */
#include "ids.h"
#include "json_cursor.h"
#include "json_out.h"
#include "langfuse.h"

#define MAX_SHOWN 60u /* of a text in an error */

struct decoder {
    struct json_cursor c;
    struct json_out out;
    struct langfuse_batch *batch;
    size_t events_capacity, scores_capacity, results_capacity;
};

/* An event as it comes, its body unread. Members that did not come are empty. */
struct envelope {
    obs_str id;
    obs_str type;
    obs_str time;
    obs_str body; /* JSON */
};

/* --- lists ------------------------------------------------------------------ */

/* A list with room for one more, NULL when out of memory. */
static void *grown(obs_arena *arena, void *items, size_t n, size_t size, size_t *capacity)
{
    size_t wanted = *capacity ? *capacity * 2 : 16;
    void *more;

    if (n < *capacity)
        return items;
    if (wanted > SIZE_MAX / size)
        return NULL;
    more = obs_arena_alloc(arena, wanted * size);
    if (!more)
        return NULL;
    if (n)
        memcpy(more, items, n * size);
    *capacity = wanted;
    return more;
}

static int add_event(struct decoder *d, const struct langfuse_event *event)
{
    struct langfuse_batch *b = d->batch;
    bool score = event->body == BODY_SCORE;
    struct langfuse_event **list = score ? &b->scores : &b->events;
    size_t *n = score ? &b->n_scores : &b->n_events;
    struct langfuse_event *events = grown(b->arena, *list, *n, sizeof(*events),
                                          score ? &d->scores_capacity : &d->events_capacity);

    if (!events)
        return OBS_E_NOMEM;
    *list = events;
    events[(*n)++] = *event;
    return OBS_OK;
}

static int add_result(struct decoder *d, obs_str id, obs_str error)
{
    struct langfuse_batch *b = d->batch;
    struct langfuse_result *results =
        grown(b->arena, b->results, b->n_results, sizeof(*results), &d->results_capacity);

    if (!results)
        return OBS_E_NOMEM;
    b->results = results;
    results[b->n_results++] = (struct langfuse_result){id.len ? id : obs_str_of("unknown"), error};
    b->n_refused += error.len > 0;
    return OBS_OK;
}

/* Refuses the event under way, because of the member `where` of it. */
static int refuse(struct decoder *d, const struct envelope *e, const char *where,
                  const char *expected)
{
    obs_str text = obs_arena_printf(d->batch->arena, "batch[%zu]%s%s: expected %s",
                                    d->batch->n_results, *where ? "." : "", where, expected);

    return text.ptr ? add_result(d, e->id, text) : OBS_E_NOMEM;
}

/* --- types ------------------------------------------------------------------ */

/* Reads "span-update" and its like; false when there is no such type. */
static bool read_type(obs_str text, struct langfuse_event *event)
{
    const char *dash = memrchr(text.ptr ? text.ptr : "", '-', text.len);
    obs_str noun, verb;

    if (!dash)
        return false;
    noun = obs_str_n(text.ptr, (size_t)(dash - text.ptr));
    verb = obs_str_n(dash + 1, text.len - noun.len - 1);
    event->body = BODY_OBSERVATION;
    if (obs_str_is(text, "sdk-log")) {
        event->body = BODY_LOG;
        return true;
    }
    event->update = obs_str_is(verb, "update");
    if (!event->update && !obs_str_is(verb, "create"))
        return false;
    if (obs_str_is(noun, "trace") && !event->update) {
        event->body = BODY_TRACE;
        return true;
    }
    if (obs_str_is(noun, "score") && !event->update) {
        event->body = BODY_SCORE;
        return true;
    }
    if (obs_str_is(noun, "observation")) /* its body says which */
        return true;
    event->observation = langfuse_observation_type(noun);
    if (!event->observation)
        return false;
    if (event->update && obs_str_is(noun, "span")) /* as which any observation may be updated */
        event->observation = NULL;
    return true;
}

static int refuse_type(struct decoder *d, const struct envelope *e)
{
    static const char expected[] =
        "trace-create, score-create, sdk-log, or one of span, generation, event, agent, tool, "
        "chain, retriever, evaluator, embedding, guardrail, observation with -create or -update";
    obs_str shown = obs_str_n(e->type.ptr, e->type.len < MAX_SHOWN ? e->type.len : MAX_SHOWN);
    obs_str text;

    if (!e->type.len)
        return refuse(d, e, "type", expected);
    text = obs_arena_printf(d->batch->arena, "%s, found \"%.*s\"", expected, OBS_STR_ARG(shown));
    return text.ptr ? refuse(d, e, "type", text.ptr) : OBS_E_NOMEM;
}

/* --- events ----------------------------------------------------------------- */

/* Ids of the spans that the event is about. A trace's span has an id of its own;
 * an observation without a trace is one. */
static void identify(struct langfuse_event *e)
{
    if (e->body == BODY_SCORE)
        return;
    if (e->body == BODY_TRACE) {
        langfuse_trace_id(e->trace, e->trace_id);
        langfuse_root_id(e->trace_id, e->span_id);
        return;
    }
    langfuse_trace_id(e->trace.len ? e->trace : e->id, e->trace_id);
    langfuse_span_id(e->id, e->span_id);
    if (e->parent.len)
        langfuse_span_id(e->parent, e->parent_id);
}

/* The member that is wrong of an event whose members are all well by themselves, or
 * NULL. */
static const char *problem(const struct langfuse_event *e, const char **ret_expected)
{
    if (e->body == BODY_SCORE)
        return langfuse_score_problem(e, ret_expected);
    *ret_expected = "an id";
    if (e->body == BODY_TRACE ? !e->trace.len : !e->id.len)
        return "body.id";
    if (e->body == BODY_OBSERVATION && !e->observation && !e->update) {
        *ret_expected = "the type of the observation";
        return "body.type";
    }
    *ret_expected = "a time not before startTime";
    return e->start_ns && e->end_ns && e->end_ns < e->start_ns ? "body.endTime" : NULL;
}

static int take(struct decoder *d, const struct envelope *e, struct langfuse_event *event)
{
    struct langfuse_complaint complaint;
    const char *expected, *where;
    int rc = langfuse_read_body(e->body, &d->out, event, &complaint);

    if (rc == OBS_E_INVALID) {
        obs_str path = obs_arena_printf(d->batch->arena, "body.%s", complaint.field);

        return path.ptr ? refuse(d, e, path.ptr, complaint.expected) : OBS_E_NOMEM;
    }
    if (rc < 0)
        return rc;
    where = problem(event, &expected);
    if (where)
        return refuse(d, e, where, expected);
    if (!event->update && !event->start_ns) /* it is created when it is told of */
        event->start_ns = event->time_ns;
    identify(event);
    d->c.n_replaced += event->n_replaced;
    rc = add_event(d, event);
    return rc < 0 ? rc : add_result(d, e->id, obs_str_n(NULL, 0));
}

static int check(struct decoder *d, const struct envelope *e)
{
    struct langfuse_event event = {.index = (uint32_t)d->batch->n_results, .envelope = e->id};

    if (!langfuse_is_id(e->id))
        return refuse(d, e, "id", LANGFUSE_AN_ID);
    if (!read_type(e->type, &event))
        return refuse_type(d, e);
    if (!langfuse_time(e->time, &event.time_ns))
        return refuse(d, e, "timestamp", LANGFUSE_A_TIME);
    if (e->body.len == 0 || e->body.ptr[0] != '{')
        return refuse(d, e, "body", "an object");
    if (event.body == BODY_LOG) /* what an SDK says about itself is of no use here */
        return add_result(d, e->id, obs_str_n(NULL, 0));
    return take(d, e, &event);
}

/* --- the request ------------------------------------------------------------ */

/* A member that should be a string; what is none counts as absent. */
static int text_member(struct json_cursor *c, obs_str *ret)
{
    return json_peek(c) == '"' ? json_string(c, ret) : json_skip(c, NULL);
}

static int read_envelope(struct decoder *d)
{
    struct envelope e = {0};
    bool first = true;
    obs_str key;
    int rc;

    if (json_peek(&d->c) != '{') {
        rc = json_skip(&d->c, NULL);
        return rc < 0 ? rc : refuse(d, &e, "", "an object");
    }
    rc = json_open(&d->c, '{');
    while (rc >= 0 && (rc = json_key(&d->c, &first, &key)) > 0) {
        if (obs_str_is(key, "id"))
            rc = text_member(&d->c, &e.id);
        else if (obs_str_is(key, "type"))
            rc = text_member(&d->c, &e.type);
        else if (obs_str_is(key, "timestamp"))
            rc = text_member(&d->c, &e.time);
        else
            rc = json_skip(&d->c, obs_str_is(key, "body") ? &e.body : NULL);
    }
    return rc < 0 ? rc : check(d, &e);
}

static int read_events(struct decoder *d)
{
    bool first = true;
    int rc = json_open(&d->c, '[');

    while (rc >= 0 && (rc = json_item(&d->c, &first)) > 0) {
        if (d->batch->n_results == d->batch->max_events)
            return OBS_E_TOO_LARGE;
        rc = read_envelope(d);
    }
    return rc;
}

/* Who sent the batch. Anything may be in metadata, so what is not as expected is
 * passed over. */
static int read_metadata(struct decoder *d)
{
    bool first = true;
    obs_str key;
    int rc;

    if (json_peek(&d->c) != '{')
        return json_skip(&d->c, NULL);
    rc = json_open(&d->c, '{');
    while (rc >= 0 && (rc = json_key(&d->c, &first, &key)) > 0) {
        if (obs_str_is(key, "sdk_name"))
            rc = text_member(&d->c, &d->batch->scope.name);
        else if (obs_str_is(key, "sdk_version"))
            rc = text_member(&d->c, &d->batch->scope.version);
        else
            rc = json_skip(&d->c, NULL);
    }
    return rc;
}

static int fail(struct decode_error *error, int code, const char *text)
{
    *error = (struct decode_error){0};
    strncpy(error->text, text, sizeof(error->text) - 1);
    return code;
}

int langfuse_decode(obs_str body, struct langfuse_batch *batch, struct decode_error *error)
{
    struct decoder d = {.batch = batch};
    bool first = true, found = false;
    obs_str key;
    int rc;

    json_cursor_init(&d.c, body, batch->arena, error);
    json_out_init(&d.out, batch->arena);
    rc = json_open(&d.c, '{');
    while (rc >= 0 && (rc = json_key(&d.c, &first, &key)) > 0) {
        if (obs_str_is(key, "batch") && json_peek(&d.c) == '[' && !found) {
            found = true;
            rc = read_events(&d);
        } else if (obs_str_is(key, "metadata")) {
            rc = read_metadata(&d);
        } else {
            rc = json_skip(&d.c, NULL);
        }
    }
    if (rc == OBS_OK)
        rc = json_finish(&d.c);
    batch->n_replaced = d.c.n_replaced;
    if (rc == OBS_E_TOO_LARGE)
        return fail(error, rc, "the batch has more events than ingest.max_spans allows");
    if (rc == OBS_OK && !found)
        return fail(error, OBS_E_INVALID, "expected an object with the events as array \"batch\"");
    return rc;
}
