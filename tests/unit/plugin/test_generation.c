/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a set of instances, as their plugins see it: every call goes
 * into a journal, which is compared whole. */
#include "plugin/generation.h"

#include "http/route.h"
#include "plugin/ledger.h"
#include "plugin/loader.h"
#include "plugin/order.h"
#include "plugin/progress.h"
#include "runtime/runtime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#define SECOND_NS INT64_C(1000000000)
#define N_WORKERS 2

/* ---- plugins ----------------------------------------------------------------- */

static struct {
    char journal[4096];  /* calls on a worker are made one after the other */
    const char *fail_at; /* "b.start": that call fails */
} scene;

static pthread_mutex_t journal_lock = PTHREAD_MUTEX_INITIALIZER;

static void note(const char *name, const char *call)
{
    size_t len;

    pthread_mutex_lock(&journal_lock);
    len = strlen(scene.journal);
    snprintf(scene.journal + len, sizeof(scene.journal) - len, "%s%s.%s", len ? " " : "", name,
             call);
    pthread_mutex_unlock(&journal_lock);
}

static int note_and_judge(const char *name, const char *call)
{
    char full[64];

    note(name, call);
    snprintf(full, sizeof(full), "%s.%s", name, call);
    return scene.fail_at && strcmp(scene.fail_at, full) == 0 ? OBS_E_STORE : OBS_OK;
}

struct word_service {
    uint32_t size;
    int (*count)(void *self);
};

static int count_word(void *self)
{
    (void)self;
    return 7;
}

static const struct word_service word_service = {sizeof(word_service), count_word};

/* The self of these plugins is their instance. */
static int create(obs_instance *instance, const void *config, void **ret_self)
{
    int rc = note_and_judge(instance->name, "create");

    (void)config;
    if (rc < 0)
        return rc;
    if (instance->plugin->n_provides > 0 && strcmp(instance->name, "forgetful") != 0) {
        assert_int_equal(obs_service_provide(instance, "t.undeclared/1", &word_service, NULL),
                         OBS_E_INVALID);
        assert_int_equal(obs_service_provide(instance, "t.word/1", &word_service, instance), 0);
        assert_int_equal(obs_service_provide(instance, "t.word/1", &word_service, instance),
                         OBS_E_CONFLICT);
    }
    *ret_self = instance;
    return OBS_OK;
}

static int start(void *self)
{
    obs_instance *instance = self;
    obs_service service;

    if (instance->plugin->n_needs > 0) {
        const struct word_service *word;

        assert_int_equal(obs_service_get(instance, "t.other/1", &service), OBS_E_INVALID);
        assert_int_equal(obs_service_get(instance, "t.word/1", &service), OBS_OK);
        word = service.table;
        assert_true(OBS_HAS(struct word_service, word, count));
        assert_int_equal(word->count(service.provider), 7);
        assert_int_equal(obs_service_get(instance, "t.absent/1", &service), OBS_E_NOT_FOUND);
    }
    return note_and_judge(instance->name, "start");
}

static int worker_up(void *self, obs_worker *worker, void **ret_context)
{
    const obs_instance *instance = self;
    char call[16];

    assert_ptr_equal(obs_worker_current(), worker);
    snprintf(call, sizeof(call), "up%u", obs_worker_index(worker));
    *ret_context = worker;
    return note_and_judge(instance->name, call);
}

static void worker_down(void *self, obs_worker *worker, void *context)
{
    const obs_instance *instance = self;
    char call[16];

    assert_ptr_equal(context, worker);
    snprintf(call, sizeof(call), "down%u", obs_worker_index(worker));
    note(instance->name, call);
}

static void drain(void *self)
{
    note(((obs_instance *)self)->name, "drain");
}
static void stop(void *self)
{
    note(((obs_instance *)self)->name, "stop");
}
static void destroy(void *self)
{
    note(((obs_instance *)self)->name, "destroy");
}

#define LIFE                                                                                       \
    .version = "1", .license = "Apache-2.0", .summary = "test", .create = create, .start = start,  \
    .worker_start = worker_up, .drain = drain, .worker_stop = worker_down, .stop = stop,           \
    .destroy = destroy

