/* SPDX-License-Identifier: Apache-2.0 */
/* A step: read the next spans, price them, write those whose figure differs, say in
 * the record how far it came; then a pause, so that the rate is kept. A step that is
 * repeated after a crash finds nothing to change. */
#include "recompute.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define STEP_SPANS 250u
#define MAX_PREVIOUS 5u /* figures that a span keeps */
#define RETRY_MS 1000u  /* when the store is busy */

/* All but the lock is the running worker's. */
struct recompute {
    struct prices *prices;
    pthread_mutex_t lock;
    bool running, ending; /* under the lock */

    struct recompute_job job;
    obs_worker *worker; /* that runs it */
    obs_timer *timer;   /* to the next step */
    bool held;          /* a step is under way: the instance must stay */
    obs_arena *arena;   /* of the step */
    obs_span *spans;    /* that differ */
    size_t n_seen, n_spans;
    int64_t before, after; /* of the step */
    char position[sizeof(((struct recompute_job *)0)->position)];
    int64_t at_ns;
    bool has_more;
    int error;
    obs_value values[3];
    obs_filter leaves[3], all;
    const obs_filter *children[3];
};

static void step(void *user);

/* --- one span ------------------------------------------------------------------- */

static bool same_cost(const obs_span *a, const obs_span *b)
{
    return a->total_cost == b->total_cost && a->prompt_cost == b->prompt_cost &&
           a->completion_cost == b->completion_cost && a->book_cost == b->book_cost &&
           obs_str_eq(a->cost_source, b->cost_source);
}

/* Whether it is the figure that counts that changes, and not only a candidate. */
static bool same_figure(const obs_span *a, const obs_span *b)
{
    return a->total_cost == b->total_cost && obs_str_eq(a->cost_source, b->cost_source);
}

static void put_figure(obs_jw *jw, obs_str source, int64_t nano)
{
    obs_jw_key(jw, "cost_source");
    obs_jw_str(jw, source);
    obs_jw_key(jw, "total_cost_usd");
    if (nano < 0)
        obs_jw_null(jw);
    else
        obs_jw_fixed(jw, nano, 9);
    obs_jw_end_object(jw);
}

static void put_older(obs_jw *jw, const obs_json *one)
{
    const obs_json *total = obs_json_get(one, "total_cost_usd");
    bool known = obs_json_type(total) != OBS_JSON_NULL;

    obs_jw_object(jw);
    obs_jw_key(jw, "until");
    obs_jw_str(jw, obs_json_str(obs_json_get(one, "until")));
    put_figure(jw, obs_json_str(obs_json_get(one, "cost_source")),
               known ? (int64_t)(obs_json_double(total) * 1e9 + 0.5) : -1);
}

/* The figures that were before, newest first. */
static void put_previous(obs_jw *jw, const obs_span *stored, const obs_span *span,
                         const obs_json *older)
{
    size_t n = 0;

    if (!same_figure(stored, span)) {
        obs_jw_object(jw);
        obs_jw_key(jw, "until");
        obs_jw_time(jw, obs_clock_wall_ns());
        put_figure(jw, stored->cost_source, stored->total_cost);
        n++;
    }
    for (size_t i = 0; i < obs_json_count(older) && n < MAX_PREVIOUS; i++, n++)
        put_older(jw, obs_json_at(older, i));
}

