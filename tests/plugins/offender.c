/* SPDX-License-Identifier: Apache-2.0 */
/* offender: breaks the contract of the SDK, one way a name.
 * GET /offend/{what} aborts the host; GET /late answers after a second. */
#include <observatory/observatory.h>

#include <stdlib.h>

struct offender {
    obs_instance *instance;
};

/* What a callback that comes later needs; freed by none, the process ends. */
struct offence {
    struct offender *offender;
    obs_request *req;
    obs_arena *arena;
    obs_timer *timer;
};

static struct offence *commit(struct offender *offender, obs_request *req)
{
    struct offence *offence = calloc(1, sizeof(*offence));

    if (!offence)
        abort();
    *offence = (struct offence){.offender = offender, .req = req, .arena = obs_request_arena(req)};
    return offence;
}

static int answer(obs_request *req)
{
    return obs_respond(req, 200, "text/plain", (obs_str)OBS_STR("ok\n"));
}

static void ignore(void *arg)
{
    (void)arg;
}

/* Has `fn(offence)` run on the pool. */
static int on_the_pool(struct offender *offender, obs_request *req, void (*fn)(void *arg))
{
    int rc = obs_offload(offender->instance, fn, ignore, commit(offender, req));

    return rc < 0 ? rc : OBS_PENDING;
}

/* Answers, and has `fn(offence)` run some time after the request is over. */
static int afterwards(struct offender *offender, obs_request *req, void (*fn)(void *arg))
{
    struct offence *offence = commit(offender, req);
    int rc = obs_timer_start(offender->instance, 100, 0, fn, offence, &offence->timer);

    return rc < 0 ? rc : answer(req);
}

/* ---- requests --------------------------------------------------------------- */

static int answer_twice(struct offender *offender, obs_request *req)
{
    (void)offender;
    (void)answer(req);
    return answer(req);
}

static int begin_after_answer(struct offender *offender, obs_request *req)
{
    (void)offender;
    (void)answer(req);
    return obs_response_begin(req, 200, "text/plain", -1);
}

static int write_unbegun(struct offender *offender, obs_request *req)
{
    (void)offender;
    return obs_response_write(req, (obs_str)OBS_STR("lost"));
}

static int write_too_much(struct offender *offender, obs_request *req)
{
    (void)offender;
    (void)obs_response_begin(req, 200, "text/plain", 3);
    return obs_response_write(req, (obs_str)OBS_STR("four"));
}

static int end_twice(struct offender *offender, obs_request *req)
{
    (void)offender;
    (void)obs_response_begin(req, 200, "text/plain", -1);
    obs_response_end(req, 0);
    obs_response_end(req, 0);
    return OBS_OK;
}

static int resume_unasked(struct offender *offender, obs_request *req)
{
    (void)offender;
    obs_request_resume(req, OBS_CONTINUE);
    return answer(req);
}

static void answer_now(void *arg)
{
    struct offence *offence = arg;

    (void)answer(offence->req);
}

static int answer_on_the_pool(struct offender *offender, obs_request *req)
{
    return on_the_pool(offender, req, answer_now);
}

static void read_path(void *arg)
{
    struct offence *offence = arg;

    (void)obs_request_path(offence->req);
}

static int read_over(struct offender *offender, obs_request *req)
{
    return afterwards(offender, req, read_path);
}

static int answer_over(struct offender *offender, obs_request *req)
{
    return afterwards(offender, req, answer_now);
}

static void use_arena(void *arg)
{
    struct offence *offence = arg;

    if (!obs_arena_alloc(offence->arena, 1))
        exit(1);
}

static int allocate_over(struct offender *offender, obs_request *req)
{
    return afterwards(offender, req, use_arena);
}

/* ---- workers and threads ------------------------------------------------------ */

static void start_timer(void *arg)
{
    struct offence *offence = arg;

    if (obs_timer_start(offence->offender->instance, 1, 0, ignore, NULL, &offence->timer) < 0)
        exit(1);
}

static int timer_on_the_pool(struct offender *offender, obs_request *req)
{
    return on_the_pool(offender, req, start_timer);
}

static void stop_timer(void *arg)
{
    struct offence *offence = arg;

    obs_timer_stop(offence->timer);
}

static int stop_on_the_pool(struct offender *offender, obs_request *req)
{
    struct offence *offence = commit(offender, req);

    start_timer(offence);
    if (obs_offload(offender->instance, stop_timer, ignore, offence) < 0)
        exit(1);
    return OBS_PENDING;
}

static int stop_twice(struct offender *offender, obs_request *req)
{
    struct offence *offence = commit(offender, req);

    start_timer(offence);
    stop_timer(offence);
    stop_timer(offence);
    return answer(req);
}

static void offload(void *arg)
{
    struct offence *offence = arg;

    if (obs_offload(offence->offender->instance, ignore, ignore, NULL) < 0)
        exit(1);
}

static int offload_on_the_pool(struct offender *offender, obs_request *req)
{
    return on_the_pool(offender, req, offload);
}

static int start_thread(struct offender *offender, obs_request *req)
{
    obs_thread *thread;

    (void)req;
    return obs_thread_start(offender->instance, "offender", ignore, NULL, &thread);
}

static int register_metric(struct offender *offender, obs_request *req)
{
    const obs_metric_spec spec = {
        .size = sizeof(spec), .kind = OBS_METRIC_GAUGE, .name = "offence", .help = "none"};
    obs_metric *metric;

    (void)req;
    return obs_metric_register(offender->instance, &spec, &metric);
}

