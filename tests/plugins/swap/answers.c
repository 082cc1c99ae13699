/* SPDX-License-Identifier: Apache-2.0 */
/* Requests. Every answer is a run of the build's letter, then ".", the length of
 * the run and a newline, under an X-Swap header with the letter that the first
 * hook left and an X-Swap-Last header of the last one. A request that meets
 * another instance than the one it began on is answered 500. */
#include "swap.h"

#include <stdio.h>
#include <stdlib.h>

#define PIECE_BYTES 4096u
#define MAX_RUN_BYTES UINT64_C(1048576)
#define MAX_MS UINT64_C(600000)

static const obs_str letter = OBS_STR(SWAP_LETTER);
static const char mark_key; /* another address in each build */

/* What the first hook leaves for the rest. */
struct mark {
    struct swap *swap;
    obs_timer *timer;
};

/* A run that is sent piece by piece. */
struct stream {
    obs_request *req;
    obs_timer *timer; /* NULL: as fast as the client takes it */
    const char *piece;
    size_t total_bytes, left_bytes;
    bool waiting; /* for the client */
    bool over;
};

/* A request that waits, and then answers. */
struct wait {
    struct swap *swap;
    obs_request *req;
    obs_timer *timer;
    uint64_t ms;
};

/* ---- parts ------------------------------------------------------------------------ */

static uint64_t query_number(obs_request *req, const char *name, uint64_t otherwise, uint64_t max)
{
    obs_str text = obs_arena_dup(obs_request_arena(req), obs_request_query(req, name));
    uint64_t number = text.ptr && text.len > 0 ? strtoull(text.ptr, NULL, 10) : otherwise;

    return number < max ? number : max;
}

static bool is_of(const obs_request *req, const struct swap *swap)
{
    const struct mark *mark = obs_request_get(req, &mark_key);

    swap_check(swap);
    return mark && mark->swap == swap;
}

static int answer_mixed(obs_request *req, const struct swap *swap)
{
    obs_log(swap->instance, OBS_LOG_ERROR, "mixed: a request met two instances");
    return obs_respond_error(req, OBS_E_INTERNAL, /* field= */ NULL, "mixed: met two instances");
}

static char *make_run(obs_request *req, size_t bytes)
{
    char *run = obs_arena_alloc(obs_request_arena(req), bytes + 1); /* none is no error */

    if (run)
        memset(run, letter.ptr[0], bytes);
    return run;
}

static int answer_run(obs_request *req, uint64_t bytes)
{
    obs_buf *body = obs_buf_new(obs_request_arena(req), /* limit_bytes= */ 0);
    char *run = make_run(req, bytes);

    if (!body || !run)
        return obs_respond_error(req, OBS_E_NOMEM, /* field= */ NULL, NULL);
    obs_buf_append(body, run, bytes);
    obs_buf_printf(body, ".%llu\n", (unsigned long long)bytes);
    if (obs_buf_error(body) < 0)
        return obs_respond_error(req, obs_buf_error(body), /* field= */ NULL, NULL);
    return obs_respond(req, 200, "text/plain", obs_buf_str(body));
}

/* ---- whole and state --------------------------------------------------------------- */

static int answer_whole(obs_request *req, void *self)
{
    if (!is_of(req, self))
        return answer_mixed(req, self);
    return answer_run(req, query_number(req, "n", 64, MAX_RUN_BYTES));
}

static int answer_state(obs_request *req, void *self)
{
    const struct swap *swap = self;
    obs_buf *body = obs_buf_new(obs_request_arena(req), /* limit_bytes= */ 0);
    obs_jw *jw = obs_jw_new(obs_request_arena(req), body);
    uint64_t n_requests = 0;

    if (!body || !jw)
        return OBS_E_NOMEM;
    for (uint32_t i = 0; i < obs_worker_count(); i++)
        n_requests += atomic_load(&swap->workers[i].n_requests);
    obs_jw_object(jw);
    obs_jw_key(jw, "letter");
    obs_jw_str(jw, letter);
    obs_jw_key(jw, "word");
    obs_jw_cstr(jw, swap->config->word);
    obs_jw_key(jw, "swaps");
    obs_jw_uint(jw, swap->n_swaps);
    obs_jw_key(jw, "requests");
    obs_jw_uint(jw, n_requests);
    obs_jw_end_object(jw);
    return obs_respond_json(req, 200, body);
}

