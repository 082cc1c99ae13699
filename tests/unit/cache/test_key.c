/* SPDX-License-Identifier: Apache-2.0 */
/* Which requests are the same question, and how long their answers hold. */
#include "key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define S_NS 1000000000LL
#define NOW (1795000000LL * S_NS) /* 2026-11-18T10:13:20Z */

static const struct key_times times = {60 * S_NS, 300 * S_NS, 3600 * S_NS, 10 * S_NS};
static const obs_scope everything = {.size = sizeof(obs_scope), .all = 1};

struct wanted {
    const obs_scope *scope;
    const char *path, *body, *trace_id;
    int64_t now_ns;
    uint64_t generation;
};

/* `query` is "name=value&…". */
static struct key key(const char *query, struct wanted w)
{
    static struct key_input input;
    struct key made;

    input = (struct key_input){
        .scope = w.scope ? w.scope : &everything,
        .methods = OBS_GET,
        .route = obs_str_of("/api/v1/traces"),
        .path = obs_str_of(w.path ? w.path : "/api/v1/traces"),
        .trace_id = obs_str_of(w.trace_id),
        .body = obs_str_of(w.body),
        .generation = w.generation,
        .now_ns = w.now_ns ? w.now_ns : NOW,
    };
    while (*query) {
        size_t name = strcspn(query, "="), value = strcspn(query + name + 1, "&");

        input.params[input.n_params++] =
            (struct key_param){obs_str_n(query, name), obs_str_n(query + name + 1, value)};
        query += name + 1 + value;
        query += *query == '&';
    }
    assert_int_equal(key_make(&input, &times, &made), OBS_OK);
    return made;
}

static bool same(struct key a, struct key b)
{
    return memcmp(a.digest, b.digest, KEY_BYTES) == 0;
}

#define SAME(a, b) assert_true(same(key(a, (struct wanted){0}), key(b, (struct wanted){0})))
#define OTHER(a, b) assert_false(same(key(a, (struct wanted){0}), key(b, (struct wanted){0})))

static void sorts_and_unites_names_and_times(void **state)
{
    (void)state;
    SAME("model=a&user_id=b", "user_id=b&model=a");
    SAME("tags=x&tags=y", "tags=y&tags=x");
    SAME("start_time=2026-11-01&end_time=2026-11-02", "to=2026-11-02T00:00:00Z&from=2026-11-01");
    SAME("from=now-60m", "from=now-1h");
    OTHER("model=a", "model=b");
    OTHER("model=a", "provider=a");
    OTHER("model=a&user_id=b", "model=b&user_id=a");
    OTHER("model=ab", "model=a");
    OTHER("model=a", "model=a&limit=10");
    OTHER("from=2026-11-01", "to=2026-11-01");
    OTHER("from=now-1h", "from=now-2h");
    OTHER("a=b&c=d", "a=b&c=d&e=f");
}

static void rounds_relative_times_only(void **state)
{
    const struct wanted soon = {.now_ns = NOW + 9 * S_NS}, later = {.now_ns = NOW + 10 * S_NS};

    (void)state;
    assert_true(same(key("from=now-15m", (struct wanted){0}), key("from=now-15m", soon)));
    assert_false(same(key("from=now-15m", (struct wanted){0}), key("from=now-15m", later)));
    assert_true(same(key("from=1794990000", (struct wanted){0}), key("from=1794990000", later)));
    OTHER("from=1794990000.001", "from=1794990000.002");
}

static void tells_callers_bodies_paths_and_configurations_apart(void **state)
{
    const obs_str ab[] = {OBS_STR("a"), OBS_STR("b")}, ba[] = {OBS_STR("b"), OBS_STR("a")};
    const obs_str joined[] = {OBS_STR("ab")};
    const obs_scope scopes[] = {
        everything,
        {sizeof(obs_scope), 0, ab, 1},
        {sizeof(obs_scope), 0, ba, 1},
        {sizeof(obs_scope), 0, ab, 2},
        {sizeof(obs_scope), 0, joined, 1},
        {sizeof(obs_scope), 0, NULL, 0},
    };
    const obs_scope turned = {sizeof(obs_scope), 0, ba, 2};
    const struct wanted plain = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++)
        for (size_t k = 0; k < i; k++)
            assert_false(same(key("model=a", (struct wanted){.scope = &scopes[i]}),
                              key("model=a", (struct wanted){.scope = &scopes[k]})));
    assert_true(same(key("", (struct wanted){.scope = &scopes[3]}),
                     key("", (struct wanted){.scope = &turned})));
    assert_false(same(key("", plain), key("", (struct wanted){.body = "{}"})));
    assert_false(same(key("", plain), key("", (struct wanted){.path = "/api/v1/traces/x"})));
    assert_false(same(key("", plain), key("", (struct wanted){.generation = 2})));
}

static void knows_how_long(void **state)
{
    const struct wanted trace = {.trace_id = "0af7651916cd43dd8448eb211c80319c"};
    struct key got;

    (void)state;
    assert_int_equal(key("", (struct wanted){0}).ttl_ns, times.live_ns);
    assert_int_equal(key("from=now-7d", (struct wanted){0}).ttl_ns, times.live_ns);
    assert_int_equal(key("to=now-59m", (struct wanted){0}).ttl_ns, times.live_ns);
    assert_int_equal(key("to=now-2h", (struct wanted){0}).ttl_ns, times.closed_ns);
    assert_int_equal(key("to=1794990000", (struct wanted){0}).ttl_ns, times.closed_ns);
    assert_int_equal(key("end_time=1794999999", (struct wanted){0}).ttl_ns, times.live_ns);
    assert_int_equal(key("to=nonsense", (struct wanted){0}).to_ns, INT64_MAX);
    assert_int_equal(key("to=1794990000", (struct wanted){0}).to_ns, 1794990000 * S_NS);
    got = key("", trace);
    assert_int_equal(got.ttl_ns, times.trace_ns);
    assert_true(got.of_trace);
    assert_int_equal(got.trace_id[0], 0x0a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_and_unites_names_and_times),
        cmocka_unit_test(rounds_relative_times_only),
        cmocka_unit_test(tells_callers_bodies_paths_and_configurations_apart),
        cmocka_unit_test(knows_how_long),
    };
    return cmocka_run_group_tests_name("cache key", tests, NULL, NULL);
}
