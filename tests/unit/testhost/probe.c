/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <stdlib.h>
#include <unistd.h>

struct config {
    const char *word;
    int32_t fail_start, leave_timer, leave_thread, leave_waiting, hang;
};

/* What waits, and is answered by drain() or when its client goes. */
struct waiting {
    struct waiting *next;
    obs_request *req;
    struct probe *probe;
};

struct probe {
    obs_instance *instance;
    const struct config *config;
    int64_t n_calls; /* of GET /probe, handed over */
    struct waiting *waiting;
    obs_series *calls;
    obs_timer *left;
    obs_thread *thread;
    obs_service number;
    obs_worker *worker;
};

struct probe_seen probe_seen;

/* ---- handlers ------------------------------------------------------------- */

static int get_probe(obs_request *req, void *self)
{
    struct probe *probe = self;
    obs_arena *arena = obs_request_arena(req);
    obs_buf *body = obs_buf_new(arena, /* limit_bytes= */ 0);
    obs_jw *jw = obs_jw_new(arena, body);

    obs_series_add(probe->calls, 1);
    obs_log(probe->instance, OBS_LOG_INFO, "called with %.*s",
            OBS_STR_ARG(obs_request_target(req)));
    obs_jw_object(jw);
    obs_jw_key(jw, "word");
    obs_jw_cstr(jw, probe->config->word);
    obs_jw_key(jw, "n_calls");
    obs_jw_int(jw, ++probe->n_calls);
    obs_jw_key(jw, "a/b~c");
    obs_jw_array(jw);
    obs_jw_bool(jw, 1);
    obs_jw_end_array(jw);
    obs_jw_end_object(jw);
    obs_response_header(req, "X-Twice", obs_str_of("one"));
    obs_response_header(req, "X-Twice", obs_str_of("two"));
    return obs_respond_json(req, 200, body);
}

static int post_probe(obs_request *req, void *self)
{
    (void)self;
    return obs_respond(req, 200, "text/plain", obs_request_body(req));
}

static void say_word(void *arg)
{
    struct waiting *waiting = arg;

    obs_respond(waiting->req, 200, "text/plain", obs_str_of(waiting->probe->config->word));
}

static void on_gone(void *data)
{
    struct waiting *waiting = data;
    struct waiting **at = &waiting->probe->waiting;

    while (*at && *at != waiting)
        at = &(*at)->next;
    if (!*at)
        return; /* drain() was first */
    *at = waiting->next;
    probe_seen.n_gone++;
    say_word(waiting);
}

/* Waits until somebody ends it. */
static int get_wait(obs_request *req, void *self)
{
    struct probe *probe = self;
    struct waiting *waiting = obs_arena_calloc(obs_request_arena(req), 1, sizeof(*waiting));

    if (!waiting || obs_request_on_abort(req, on_gone, waiting) < 0)
        return OBS_E_NOMEM;
    *waiting = (struct waiting){.next = probe->waiting, .req = req, .probe = probe};
    probe->waiting = waiting;
    return OBS_PENDING;
}

/* The mistake that ends the process. */
static int get_twice(obs_request *req, void *self)
{
    (void)self;
    obs_respond(req, 200, NULL, obs_str_of(NULL));
    return obs_respond(req, 200, NULL, obs_str_of(NULL));
}

static void nothing(void *arg)
{
    (void)arg;
}

/* By the pool and back. */
static int get_later(obs_request *req, void *self)
{
    struct probe *probe = self;
    struct waiting *waiting = obs_arena_calloc(obs_request_arena(req), 1, sizeof(*waiting));

    if (!waiting)
        return OBS_E_NOMEM;
    *waiting = (struct waiting){.req = req, .probe = probe};
    return obs_offload(probe->instance, nothing, say_word, waiting) < 0 ? OBS_E_NOMEM : OBS_PENDING;
}

static int get_number(obs_request *req, void *self)
{
    struct probe *probe = self;
    const struct probe_number *number = probe->number.table;

    if (!number)
        return OBS_E_STORE;
    return obs_respond(
        req, 200, "text/plain",
        obs_arena_printf(obs_request_arena(req), "%d", number->next(probe->number.provider)));
}

static int refuse(obs_request *req, void *self)
{
    (void)self;
    return obs_request_header(req, "X-Refuse").ptr ? OBS_E_FORBIDDEN : OBS_CONTINUE;
}

int probe_next(void *provider)
{
    return ++*(int *)provider;
}

/* ---- life ----------------------------------------------------------------- */

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    static const struct probe_number number = {sizeof(number), probe_next};
    static const char *const labels[] = {"word"};
    const obs_metric_spec spec = {.size = sizeof(spec),
                                  .kind = OBS_METRIC_COUNTER,
                                  .name = "probe_calls_total",
                                  .help = "Calls.",
                                  .labels = labels,
                                  .n_labels = 1};
    struct probe *probe = calloc(1, sizeof(*probe));
    obs_metric *metric;
    obs_str word;

    probe->instance = instance;
    probe->config = config;
    word = obs_str_of(probe->config->word);
    *ret_self = probe;
    probe_seen.n_created++;
    if (obs_metric_register(instance, &spec, &metric) < 0)
        return OBS_E_NOMEM;
    probe->calls = obs_metric_series(metric, &word);
    return obs_service_provide(instance, "probe.count/1", &number, &probe_seen.n_created);
}