/* ---- stream ------------------------------------------------------------------------ */

static void end_stream(struct stream *stream, int failed)
{
    stream->over = true;
    obs_timer_stop(stream->timer);
    obs_response_end(stream->req, failed);
}

static void finish_stream(struct stream *stream)
{
    char tail[32];
    int len = snprintf(tail, sizeof(tail), ".%zu\n", stream->total_bytes);

    (void)obs_response_write(stream->req, (obs_str){tail, (size_t)len});
    end_stream(stream, /* failed= */ 0);
}

/* Writes one piece; false when the stream is over or the client has to read. */
static bool send_piece(struct stream *stream)
{
    size_t len = stream->left_bytes < PIECE_BYTES ? stream->left_bytes : PIECE_BYTES;
    int rc = obs_response_write(stream->req, (obs_str){stream->piece, len});

    if (rc < 0) {
        end_stream(stream, /* failed= */ 1);
        return false;
    }
    stream->left_bytes -= len;
    if (stream->left_bytes == 0) {
        finish_stream(stream);
        return false;
    }
    stream->waiting = rc == OBS_PENDING;
    return !stream->waiting;
}

static void on_drain(obs_request *req, void *user)
{
    struct stream *stream = user;

    stream->waiting = false;
    if (stream->over)
        return;
    if (obs_request_aborted(req))
        end_stream(stream, /* failed= */ 1);
    else if (!stream->timer)
        while (send_piece(stream))
            ;
}

static void on_pace(void *user)
{
    struct stream *stream = user;

    if (!stream->waiting)
        (void)send_piece(stream);
}

static int answer_stream(obs_request *req, void *self)
{
    struct swap *swap = self;
    struct stream *stream = obs_arena_calloc(obs_request_arena(req), 1, sizeof(*stream));
    uint64_t pace_ms = query_number(req, "pace", 0, MAX_MS);
    int rc = OBS_OK;

    if (!is_of(req, swap))
        return answer_mixed(req, swap);
    if (!stream || !(stream->piece = make_run(req, PIECE_BYTES)))
        return OBS_E_NOMEM;
    stream->req = req;
    stream->total_bytes = stream->left_bytes = query_number(req, "n", 65536, MAX_RUN_BYTES);
    if (pace_ms > 0)
        rc = obs_timer_start(swap->instance, pace_ms, pace_ms, on_pace, stream, &stream->timer);
    if (rc < 0)
        return rc;
    (void)obs_response_begin(req, 200, "text/plain", /* length= */ -1);
    obs_response_on_drain(req, on_drain, stream);
    if (!stream->timer)
        while (send_piece(stream))
            ;
    return OBS_PENDING;
}

/* ---- upload ------------------------------------------------------------------------ */

static void on_body(obs_request *req, int status, obs_str piece, void *user)
{
    uint64_t *n_bytes = user;

    if (status == OBS_OK)
        *n_bytes += piece.len;
    else if (status == OBS_BODY_END)
        (void)answer_run(req, *n_bytes);
    else
        (void)obs_respond_error(req, status, /* field= */ NULL, NULL);
}

static int answer_upload(obs_request *req, void *self)
{
    uint64_t *n_bytes = obs_arena_calloc(obs_request_arena(req), 1, sizeof(*n_bytes));

    if (!is_of(req, self))
        return answer_mixed(req, self);
    if (!n_bytes)
        return OBS_E_NOMEM;
    obs_request_read_body(req, on_body, n_bytes);
    return OBS_PENDING;
}

/* ---- wait: a hook that waits, a job, a timer ------------------------------------------ */

static void end_wait(void *arg)
{
    struct wait *wait = arg;

    obs_timer_stop(wait->timer);
    if (is_of(wait->req, wait->swap))
        (void)answer_run(wait->req, /* bytes= */ 64);
    else
        (void)answer_mixed(wait->req, wait->swap);
}

static void on_pool(void *arg)
{
    swap_check(((struct wait *)arg)->swap);
}

static void after_pool(void *arg)
{
    struct wait *wait = arg;
    int rc = obs_timer_start(wait->swap->instance, wait->ms, /* period_ms= */ 0, end_wait, wait,
                             &wait->timer);

    if (rc < 0)
        (void)obs_respond_error(wait->req, rc, /* field= */ NULL, NULL);
}

