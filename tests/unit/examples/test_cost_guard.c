/* SPDX-License-Identifier: Apache-2.0 */
/* The example plugin cost-guard with a store that is made up: what it says was
 * spent, and how late it answers, is the test's choice. COST_GUARD is the file. */
#include <observatory/store.h>
#include <observatory/test.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define USD INT64_C(1000000000)

static struct {
    obs_span span; /* the one that is found */
    int error;
    int is_late; /* answers come from a timer of the other plugin */
    struct {
        obs_search_fn done;
        void *user;
    } kept[8];
    int n_kept;
    int n_late; /* given so */
    int n_searches;
    obs_scope scope;
    int64_t window_ns;
} fake;

static void give_answers(void)
{
    while (fake.n_kept > 0) {
        fake.n_kept--;
        fake.kept[fake.n_kept].done(
            &(obs_search_result){.size = sizeof(obs_search_result), .error = fake.error},
            fake.kept[fake.n_kept].user);
    }
}

static int search(void *self, const obs_scope *scope, const obs_span_query *query, obs_row_fn row,
                  obs_search_fn done, void *user)
{
    (void)self;
    fake.n_searches++;
    fake.scope = *scope;
    fake.window_ns = obs_clock_wall_ns() - query->from_ns;
    assert_true(fake.n_kept < 8);
    fake.kept[fake.n_kept].done = done;
    fake.kept[fake.n_kept++].user = user;
    if (fake.error == OBS_OK)
        row(&fake.span, user);
    if (!fake.is_late)
        give_answers();
    return OBS_OK;
}

static const obs_store store = {.size = sizeof(store), .search = search};

/* A route of the class that is guarded, in a plugin of its own. */
static int take(obs_request *req, void *self)
{
    (void)self;
    return obs_respond(req, 200, "text/plain", obs_str_of("taken"));
}

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    (void)config;
    *ret_self = instance;
    return OBS_OK;
}

static void destroy(void *self)
{
    (void)self;
}

static void on_tick(void *user)
{
    (void)user;
    fake.n_late += fake.n_kept;
    give_answers();
}

static int worker_start(void *self, obs_worker *worker, void **ret_context)
{
    (void)worker;
    return obs_timer_start(self, 40, 40, on_tick, NULL, (obs_timer **)ret_context);
}

static void worker_stop(void *self, obs_worker *worker, void *context)
{
    (void)self;
    (void)worker;
    obs_timer_stop(context);
}

static const obs_route routes[] = {
    {.methods = OBS_POST, .path = "/in", .handler = take, .limit_class = "ingest", .summary = "in"},
    {.methods = OBS_GET, .path = "/out", .handler = take, .summary = "out"},
};
static const obs_plugin ingest = {
    OBS_PLUGIN_HEADER,
    .name = "ingest",
    .version = "1",
    .license = "Apache-2.0",
    .summary = "takes",
    .routes = routes,
    .n_routes = 2,
    .create = create,
    .worker_start = worker_start,
    .worker_stop = worker_stop,
    .destroy = destroy,
};

static int prepare(void **state)
{
    obs_test *t = obs_test_new();

    assert_non_null(t);
    memset(&fake, 0, sizeof(fake));
    fake.span = (obs_span){.size = sizeof(obs_span)};
    fake.span.total_cost = 0;
    *state = t;
    obs_test_provide(t, OBS_STORE_ID, &store, NULL);
    obs_test_plugin(t, "cost-guard", getenv("COST_GUARD"));
    obs_test_link(t, "ingest", &ingest);
    obs_test_set(t, "plugins.cost-guard.budget_usd=2.5");
    obs_test_set(t, "plugins.cost-guard.refresh=10ms");
    return 0;
}

static int finish(void **state)
{
    return obs_test_free(*state);
}

static void start(obs_test *t)
{
    if (obs_test_start(t) < 0)
        fail_msg("%s", obs_test_error(t));
}

