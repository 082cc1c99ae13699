/* SPDX-License-Identifier: Apache-2.0 */
/* What is acknowledged is durable: both ways by which feedback comes in, with a store
 * that is made up, which fails or dawdles as the test wants. INGEST and FEEDBACK are
 * the plugins' files. */
#include <observatory/prices.h>
#include <observatory/store.h>
#include <observatory/test.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct {
    int append_error; /* in the result */
    int put_error;    /* in the result */
    int put_refusal;  /* from the call itself */
    int is_late;      /* the result of a put comes when the test says */
    obs_append_fn late_done;
    void *late_user;
    int n_appends, n_puts;
    size_t n_feedback;
    char ids[4][64];
    char project[16];
} fake;

static int append(void *self, const obs_scope *scope, const obs_span *spans, size_t n,
                  obs_merge_fn merge, obs_worker *worker, obs_append_fn done, void *user)
{
    obs_append_result result = {.size = sizeof(result), .error = fake.append_error, .n_stored = n};

    (void)self, (void)scope, (void)spans, (void)merge, (void)worker;
    fake.n_appends++;
    done(&result, user);
    return OBS_OK;
}

static int put(void *self, const obs_scope *scope, const obs_feedback *feedback, size_t n,
               obs_worker *worker, obs_append_fn done, void *user)
{
    obs_append_result result = {.size = sizeof(result), .error = fake.put_error, .n_stored = n};

    (void)self, (void)scope, (void)worker;
    if (fake.put_refusal)
        return fake.put_refusal;
    fake.n_puts++;
    fake.n_feedback = n;
    for (size_t i = 0; i < n && i < 4; i++)
        snprintf(fake.ids[i], sizeof(fake.ids[i]), "%.*s", OBS_STR_ARG(feedback[i].id));
    snprintf(fake.project, sizeof(fake.project), "%.*s", OBS_STR_ARG(feedback->project_id));
    if (fake.is_late) {
        fake.late_done = done;
        fake.late_user = user;
        return OBS_OK;
    }
    done(&result, user);
    return OBS_OK;
}

/* No trace is known. */
static int search(void *self, const obs_scope *scope, const obs_span_query *query, obs_row_fn row,
                  obs_search_fn done, void *user)
{
    (void)self, (void)scope, (void)query, (void)row;
    done(&(obs_search_result){.size = sizeof(obs_search_result)}, user);
    return OBS_OK;
}

static int price(void *self, obs_span *span, obs_arena *arena)
{
    (void)self, (void)span, (void)arena;
    return OBS_OK;
}

static const obs_store store = {
    .size = sizeof(store), .append = append, .search = search, .feedback_put = put};
static const obs_prices prices = {.size = sizeof(prices), .price = price};