/* The new details with the figures that were before. */
static int add_previous(const obs_span *stored, obs_arena *arena, obs_span *span)
{
    obs_buf *buf = obs_buf_new(arena, /* limit_bytes= */ 0);
    obs_jw *jw = buf ? obs_jw_new(arena, buf) : NULL;
    const obs_json *old = NULL, *older;
    obs_str list, details = span->cost_details;

    if (!jw)
        return OBS_E_NOMEM;
    if (stored->cost_details.len && obs_json_parse(arena, stored->cost_details, &old, NULL) < 0)
        old = NULL;
    older = obs_json_get(old, "previous");
    if (same_figure(stored, span) && obs_json_count(older) == 0)
        return OBS_OK;
    obs_jw_array(jw);
    put_previous(jw, stored, span, older);
    obs_jw_end_array(jw);
    if (obs_buf_error(buf) < 0)
        return OBS_E_NOMEM;
    list = obs_buf_str(buf);
    if (details.len > 2)
        details = obs_arena_printf(arena, "%.*s,\"previous\":%.*s}", (int)details.len - 1,
                                   details.ptr, OBS_STR_ARG(list));
    else
        details = obs_arena_printf(arena, "{\"previous\":%.*s}", OBS_STR_ARG(list));
    span->cost_details = details;
    return details.ptr ? OBS_OK : OBS_E_NOMEM;
}

int recompute_merge(const struct prices *prices, const obs_span *stored, obs_arena *arena,
                    obs_span *ret_span)
{
    int rc;

    *ret_span = *stored;
    ret_span->cost_details = obs_str_n(NULL, 0); /* what is older is added again below */
    rc = prices_price(prices, ret_span, arena);
    if (rc < 0)
        return rc;
    if (same_cost(stored, ret_span))
        return 0;
    rc = add_previous(stored, arena, ret_span);
    return rc < 0 ? rc : 1;
}

/* On a thread of the store: whatever the span is by now is priced. */
static int merge(const obs_span *stored, const obs_span *added, obs_arena *arena,
                 obs_span *ret_span, void *user)
{
    const struct recompute *r = user;

    (void)added;
    return recompute_merge(r->prices, stored, arena, ret_span);
}

/* --- a step: reading ----------------------------------------------------------------- */

#define NEEDED                                                                                     \
    (OBS_FIELD_BIT(OBS_FIELD_PROJECT_ID) | OBS_FIELD_BIT(OBS_FIELD_OPERATION_TYPE) |               \
     OBS_FIELD_BIT(OBS_FIELD_PROVIDER) | OBS_FIELD_BIT(OBS_FIELD_MODEL) |                          \
     OBS_FIELD_BIT(OBS_FIELD_REQUEST_MODEL) | OBS_FIELD_BIT(OBS_FIELD_TOTAL_TOKENS) |              \
     OBS_FIELD_BIT(OBS_FIELD_INPUT_AUDIO_TOKENS) | OBS_FIELD_BIT(OBS_FIELD_SERVICE_TIER) |         \
     OBS_FIELD_BIT(OBS_FIELD_REGION) | OBS_FIELD_BIT(OBS_FIELD_STATUS) |                           \
     OBS_FIELD_BIT(OBS_FIELD_PROMPT_COST) | OBS_FIELD_BIT(OBS_FIELD_COMPLETION_COST) |             \
     OBS_FIELD_BIT(OBS_FIELD_TOTAL_COST) | OBS_FIELD_BIT(OBS_FIELD_COST_SOURCE) |                  \
     OBS_FIELD_BIT(OBS_FIELD_PROVIDER_COST) | OBS_FIELD_BIT(OBS_FIELD_EMITTER_COST) |              \
     OBS_FIELD_BIT(OBS_FIELD_BOOK_COST))

/* What tells which span it is; the rest is read again when it is written. */
static int note(struct recompute *r, const obs_span *row)
{
    obs_span *span = &r->spans[r->n_spans];

    obs_span_init(span);
    memcpy(span->trace_id, row->trace_id, sizeof(span->trace_id));
    memcpy(span->span_id, row->span_id, sizeof(span->span_id));
    span->flags |= OBS_SPAN_FRAGMENT; /* if it is gone by then, it does not come back */
    span->project_id = obs_arena_dup(r->arena, row->project_id);
    r->n_spans++;
    return span->project_id.ptr ? OBS_OK : OBS_E_NOMEM;
}