static void spend(obs_test *t, int64_t nano_usd)
{
    fake.span.total_cost = nano_usd;
    obs_test_turn(t, 50);
}

static obs_test_response *post(obs_test *t)
{
    return obs_test_request(t, "POST", "/in", NULL, obs_str_of("x"));
}

static void within_the_budget_everything_passes(void **state)
{
    start(*state);
    spend(*state, 5 * USD / 2);
    assert_int_equal(obs_test_status(post(*state)), 200);
    assert_true(fake.n_searches > 1);
    assert_int_equal(fake.scope.all, 1);
    assert_float_equal((double)fake.window_ns, 86400e9, 1e9);
}

static void over_it_new_spans_are_refused_and_only_they(void **state)
{
    obs_test_response *r;

    start(*state);
    spend(*state, 3 * USD);
    r = post(*state);
    assert_int_equal(obs_test_status(r), 429);
    assert_true(obs_str_is(obs_test_header(r, "Retry-After"), "1"));
    assert_true(obs_str_is(obs_json_str(obs_test_json(r, "/error/message")),
                           "the budget of 2.500000 USD is used up: 3.000000 USD were spent in the "
                           "last 86400 s"));
    assert_int_equal(obs_test_status(obs_test_get(*state, "/out")), 200);
    assert_float_equal(obs_test_metric(*state, "cost_guard_requests_total", NULL), 1, 0);
    assert_true(obs_test_logged(*state, "over the budget"));
    spend(*state, USD); /* the window moved on */
    assert_int_equal(obs_test_status(post(*state)), 200);
    assert_true(obs_test_logged(*state, "within the budget again"));
}

static void flagged_ones_are_let_in(void **state)
{
    obs_test_response *r;

    obs_test_set(*state, "plugins.cost-guard.action=flag");
    obs_test_set(*state, "plugins.cost-guard.project=shop");
    start(*state);
    spend(*state, 3 * USD);
    r = post(*state);
    assert_int_equal(obs_test_status(r), 200);
    assert_true(obs_str_is(obs_test_header(r, "X-Budget-Exceeded"), "3.000000 of 2.500000 USD"));
    assert_int_equal(fake.scope.all, 0);
    assert_int_equal(fake.scope.n_projects, 1);
}

static void a_store_that_fails_changes_nothing(void **state)
{
    start(*state);
    spend(*state, 3 * USD);
    fake.error = OBS_E_STORE;
    spend(*state, 0);
    assert_int_equal(obs_test_status(post(*state)), 429);
    assert_true(obs_test_logged(*state, "going on with what is known"));
}

/* The store answers the old instance when it has been stopped already. */
static void a_swap_keeps_the_figure_and_waits_for_the_answer(void **state)
{
    int n_late;

    start(*state);
    spend(*state, 3 * USD);
    fake.is_late = 1;
    while (fake.n_kept == 0)
        obs_test_turn(*state, 1);
    n_late = fake.n_late;
    obs_test_set(*state, "plugins.cost-guard.window=1h");
    assert_int_equal(obs_test_reload(*state), OBS_OK);
    assert_true(fake.n_late > n_late);
    assert_int_equal(obs_test_status(post(*state)), 429); /* from the first moment */
    fake.is_late = 0;
    spend(*state, USD);
    assert_int_equal(obs_test_status(post(*state)), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(within_the_budget_everything_passes, prepare, finish),
        cmocka_unit_test_setup_teardown(over_it_new_spans_are_refused_and_only_they, prepare,
                                        finish),
        cmocka_unit_test_setup_teardown(flagged_ones_are_let_in, prepare, finish),
        cmocka_unit_test_setup_teardown(a_store_that_fails_changes_nothing, prepare, finish),
        cmocka_unit_test_setup_teardown(a_swap_keeps_the_figure_and_waits_for_the_answer, prepare,
                                        finish),
    };

    return cmocka_run_group_tests_name("cost-guard", tests, NULL, NULL);
}