/* POST /release: the store is done. */
static int release(obs_request *req, void *self)
{
    obs_append_result result = {.size = sizeof(result), .n_stored = 1};

    (void)self;
    fake.late_done(&result, fake.late_user);
    return obs_respond(req, 200, "text/plain", obs_str_of("released"));
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

static const obs_route routes[] = {
    {.methods = OBS_POST, .path = "/release", .handler = release, .summary = "releases"},
};
static const obs_plugin releaser = {
    OBS_PLUGIN_HEADER,
    .name = "releaser",
    .version = "1",
    .license = "Apache-2.0",
    .summary = "ends what the store is late with",
    .routes = routes,
    .n_routes = 1,
    .create = create,
    .destroy = destroy,
};

static int prepare(void **state)
{
    obs_test *t = obs_test_new();

    memset(&fake, 0, sizeof(fake));
    *state = t;
    obs_test_provide(t, OBS_STORE_ID, &store, NULL);
    obs_test_provide(t, OBS_PRICES_ID, &prices, NULL);
    obs_test_plugin(t, "ingest", getenv("INGEST"));
    obs_test_plugin(t, "feedback", getenv("FEEDBACK"));
    obs_test_link(t, "releaser", &releaser);
    obs_test_set(t, "plugins.ingest.default_project=shop");
    if (obs_test_start(t) < 0)
        fail_msg("%s", obs_test_error(t));
    return 0;
}

static int finish(void **state)
{
    return obs_test_free(*state) == OBS_OK ? 0 : -1;
}

#define TYPE "Content-Type: application/json"
#define TRACE "5b8efff798038103d269b633813fc60c"

static const char span_with_two_scores[] =
    "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":\"" TRACE "\","
    "\"spanId\":\"eee19b7ec3c1b174\",\"name\":\"x\",\"startTimeUnixNano\":\"1790000000000000000\","
    "\"endTimeUnixNano\":\"1790000001000000000\",\"attributes\":["
    "{\"key\":\"annotations.0.annotation.score\",\"value\":{\"doubleValue\":0.5}},"
    "{\"key\":\"annotations.1.annotation.label\",\"value\":{\"stringValue\":\"good\"}}"
    "]}]}]}]}";

static obs_test_response *send_span(obs_test *t)
{
    return obs_test_send(t, "POST", "/v1/traces", TYPE, obs_str_of(span_with_two_scores));
}

static int post_span(obs_test *t)
{
    obs_test_response *r = send_span(t);

    assert_int_equal(obs_test_wait(r), OBS_OK);
    return obs_test_status(r);
}

static obs_test_response *send_feedback(obs_test *t)
{
    return obs_test_send(t, "POST", "/api/v1/traces/" TRACE "/feedback", TYPE,
                         obs_str_of("{\"score\":1}"));
}

/* Counters go on from one test to the next. */
static double counted(obs_test *t, const char *labels)
{
    return obs_test_metric(t, "feedback_total", labels);
}

static void both_ways_wait_for_the_store(void **state)
{
    obs_test_response *(*const ways[])(obs_test *) = {send_span, send_feedback};

    for (size_t i = 0; i < 2; i++) {
        obs_test_response *r, *released;

        fake.is_late = 1;
        fake.late_done = NULL;
        r = ways[i](*state);
        for (int turns = 0; turns < 1000 && !fake.late_done; turns++)
            obs_test_turn(*state, 1);
        assert_non_null(fake.late_done);
        obs_test_turn(*state, 30);
        assert_int_equal(obs_test_status(r), 0);
        released = obs_test_request(*state, "POST", "/release", NULL, obs_str_of(""));
        assert_int_equal(obs_test_status(released), 200);
        assert_int_equal(obs_test_wait(r), OBS_OK);
        assert_int_equal(obs_test_status(r), i == 0 ? 200 : 201);
    }
    assert_int_equal(fake.n_appends, 1);
    assert_int_equal(fake.n_puts, 2);
}

static void a_request_whose_scores_fail_fails_and_may_come_again(void **state)
{
    double failed = counted(*state, "source=annotation,result=failed");
    double stored = counted(*state, "source=annotation,result=stored");
    char first[64];

    fake.put_error = OBS_E_STORE;
    assert_int_equal(post_span(*state), 503);
    assert_int_equal(fake.n_appends, 1);
    assert_int_equal(fake.n_feedback, 2);
    assert_string_equal(fake.project, "shop");
    snprintf(first, sizeof(first), "%s", fake.ids[0]);
    assert_string_not_equal(first, fake.ids[1]);
    fake.put_error = OBS_OK;
    fake.put_refusal = OBS_E_BUSY;
    assert_int_equal(post_span(*state), 503);
    assert_true(counted(*state, "source=annotation,result=failed") == failed + 4);
    assert_true(counted(*state, "source=annotation,result=stored") == stored);
    fake.put_refusal = OBS_OK;
    assert_int_equal(post_span(*state), 200);
    assert_string_equal(fake.ids[0], first);
    assert_true(counted(*state, "source=annotation,result=stored") == stored + 2);
}

static void spans_that_fail_take_their_scores_along(void **state)
{
    fake.append_error = OBS_E_STORE_FULL;
    assert_int_equal(post_span(*state), 503);
    assert_int_equal(fake.n_puts, 0);
}

static void feedback_that_fails_is_not_acknowledged(void **state)
{
    double failed = counted(*state, "source=api,result=failed");
    obs_test_response *r;

    fake.put_error = OBS_E_STORE_READ_ONLY;
    r = send_feedback(*state);
    assert_int_equal(obs_test_wait(r), OBS_OK);
    assert_int_equal(obs_test_status(r), 503);
    assert_non_null(obs_test_header(r, "Retry-After").ptr);
    fake.put_refusal = OBS_E_BUSY;
    r = send_feedback(*state);
    assert_int_equal(obs_test_wait(r), OBS_OK);
    assert_int_equal(obs_test_status(r), 503);
    assert_true(counted(*state, "source=api,result=failed") == failed + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_ways_wait_for_the_store, prepare, finish),
        cmocka_unit_test_setup_teardown(a_request_whose_scores_fail_fails_and_may_come_again,
                                        prepare, finish),
        cmocka_unit_test_setup_teardown(spans_that_fail_take_their_scores_along, prepare, finish),
        cmocka_unit_test_setup_teardown(feedback_that_fails_is_not_acknowledged, prepare, finish),
    };

    return cmocka_run_group_tests_name("feedback acknowledged", tests, NULL, NULL);
}