static int answer_wait(obs_request *req, void *self)
{
    struct swap *swap = self;
    struct wait *wait = obs_arena_calloc(obs_request_arena(req), 1, sizeof(*wait));
    int rc;

    if (!is_of(req, swap))
        return answer_mixed(req, swap);
    if (!wait)
        return OBS_E_NOMEM;
    *wait = (struct wait){.swap = swap, .req = req, .ms = query_number(req, "ms", 0, MAX_MS) / 2};
    rc = obs_offload(swap->instance, on_pool, after_pool, wait);
    return rc < 0 ? rc : OBS_PENDING;
}

/* ---- hooks -------------------------------------------------------------------------- */

static bool is_mine(const obs_request *req)
{
    const obs_route *route = obs_request_route_decl(req);

    return route >= swap_routes && route < swap_routes + SWAP_N_ROUTES;
}

/* Counts, too: it runs in the same turn in which the request got its generation,
 * so the count misses none and has none twice, whenever the swap comes. */
static int begin(obs_request *req, void *self)
{
    struct swap_worker *own = obs_request_worker_context(req);
    struct mark *mark = obs_arena_calloc(obs_request_arena(req), 1, sizeof(*mark));

    swap_check(self);
    if (!is_mine(req))
        return OBS_CONTINUE;
    if (!mark)
        return OBS_E_NOMEM;
    mark->swap = self;
    atomic_fetch_add_explicit(&own->n_requests, 1, memory_order_relaxed);
    (void)obs_response_header(req, "X-Swap", letter);
    return obs_request_set(req, &mark_key, mark);
}

static void resume(void *user)
{
    obs_request *req = user;
    struct mark *mark = obs_request_get(req, &mark_key);

    obs_timer_stop(mark->timer);
    obs_request_resume(req, OBS_CONTINUE);
}

static int suspend(obs_request *req, void *self)
{
    struct swap *swap = self;
    struct mark *mark = obs_request_get(req, &mark_key);
    int rc;

    if (!is_mine(req) || obs_request_route_decl(req)->handler != answer_wait)
        return OBS_CONTINUE;
    if (!is_of(req, swap))
        return answer_mixed(req, swap) < 0 ? OBS_E_INTERNAL : OBS_RESPONDED;
    rc = obs_timer_start(swap->instance, query_number(req, "ms", 0, MAX_MS) / 2,
                         /* period_ms= */ 0, resume, req, &mark->timer);
    return rc < 0 ? rc : OBS_PENDING;
}

static int finish_head(obs_request *req, void *self)
{
    if (is_mine(req) && is_of(req, self))
        (void)obs_response_header(req, "X-Swap-Last", letter);
    return OBS_CONTINUE;
}

static int end(obs_request *req, void *self)
{
    const struct swap *swap = self;

    if (is_mine(req) && !is_of(req, swap))
        obs_log(swap->instance, OBS_LOG_ERROR, "mixed: a request ended on another instance");
    return OBS_CONTINUE;
}

const obs_hook swap_hooks[SWAP_N_HOOKS] = {
    {.phase = OBS_PHASE_EARLY, .fn = begin},
    {.phase = OBS_PHASE_LIMIT, .fn = suspend},
    {.phase = OBS_PHASE_RESPOND, .fn = finish_head},
    {.phase = OBS_PHASE_LOG, .fn = end},
};

/* ---- routes -------------------------------------------------------------------------- */

static const obs_param params[] = {
    {"n", "query", "integer", "bytes of the run"},
    {"ms", "query", "integer", "how long the request waits"},
    {"pace", "query", "integer", "milliseconds between two pieces"},
};

#define ROUTE(how, where, what, ...)                                                               \
    {                                                                                              \
        .methods = (how), .path = (where), .handler = (what), .params = params,                    \
        .n_params = sizeof(params) / sizeof(params[0]), .max_age_s = -1, __VA_ARGS__               \
    }

const obs_route swap_routes[SWAP_N_ROUTES] = {
    ROUTE(OBS_GET, "/swap/whole", answer_whole, .summary = "a run at once"),
    ROUTE(OBS_GET, "/swap/stream", answer_stream, .summary = "a run in pieces"),
    ROUTE(OBS_POST, "/swap/upload", answer_upload, .body = OBS_BODY_STREAM,
          .summary = "a run as long as the body"),
    ROUTE(OBS_GET, "/swap/wait", answer_wait, .summary = "a run after a while"),
    ROUTE(OBS_GET, "/swap/state", answer_state, .summary = "what was handed over"),
};