static const char *const provides[] = {"t.word/1"};
static const obs_need needs[] = {{"t.word/1", 0, 0}, {"t.absent/1", OBS_NEED_OPTIONAL, 0}};

static const obs_plugin provider = {OBS_PLUGIN_HEADER, .name = "provider", .provides = provides,
                                    .n_provides = 1, LIFE};
static const obs_plugin user = {OBS_PLUGIN_HEADER, .name = "user", .needs = needs, .n_needs = 2,
                                LIFE};

/* ---- a generation ------------------------------------------------------------- */

struct world {
    struct runtime *runtime;
    struct generation *generation;
    struct progress progress;
};

static void on_fail(void *to, const obs_instance *instance, const char *sentence)
{
    char *text = to;

    (void)instance;
    snprintf(text + strlen(text), 1024 - strlen(text), "%s\n", sentence);
}

static void add(struct world *world, const char *name, const obs_plugin *plugin)
{
    struct generation *generation = world->generation;
    struct image *image = image_of(plugin);
    obs_instance *instance;

    instance = instance_create(obs_str_of(name), image, N_WORKERS);
    assert_non_null(instance);
    generation->instances[generation->n_instances] = instance;
    generation->in_config_order[generation->n_instances++] = instance;
}

static int setup(void **state)
{
    const struct runtime_spec spec = {
        .n_workers = N_WORKERS, .offload_threads = 1, .offload_queue = 4};
    struct world *world = calloc(1, sizeof(*world));

    memset(&scene, 0, sizeof(scene));
    world->generation = generation_create(/* number= */ 1, /* n_instances= */ 8, N_WORKERS);
    *state = world;
    return runtime_create(&spec, &world->runtime);
}

static int teardown(void **state)
{
    struct world *world = *state;

    runtime_destroy(world->runtime);
    generation_destroy(world->generation);
    free(world);
    return 0;
}

/* a and b need what p provides; the config names them first. */
static void add_three(struct world *world)
{
    char complaints[1024] = "";

    add(world, "a", &user);
    add(world, "b", &user);
    add(world, "p", &provider);
    assert_int_equal(order_instances(world->generation->instances, 3, NULL, 0, on_fail, complaints),
                     0);
}

static int64_t soon(void)
{
    return obs_clock_mono_ns() + 5 * SECOND_NS;
}

static void retire(struct world *world)
{
    assert_int_equal(generation_retire(world->generation, world->runtime, soon()), OBS_OK);
}

/* ---- life --------------------------------------------------------------------- */

static void providers_start_first_and_end_last(void **state)
{
    struct world *world = *state;

    add_three(world);
    assert_int_equal(generation_start(world->generation, world->runtime, &world->progress), OBS_OK);
    assert_string_equal(scene.journal, "p.create a.create b.create p.start a.start b.start "
                                       "p.up0 p.up1 a.up0 a.up1 b.up0 b.up1");
    scene.journal[0] = '\0';
    generation_succeed(world->generation, /* successor= */ NULL);
    generation_drain(world->generation);
    retire(world);
    assert_string_equal(scene.journal,
                        "b.drain a.drain p.drain b.down1 b.down0 a.down1 a.down0 p.down1 p.down0 "
                        "b.stop a.stop p.stop b.destroy a.destroy p.destroy");
}

static void a_failed_create_destroys_those_before_it(void **state)
{
    struct world *world = *state;

    add_three(world);
    scene.fail_at = "a.create";
    assert_int_equal(generation_start(world->generation, world->runtime, &world->progress),
                     OBS_E_STORE);
    retire(world);
    assert_string_equal(scene.journal, "p.create a.create p.destroy");
}

static void a_failed_start_is_stopped_and_everything_destroyed(void **state)
{
    struct world *world = *state;

    add_three(world);
    scene.fail_at = "a.start";
    assert_int_equal(generation_start(world->generation, world->runtime, &world->progress),
                     OBS_E_STORE);
    generation_succeed(world->generation, /* successor= */ NULL);
    generation_drain(world->generation);
    retire(world);
    assert_string_equal(scene.journal, "p.create a.create b.create p.start a.start p.drain "
                                       "a.stop p.stop b.destroy a.destroy p.destroy");
}