/* On a thread of the store. */
static int take_row(const obs_span *row, void *user)
{
    struct recompute *r = user;
    obs_span now = *row;

    r->n_seen++;
    r->at_ns = row->start_ns;
    r->error = prices_price(r->prices, &now, r->arena);
    if (r->error < 0)
        return 1;
    if (same_cost(row, &now))
        return 0;
    r->before += row->total_cost > 0 ? row->total_cost : 0;
    r->after += now.total_cost > 0 ? now.total_cost : 0;
    r->error = note(r, row);
    return r->error < 0;
}

static const obs_filter *filter_of(struct recompute *r)
{
    const struct {
        uint32_t field;
        const char *text;
    } wanted[] = {{OBS_FIELD_PROVIDER, r->job.provider},
                  {OBS_FIELD_MODEL, r->job.model},
                  {OBS_FIELD_COST_SOURCE, r->job.cost_source}};
    size_t n = 0;

    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        if (!wanted[i].text[0])
            continue;
        r->values[n].s = obs_str_of(wanted[i].text);
        r->leaves[n] = (obs_filter){.size = sizeof(obs_filter),
                                    .kind = OBS_FILTER_LEAF,
                                    .field = wanted[i].field,
                                    .op = OBS_OP_EQ,
                                    .values = &r->values[n],
                                    .n_values = 1};
        r->children[n] = &r->leaves[n];
        n++;
    }
    r->all = (obs_filter){.size = sizeof(obs_filter),
                          .kind = OBS_FILTER_AND,
                          .children = r->children,
                          .n_children = n};
    return n ? &r->all : NULL;
}

/* --- a step: the end of it ---------------------------------------------------------------- */

static bool is_ending(struct recompute *r)
{
    bool ending;

    pthread_mutex_lock(&r->lock);
    ending = r->ending;
    pthread_mutex_unlock(&r->lock);
    return ending;
}

static void end_step(struct recompute *r)
{
    bool held = r->held;

    obs_timer_stop(r->timer);
    r->timer = NULL;
    if (r->arena)
        obs_arena_destroy(r->arena);
    r->arena = NULL;
    r->held = false;
    if (held)
        obs_instance_release(r->prices->instance);
}

static void end_run(struct recompute *r)
{
    pthread_mutex_lock(&r->lock);
    r->running = false;
    pthread_mutex_unlock(&r->lock);
    end_step(r);
}

static void after(struct recompute *r, uint64_t delay_ms)
{
    obs_timer *timer;

    if (is_ending(r) ||
        obs_timer_start(r->prices->instance, delay_ms, /* period_ms= */ 0, step, r, &timer) < 0) {
        end_run(r); /* the record says that it is unfinished: it is taken up again */
        return;
    }
    end_step(r);
    r->timer = timer;
}

static void tell(struct recompute *r)
{
    static const char *const words[] = {"goes on", "is done", "was cancelled", "failed"};
    const struct recompute_job *j = &r->job;

    obs_log(r->prices->instance, j->state == RECOMPUTE_FAILED ? OBS_LOG_ERROR : OBS_LOG_INFO,
            "recompute %s %s: %llu spans looked at, %llu changed%s%s", j->id, words[j->state],
            (unsigned long long)j->scanned, (unsigned long long)j->changed, j->error[0] ? ": " : "",
            j->error);
}

static void recorded(int error, obs_str value, void *user)
{
    struct recompute *r = user;

    (void)value;
    if (r->job.state != RECOMPUTE_RUNNING && error == OBS_OK) {
        tell(r);
        end_run(r);
        return;
    }
    after(r, error < 0 ? RETRY_MS : 1000 * r->n_seen / (uint64_t)r->job.rate + 1);
}