static int get_service(struct offender *offender, obs_request *req)
{
    obs_service service;

    (void)req;
    return obs_service_get(offender->instance, "obs.store/1", &service);
}

static int provide_service(struct offender *offender, obs_request *req)
{
    static const uint32_t table = sizeof(table);

    (void)req;
    return obs_service_provide(offender->instance, "t.none/1", &table, NULL);
}

static void ignore_plugin(const obs_plugin_info *plugin, void *user)
{
    (void)plugin;
    (void)user;
}

static void list_plugins(void *arg)
{
    obs_host_plugins(ignore_plugin, arg);
}

static int list_on_the_pool(struct offender *offender, obs_request *req)
{
    return on_the_pool(offender, req, list_plugins);
}

/* ---- buffers ------------------------------------------------------------------ */

static int nest(struct offender *offender, obs_request *req)
{
    obs_buf *buf = obs_buf_new(obs_request_arena(req), 0);
    obs_jw *jw = obs_jw_new(obs_request_arena(req), buf);

    (void)offender;
    for (int i = 0; i < 65; i++)
        obs_jw_array(jw);
    return obs_respond_json(req, 200, buf);
}

static int close_unopened(struct offender *offender, obs_request *req)
{
    obs_buf *buf = obs_buf_new(obs_request_arena(req), 0);
    obs_jw *jw = obs_jw_new(obs_request_arena(req), buf);

    (void)offender;
    obs_jw_end_array(jw);
    return obs_respond_json(req, 200, buf);
}

static int commit_too_much(struct offender *offender, obs_request *req)
{
    obs_buf *buf = obs_buf_new(obs_request_arena(req), 0);

    (void)offender;
    if (!obs_buf_reserve(buf, 1))
        return OBS_E_NOMEM;
    obs_buf_commit(buf, 1 << 20);
    return obs_respond_json(req, 200, buf);
}

/* ---- table -------------------------------------------------------------------- */

static const struct {
    const char *name;
    int (*fn)(struct offender *offender, obs_request *req);
} offences[] = {
    {"answer-twice", answer_twice},
    {"begin-after-answer", begin_after_answer},
    {"write-unbegun", write_unbegun},
    {"write-too-much", write_too_much},
    {"end-twice", end_twice},
    {"resume-unasked", resume_unasked},
    {"answer-on-the-pool", answer_on_the_pool},
    {"read-over", read_over},
    {"answer-over", answer_over},
    {"allocate-over", allocate_over},
    {"timer-on-the-pool", timer_on_the_pool},
    {"stop-on-the-pool", stop_on_the_pool},
    {"stop-twice", stop_twice},
    {"offload-on-the-pool", offload_on_the_pool},
    {"start-thread", start_thread},
    {"register-metric", register_metric},
    {"get-service", get_service},
    {"provide-service", provide_service},
    {"list-on-the-pool", list_on_the_pool},
    {"nest", nest},
    {"close-unopened", close_unopened},
    {"commit-too-much", commit_too_much},
};

static int handle(obs_request *req, void *self)
{
    obs_str what = obs_request_param(req, "what");

    for (size_t i = 0; i < sizeof(offences) / sizeof(offences[0]); i++)
        if (obs_str_is(what, offences[i].name))
            return offences[i].fn(self, req);
    return answer(req); /* "resume-twice" was the hook's */
}

static int resume_twice(obs_request *req, void *self)
{
    (void)self;
    if (!obs_str_is(obs_request_param(req, "what"), "resume-twice"))
        return OBS_CONTINUE;
    obs_request_resume(req, OBS_CONTINUE);
    obs_request_resume(req, OBS_CONTINUE);
    return OBS_PENDING;
}

static void answer_late(void *arg)
{
    struct offence *offence = arg;

    obs_timer_stop(offence->timer);
    (void)answer(offence->req);
    free(offence);
}

/* GET /late: no offence, but longer than a client waits. */
static int be_late(obs_request *req, void *self)
{
    struct offender *offender = self;
    struct offence *offence = commit(offender, req);
    int rc = obs_timer_start(offender->instance, 1000, 0, answer_late, offence, &offence->timer);

    return rc < 0 ? rc : OBS_PENDING;
}

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    struct offender *offender = malloc(sizeof(*offender));

    (void)config;
    if (!offender)
        return OBS_E_NOMEM;
    offender->instance = instance;
    *ret_self = offender;
    return OBS_OK;
}

static const obs_param params[] = {{"what", "path", "string", "which offence"}};

static const obs_route routes[] = {
    {
        .methods = OBS_GET,
        .path = "/offend/{what}",
        .handler = handle,
        .summary = "Breaks the contract",
        .params = params,
        .n_params = sizeof(params) / sizeof(params[0]),
    },
    {.methods = OBS_GET, .path = "/late", .handler = be_late, .summary = "Answers after a second"},
};

static const obs_hook hooks[] = {{.phase = OBS_PHASE_EARLY, .fn = resume_twice}};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "offender",
    .version = "1.0.0",
    .license = "Apache-2.0",
    .summary = "breaks the contract, to see that it is found out",
    .routes = routes,
    .n_routes = sizeof(routes) / sizeof(routes[0]),
    .hooks = hooks,
    .n_hooks = sizeof(hooks) / sizeof(hooks[0]),
    .create = create,
    .destroy = free,
};
OBS_PLUGIN_NOTE("offender", "1.0.0");