static void a_failed_worker_start_undoes_only_the_workers_that_had_started(void **state)
{
    struct world *world = *state;

    add_three(world);
    scene.fail_at = "a.up1";
    assert_int_equal(generation_start(world->generation, world->runtime, &world->progress),
                     OBS_E_STORE);
    scene.journal[0] = '\0';
    retire(world);
    assert_string_equal(scene.journal, "a.down0 p.down1 p.down0 b.stop a.stop p.stop "
                                       "b.destroy a.destroy p.destroy");
}

static void a_provider_that_provides_nothing_is_refused(void **state)
{
    struct world *world = *state;

    add(world, "forgetful", &provider);
    assert_int_equal(generation_start(world->generation, world->runtime, &world->progress),
                     OBS_E_INVALID);
    retire(world);
    assert_string_equal(scene.journal, "forgetful.create forgetful.destroy");
}

/* ---- two generations --------------------------------------------------------------- */

struct retirement {
    struct generation *generation;
    struct runtime *runtime;
};

static void *retire_on_thread(void *arg)
{
    struct retirement *retirement = arg;

    if (generation_retire(retirement->generation, retirement->runtime, soon()) < 0)
        abort();
    return NULL;
}

/* A generation with a user of its own and the provider of `world`, all started. */
static struct generation *second_generation(struct world *world)
{
    struct generation *second = generation_create(/* number= */ 2, /* n_instances= */ 8, N_WORKERS);
    obs_instance *shared = world->generation->instances[0];
    struct world other = {.runtime = world->runtime, .generation = second};

    second->instances[second->n_instances++] = shared;
    second->changes[0] = CHANGE_KEPT;
    atomic_fetch_add(&shared->n_generations, 1);
    add(&other, "b", &user);
    second->instances[1]->providers[0] = shared;
    assert_int_equal(generation_start(second, world->runtime, &world->progress), OBS_OK);
    return second;
}

static struct generation *two_generations(struct world *world)
{
    char complaints[1024] = "";

    add(world, "a", &user);
    add(world, "p", &provider);
    assert_int_equal(order_instances(world->generation->instances, 2, NULL, 0, on_fail, complaints),
                     0);
    assert_int_equal(generation_start(world->generation, world->runtime, &world->progress), OBS_OK);
    return second_generation(world);
}

static void a_shared_provider_ends_with_the_last_of_two(void **state)
{
    struct world *world = *state;
    struct generation *second = two_generations(world);

    scene.journal[0] = '\0';
    retire(world);
    assert_string_equal(scene.journal, "a.down1 a.down0 a.stop a.destroy");
    scene.journal[0] = '\0';
    assert_int_equal(generation_retire(second, world->runtime, soon()), OBS_OK);
    assert_string_equal(scene.journal, "b.down1 b.down0 p.down1 p.down0 b.stop p.stop "
                                       "b.destroy p.destroy");
    generation_destroy(second);
}

static void assert_comes_before(const char *first, const char *second)
{
    const char *at = strstr(scene.journal, first), *after = strstr(scene.journal, second);

    if (!at || !after || at > after)
        fail_msg("%s is not before %s in: %s", first, second, scene.journal);
}