/* The record with this job in it, in place of what it says of it. */
static void merge_record(int error, obs_str value, void *user)
{
    struct recompute *r = user;
    const struct prices *p = r->prices;
    struct recompute_job *jobs = NULL;
    size_t n = 0, i = 0;
    obs_str record;
    int rc = error == OBS_E_NOT_FOUND ? recompute_jobs_read(r->arena, obs_str_of("[]"), &jobs, &n)
                                      : error;

    if (error == OBS_OK)
        rc = recompute_jobs_read(r->arena, value, &jobs, &n);
    if (rc < 0) {
        after(r, RETRY_MS);
        return;
    }
    while (i < n && strcmp(jobs[i].id, r->job.id) != 0)
        i++;
    if (i == n) {
        memmove(jobs + 1, jobs, n * sizeof(*jobs));
        n++;
        i = 0;
    }
    r->job.updated_ns = obs_clock_wall_ns();
    jobs[i] = r->job;
    record = recompute_jobs_write(r->arena, jobs, n);
    rc = record.ptr ? p->store->record_put(p->store_self, obs_str_of(RECOMPUTE_SPACE),
                                           obs_str_of(RECOMPUTE_JOBS), record, 0, recorded, r)
                    : OBS_E_NOMEM;
    if (rc < 0)
        after(r, RETRY_MS);
}

static void record(struct recompute *r)
{
    const struct prices *p = r->prices;

    if (p->store->record_get(p->store_self, obs_str_of(RECOMPUTE_SPACE), obs_str_of(RECOMPUTE_JOBS),
                             merge_record, r) < 0)
        after(r, RETRY_MS);
}

/* Somebody may want it to end. */
static void asked(int error, obs_str value, void *user)
{
    struct recompute *r = user;

    if (error == OBS_OK && obs_str_is(value, r->job.id))
        r->job.state = RECOMPUTE_CANCELLED;
    record(r);
}

static void count_step(struct recompute *r, uint64_t n_changed)
{
    const struct prices *p = r->prices;

    r->job.scanned += r->n_seen;
    r->job.changed += n_changed;
    r->job.before += r->before;
    r->job.after += r->after;
    if (r->n_seen) {
        r->job.at_ns = r->at_ns;
        memcpy(r->job.position, r->position, sizeof(r->job.position));
    }
    if (!r->has_more)
        r->job.state = RECOMPUTE_DONE;
    if (p->store->record_get(p->store_self, obs_str_of(RECOMPUTE_SPACE),
                             obs_str_of(RECOMPUTE_CANCEL), asked, r) < 0)
        record(r);
}

static void written(const obs_append_result *result, void *user)
{
    struct recompute *r = user;

    if (result->error < 0)
        after(r, RETRY_MS); /* the same step again */
    else
        count_step(r, result->n_merged);
}

static void fail(struct recompute *r, int error)
{
    r->job.state = RECOMPUTE_FAILED;
    snprintf(r->job.error, sizeof(r->job.error), "%s", obs_error(error)->text);
    record(r);
}

static void searched(const obs_search_result *result, void *user)
{
    static const obs_scope everything = {.size = sizeof(everything), .all = 1};
    struct recompute *r = user;
    const struct prices *p = r->prices;
    int rc = r->error < 0 ? r->error : result->error;

    if (rc == OBS_E_INVALID || rc == OBS_E_UNSUPPORTED) {
        fail(r, rc);
        return;
    }
    r->has_more = result->has_more != 0;
    for (size_t i = 0; i < result->position.len && 2 * i + 2 < sizeof(r->position); i++)
        snprintf(r->position + 2 * i, 3, "%02x", (uint8_t)result->position.ptr[i]);
    if (rc == OBS_OK && (r->n_spans == 0 || r->job.dry_run)) {
        count_step(r, r->n_spans);
        return;
    }
    if (rc == OBS_OK)
        rc = p->store->append(p->store_self, &everything, r->spans, r->n_spans, merge,
                              obs_worker_current(), written, r);
    if (rc < 0)
        after(r, RETRY_MS);
}

/* --- a step: the beginning of it ------------------------------------------------------------- */

static obs_str read_position(struct recompute *r)
{
    size_t len = strlen(r->job.position) / 2;
    char *bytes = obs_arena_alloc(r->arena, len + 1);

    for (size_t i = 0; bytes && i < len; i++) {
        unsigned byte = 0;

        (void)sscanf(r->job.position + 2 * i, "%2x", &byte); /* of our own writing */
        bytes[i] = (char)byte;
    }
    return obs_str_n(bytes, bytes ? len : 0);
}