static void post_done(void *arg)
{
    (void)arg;
    probe_seen.posted = 1;
}

static void run_thread(void *arg)
{
    struct probe *probe = arg;

    while (probe->config->hang)
        pause();
    if (obs_post(probe->instance, probe->worker, post_done, probe) < 0)
        abort();
}

static int start(void *self)
{
    struct probe *probe = self;

    if (probe->config->fail_start) {
        obs_log(probe->instance, OBS_LOG_ERROR, "cannot start: %s", probe->config->word);
        return OBS_E_STORE;
    }
    if (obs_service_get(probe->instance, "test.number/1", &probe->number) < 0)
        probe->number.table = NULL;
    probe->worker = obs_worker_current();
    return obs_thread_start(probe->instance, "probe", run_thread, probe, &probe->thread);
}

static int worker_start(void *self, obs_worker *worker, void **ret_context)
{
    struct probe *probe = self;

    (void)worker;
    *ret_context = probe;
    if (!probe->config->leave_timer)
        return OBS_OK;
    return obs_timer_start(probe->instance, 1, 1, nothing, NULL, &probe->left);
}

static void drain(void *self)
{
    struct probe *probe = self;
    struct waiting *waiting;

    while (!probe->config->leave_waiting && (waiting = probe->waiting) != NULL) {
        probe->waiting = waiting->next;
        say_word(waiting);
    }
}

static void stop(void *self)
{
    struct probe *probe = self;

    if (!probe->config->leave_thread)
        obs_thread_join(probe->thread);
}

static void destroy(void *self)
{
    probe_seen.n_destroyed++;
    free(self);
}

static int export_state(void *self, obs_worker *worker, void *context, obs_buf *state)
{
    struct probe *probe = self;

    (void)context;
    if (worker)
        obs_buf_append(state, &probe->n_calls, sizeof(probe->n_calls));
    return OBS_OK;
}

static int import_state(void *self, obs_worker *worker, void *context, uint32_t version,
                        obs_str state)
{
    struct probe *probe = self;

    (void)context;
    (void)version;
    if (worker)
        memcpy(&probe->n_calls, state.ptr, state.len);
    return OBS_OK;
}

#define FLAG(name_, help_)                                                                         \
    {                                                                                              \
        .name = #name_, .type = OBS_OPT_BOOL, .offset = offsetof(struct config, name_),            \
        .def = "false", .help = help_                                                              \
    }

static const obs_option options[] = {
    {.name = "word",
     .type = OBS_OPT_STRING,
     .offset = offsetof(struct config, word),
     .def = "first",
     .help = "what it says"},
    FLAG(fail_start, "start() fails"),
    FLAG(leave_timer, "a timer is left"),
    FLAG(leave_thread, "a thread is left"),
    FLAG(hang, "its thread does not end"),
    FLAG(leave_waiting, "drain() does not answer what waits"),
};

static const obs_route routes[] = {
    {.methods = OBS_GET,
     .flags = OBS_ROUTE_ANY_QUERY,
     .path = "/probe",
     .handler = get_probe,
     .summary = "Counts"},
    {.methods = OBS_POST,
     .body = OBS_BODY_BUFFER,
     .path = "/probe",
     .handler = post_probe,
     .summary = "Echoes"},
    {.methods = OBS_GET, .path = "/wait", .handler = get_wait, .summary = "Waits"},
    {.methods = OBS_GET, .path = "/twice", .handler = get_twice, .summary = "Answers twice"},
    {.methods = OBS_GET, .path = "/later", .handler = get_later, .summary = "Waits a little"},
    {.methods = OBS_GET, .path = "/number", .handler = get_number, .summary = "Asks a service"},
};

static const obs_hook hooks[] = {{.phase = OBS_PHASE_AUTHORIZE, .fn = refuse}};
static const obs_need needs[] = {{.service = "test.number/1", .flags = OBS_NEED_OPTIONAL}};
static const char *const provides[] = {"probe.count/1"};

const obs_plugin probe_plugin = {
    OBS_PLUGIN_HEADER,
    .name = "probe",
    .version = "1",
    .license = "Apache-2.0",
    .summary = "for the tests of the test host",
    .needs = needs,
    .n_needs = 1,
    .provides = provides,
    .n_provides = 1,
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .config_size = sizeof(struct config),
    .routes = routes,
    .n_routes = sizeof(routes) / sizeof(routes[0]),
    .hooks = hooks,
    .n_hooks = 1,
    .create = create,
    .start = start,
    .worker_start = worker_start,
    .drain = drain,
    .stop = stop,
    .destroy = destroy,
    .state_version = 1,
    .state_oldest = 1,
    .export_state = export_state,
    .import_state = import_state,
};