static void two_that_end_at_once_wait_for_each_others_users(void **state)
{
    struct world *world = *state;
    struct retirement retirements[2] = {{two_generations(world), world->runtime},
                                        {world->generation, world->runtime}};
    pthread_t threads[2];

    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, retire_on_thread, &retirements[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_comes_before("a.stop", "p.stop");
    assert_comes_before("b.stop", "p.stop");
    assert_comes_before("a.destroy", "p.destroy");
    assert_comes_before("b.destroy", "p.destroy");
    generation_destroy(retirements[0].generation);
}

/* ---- leftovers ------------------------------------------------------------------ */

struct leftovers {
    obs_instance *instance;
    obs_timer *timers[3];
    _Atomic int n_ticks;
    _Atomic int n_posts;
    _Atomic int n_jobs;
    _Atomic int thread_ended;
};

static void on_tick(void *arg)
{
    atomic_fetch_add(&((struct leftovers *)arg)->n_ticks, 1);
}
static void on_post(void *arg)
{
    atomic_fetch_add(&((struct leftovers *)arg)->n_posts, 1);
}

/* A job that goes on while the plugin stops. */
static void work_a_while(void *arg)
{
    const struct timespec a_while = {.tv_nsec = 50000000};

    (void)arg;
    nanosleep(&a_while, NULL);
}

/* A job's answer that posts once more: ends only after two further turns. */
static void on_job(void *arg)
{
    struct leftovers *left = arg;

    atomic_fetch_add(&left->n_jobs, 1);
    if (obs_post(left->instance, obs_worker_current(), on_post, left) != OBS_OK)
        abort();
}

static void run_thread(void *arg)
{
    struct leftovers *left = arg;

    for (int i = 0; i < 100; i++) {
        if (obs_post(left->instance, runtime_get()->workers[i % N_WORKERS], on_post, left) != 0)
            abort();
    }
    atomic_store(&left->thread_ended, 1);
}

static void leave_things(obs_worker *worker, void *arg)
{
    struct leftovers *left = arg;

    (void)worker;
    for (int i = 0; i < 3; i++)
        assert_int_equal(
            obs_timer_start(left->instance, 3600000, 0, on_tick, left, &left->timers[i]), OBS_OK);
    assert_int_equal(obs_offload(left->instance, work_a_while, on_job, left), OBS_OK);
}

static void count_report(const char *component, uint32_t health, const char *detail, void *to)
{
    int *n = to;

    (void)detail;
    assert_string_equal(component, "disk");
    assert_int_equal(health, OBS_DEGRADED);
    ++*n;
}

static void what_is_left_is_finished_or_revoked_before_destroy(void **state)
{
    struct world *world = *state;
    struct leftovers left = {0};
    obs_thread *thread;
    int n_reports = 0;

    add(world, "p", &provider);
    assert_int_equal(generation_start(world->generation, world->runtime, &world->progress), OBS_OK);
    left.instance = world->generation->instances[0];
    for (uint32_t i = 0; i < N_WORKERS; i++)
        worker_call(world->runtime->workers[i], leave_things, &left);
    assert_int_equal(obs_thread_start(left.instance, "left", run_thread, &left, &thread), OBS_OK);
    obs_health_report(left.instance, "disk", OBS_HEALTHY, NULL);
    obs_health_report(left.instance, "disk", OBS_DEGRADED, "%d %% full", 95);
    obs_health_each(count_report, &n_reports);
    assert_int_equal(n_reports, 1);

    retire(world);
    assert_int_equal(atomic_load(&left.thread_ended), 1);
    assert_int_equal(atomic_load(&left.n_jobs), N_WORKERS);
    assert_int_equal(atomic_load(&left.n_posts), 100 + N_WORKERS);
    assert_int_equal(atomic_load(&left.n_ticks), 0);
    assert_int_equal(ledger_in_flight(left.instance->ledger), 0);
    n_reports = 0;
    obs_health_each(count_report, &n_reports);
    assert_int_equal(n_reports, 0);
    assert_non_null(strstr(scene.journal, "p.stop p.destroy"));
}

/* ---- routes and hooks -------------------------------------------------------------- */

struct bind_config {
    const char *prefix;
    uint64_t limit;
};

static int answer(obs_request *req, void *self)
{
    (void)req;
    (void)self;
    return OBS_OK;
}

static const obs_option bind_options[] = {
    {"prefix", OBS_OPT_STRING, 0, offsetof(struct bind_config, prefix), .help = "prefix"},
    {"limit", OBS_OPT_SIZE, 0, offsetof(struct bind_config, limit), .help = "limit"},
};

/* Routes of a later minor: each entry is larger than the host's own struct. */
struct later_route {
    obs_route route;
    uint64_t more[3];
};

static const struct later_route bind_routes[] = {
    {{.methods = OBS_GET, .path = "${prefix}/{name}", .handler = answer, .summary = "one"}, {0}},
    {{.methods = OBS_POST,
      .path = "${prefix}",
      .handler = answer,
      .summary = "two",
      .body_limit_option = "limit"},
     {0}},
    {{.methods = OBS_GET, .path = "/fixed", .handler = answer, .summary = "three", .body_limit = 9},
     {0}},
};
static const obs_hook bind_hooks[] = {{OBS_PHASE_EARLY, 0, answer}, {OBS_PHASE_LOG, 0, answer}};

static const obs_plugin later = {
    .magic = OBS_PLUGIN_MAGIC,
    .size = sizeof(obs_plugin),
    .abi_major = OBS_ABI_MAJOR,
    .need_size = sizeof(obs_need),
    .option_size = sizeof(obs_option),
    .route_size = sizeof(struct later_route),
    .hook_size = sizeof(obs_hook),
    .command_size = sizeof(obs_command),
    .param_size = sizeof(obs_param),
    .name = "later",
    .options = bind_options,
    .n_options = 2,
    .config_size = sizeof(struct bind_config),
    .routes = &bind_routes[0].route,
    .n_routes = 3,
    .hooks = bind_hooks,
    .n_hooks = 2,
};

static void set_config(struct world *world, size_t index, const char *prefix, uint64_t limit)
{
    struct bind_config *config = world->generation->in_config_order[index]->config;

    *config = (struct bind_config){prefix, limit};
}

static void assert_route(const struct world *world, uint32_t method, const char *path,
                         const char *pattern, uint64_t limit)
{
    struct route_match match;

    router_find(world->generation->router, method, obs_str_of(path), &match);
    assert_non_null(match.endpoint);
    assert_int_equal(match.endpoint->pattern.len, strlen(pattern));
    assert_memory_equal(match.endpoint->pattern.ptr, pattern, strlen(pattern));
    assert_int_equal(match.endpoint->body_limit, limit);
}

static void routes_take_prefix_and_limit_from_options_and_tables_their_own_stride(void **state)
{
    struct world *world = *state;
    char complaints[1024] = "";

    add(world, "x", &later);
    set_config(world, 0, "/x/", 77);
    assert_int_equal(generation_bind(world->generation, 1000, on_fail, complaints), 0);
    assert_route(world, OBS_GET, "/x/anna", "/x/{name}", 1000);
    assert_route(world, OBS_POST, "/x", "/x", 77);
    assert_route(world, OBS_GET, "/fixed", "/fixed", 9);
    assert_int_equal(world->generation->hooks[OBS_PHASE_EARLY].count, 1);
    assert_int_equal(world->generation->hooks[OBS_PHASE_LIMIT].count, 0);
    assert_int_equal(world->generation->hooks[OBS_PHASE_LOG].count, 1);
}

static void a_route_that_is_taken_or_malformed_is_a_complaint(void **state)
{
    struct world *world = *state;
    char complaints[1024] = "";

    add(world, "x", &later);
    add(world, "y", &later);
    set_config(world, 0, "/x", 1);
    set_config(world, 1, "no-slash", 1);
    assert_int_equal(generation_bind(world->generation, 1000, on_fail, complaints), 3);
    assert_non_null(strstr(complaints, "/fixed"));
    assert_non_null(strstr(complaints, "no-slash/{name}"));
}

int main(void)
{
#define LIFE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        LIFE_TEST(providers_start_first_and_end_last),
        LIFE_TEST(a_failed_create_destroys_those_before_it),
        LIFE_TEST(a_failed_start_is_stopped_and_everything_destroyed),
        LIFE_TEST(a_failed_worker_start_undoes_only_the_workers_that_had_started),
        LIFE_TEST(a_provider_that_provides_nothing_is_refused),
        LIFE_TEST(a_shared_provider_ends_with_the_last_of_two),
        LIFE_TEST(two_that_end_at_once_wait_for_each_others_users),
        LIFE_TEST(what_is_left_is_finished_or_revoked_before_destroy),
        LIFE_TEST(routes_take_prefix_and_limit_from_options_and_tables_their_own_stride),
        LIFE_TEST(a_route_that_is_taken_or_malformed_is_a_complaint),
    };
    return cmocka_run_group_tests_name("generation", tests, NULL, NULL);
}