static int begin_step(struct recompute *r)
{
    static const obs_scope everything = {.size = sizeof(everything), .all = 1};
    const struct prices *p = r->prices;
    obs_span_query query = {.size = sizeof(query),
                            .fields = NEEDED,
                            .from_ns = r->job.from_ns,
                            .to_ns = r->job.to_ns,
                            .filter = filter_of(r),
                            .sort_field = OBS_FIELD_TS,
                            .limit = STEP_SPANS};

    r->arena = obs_arena_create(/* limit_bytes= */ 0);
    r->spans = r->arena ? obs_arena_alloc(r->arena, STEP_SPANS * sizeof(*r->spans)) : NULL;
    if (!r->spans)
        return OBS_E_NOMEM;
    r->n_seen = r->n_spans = 0;
    r->before = r->after = 0;
    r->error = OBS_OK;
    query.after = read_position(r);
    return p->store->search(p->store_self, &everything, &query, take_row, searched, r);
}

static void step(void *user)
{
    struct recompute *r = user;
    int rc;

    if (is_ending(r)) {
        end_run(r);
        return;
    }
    r->held = true;
    obs_instance_hold(r->prices->instance);
    rc = begin_step(r);
    if (rc == OBS_E_INVALID || rc == OBS_E_UNSUPPORTED)
        fail(r, rc);
    else if (rc < 0)
        after(r, RETRY_MS);
}

/* --- life --------------------------------------------------------------------------------------
 */

int recompute_begin(struct recompute *r, const struct recompute_job *job)
{
    bool taken;

    pthread_mutex_lock(&r->lock);
    taken = r->running || r->ending;
    r->running |= !taken;
    pthread_mutex_unlock(&r->lock);
    if (taken)
        return OBS_E_CONFLICT;
    r->job = *job;
    r->worker = obs_worker_current();
    after(r, /* delay_ms= */ 0);
    return OBS_OK;
}

static void found_jobs(int error, obs_str value, void *user)
{
    struct recompute *r = user;
    obs_arena *arena = error == OBS_OK ? obs_arena_create(/* limit_bytes= */ 0) : NULL;
    struct recompute_job *jobs;
    size_t n = 0;

    if (arena && recompute_jobs_read(arena, value, &jobs, &n) == OBS_OK)
        for (size_t i = 0; i < n; i++)
            if (jobs[i].state == RECOMPUTE_RUNNING &&
                !recompute_job_alive(&jobs[i], obs_clock_wall_ns()) &&
                recompute_begin(r, &jobs[i]) == OBS_OK)
                break;
    if (arena)
        obs_arena_destroy(arena);
    obs_instance_release(r->prices->instance);
}

void recompute_resume(struct recompute *r)
{
    const struct prices *p = r->prices;

    if (is_ending(r))
        return;
    obs_instance_hold(p->instance);
    if (p->store->record_get(p->store_self, obs_str_of(RECOMPUTE_SPACE), obs_str_of(RECOMPUTE_JOBS),
                             found_jobs, r) < 0)
        obs_instance_release(p->instance);
}

struct recompute *recompute_create(struct prices *prices)
{
    struct recompute *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->prices = prices;
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

void recompute_stop(struct recompute *r)
{
    pthread_mutex_lock(&r->lock);
    r->ending = true;
    pthread_mutex_unlock(&r->lock);
}

void recompute_leave(struct recompute *r, const obs_worker *worker)
{
    if (r->worker != worker)
        return;
    obs_timer_stop(r->timer);
    r->timer = NULL;
}

void recompute_destroy(struct recompute *r)
{
    if (!r)
        return;
    if (r->arena)
        obs_arena_destroy(r->arena);
    pthread_mutex_destroy(&r->lock);
    free(r);
}
