/* SPDX-License-Identifier: Apache-2.0 */
/* The tree is held against a matcher that tries every route. */
#include "http/route.h"
#include "plugin/instance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static int handler(obs_request *req, void *self)
{
    (void)req;
    (void)self;
    return OBS_OK;
}

static int add(struct router *router, uint32_t methods, const char *path, obs_route *storage,
               char *error)
{
    static obs_instance instance = {.name = (char *)(uintptr_t) "test"};
    struct endpoint endpoint = {
        .decl = storage, .instance = &instance, .pattern = obs_str_of(path)};

    *storage = (obs_route){.methods = methods, .path = path, .handler = handler};
    return router_add(router, &endpoint, error, 256);
}

static const char *found(const struct router *router, uint32_t method, const char *path,
                         struct route_match *match)
{
    router_find(router, method, obs_str_of(path), match);
    return match->endpoint ? match->endpoint->decl->path : "none";
}

static void prefers_literals_to_parameters_to_the_rest(void **state)
{
    struct router *router = router_create();
    obs_route r[6];
    struct route_match m;
    char error[256];

    (void)state;
    assert_int_equal(add(router, OBS_GET, "/a/{rest...}", &r[0], error), OBS_OK);
    assert_int_equal(add(router, OBS_GET, "/a/{x}", &r[1], error), OBS_OK);
    assert_int_equal(add(router, OBS_GET, "/a/b", &r[2], error), OBS_OK);
    assert_int_equal(add(router, OBS_GET, "/a/{y}/c", &r[3], error), OBS_OK);
    assert_int_equal(add(router, OBS_GET, "/", &r[4], error), OBS_OK);
    assert_string_equal(found(router, OBS_GET, "/a/b", &m), "/a/b");
    assert_string_equal(found(router, OBS_GET, "/a/bc", &m), "/a/{x}");
    assert_true(obs_str_is(m.params[0].name, "x") && obs_str_is(m.params[0].value, "bc"));
    assert_string_equal(found(router, OBS_GET, "/a/b/c", &m), "/a/{y}/c");
    assert_true(obs_str_is(m.params[0].name, "y") && obs_str_is(m.params[0].value, "b"));
    assert_string_equal(found(router, OBS_GET, "/a/b/d", &m), "/a/{rest...}");
    assert_true(obs_str_is(m.params[0].value, "b/d"));
    assert_int_equal(m.n_params, 1);
    assert_string_equal(found(router, OBS_GET, "/a/", &m), "none");
    assert_string_equal(found(router, OBS_GET, "/a", &m), "none");
    assert_string_equal(found(router, OBS_GET, "/", &m), "/");
    assert_int_equal(m.n_params, 0);
    router_destroy(router);
}

static void goes_on_to_a_less_specific_route_that_has_the_method(void **state)
{
    struct router *router = router_create();
    obs_route r[2];
    struct route_match m;
    char error[256];

    (void)state;
    assert_int_equal(add(router, OBS_POST, "/a/b", &r[0], error), OBS_OK);
    assert_int_equal(add(router, OBS_GET, "/a/{x}", &r[1], error), OBS_OK);
    assert_string_equal(found(router, OBS_POST, "/a/b", &m), "/a/b");
    assert_string_equal(found(router, OBS_HEAD, "/a/b", &m), "/a/{x}");
    assert_string_equal(found(router, OBS_DELETE, "/a/b", &m), "none");
    assert_int_equal(m.allowed, OBS_POST | OBS_GET | OBS_HEAD);
    router_destroy(router);
}

static void refuses_routes_that_collide_or_make_no_sense(void **state)
{
    static const char *const bad[] = {"",       "a",         "/a{b}",    "/{b}c", "/{}",
                                      "/{a b}", "/{a...}/b", "/{a}/{a}", "/a?b",  "/a*",
                                      "/{...}", "/a b",      "/{a",      "/%41",  "/a}"};
    struct router *router = router_create();
    obs_route r[3];
    char error[256];

    (void)state;
    assert_int_equal(add(router, OBS_GET | OBS_POST, "/a/{x}", &r[0], error), OBS_OK);
    assert_int_equal(add(router, OBS_POST, "/a/{y}", &r[1], error), OBS_E_CONFLICT);
    assert_string_equal(error, "conflicts with /a/{x} of plugin test");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int rc = add(router, OBS_GET, bad[i], &r[2], error);

        if (rc != OBS_E_INVALID)
            print_error("pattern %s\n", bad[i]);
        assert_int_equal(rc, OBS_E_INVALID);
    }
    assert_int_equal(add(router, 0, "/b", &r[2], error), OBS_E_INVALID);
    router_destroy(router);
}

/* --- property ------------------------------------------------------------- */

enum { ROUTES = 40, SEGMENTS = 4 };

static uint64_t seed = 1;

static unsigned draw(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static void random_path(char *out, bool pattern)
{
    static const char *const words[] = {"a", "ab", "abc", "b", "ba", "x"};
    unsigned n = draw(SEGMENTS) + 1;

    *out = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned kind = pattern ? draw(5) : 0;

        if (kind == 3)
            sprintf(out + strlen(out), "/{p%u}", i);
        else if (kind == 4 && i == n - 1)
            sprintf(out + strlen(out), "/{p%u...}", i);
        else
            sprintf(out + strlen(out), "/%s", words[draw(6)]);
    }
    if (!pattern && draw(10) == 0)
        strcat(out, "/");
}

/* Compares pattern with path; `rank` gets one digit a segment: 0 literal, 1
 * parameter, 2 rest. Smaller is more specific. */
static bool naive_match(const char *pattern, const char *path, char *rank)
{
    while (*pattern == '/' && *path == '/') {
        size_t n, m;

        pattern++;
        path++;
        n = strcspn(pattern, "/");
        m = strcspn(path, "/");
        if (n > 4 && pattern[0] == '{' && pattern[n - 2] == '.') {
            *rank++ = '2';
            *rank = 0;
            return *path != 0;
        }
        if (pattern[0] == '{') {
            if (m == 0)
                return false;
            *rank++ = '1';
        } else {
            if (n != m || memcmp(pattern, path, n) != 0)
                return false;
            *rank++ = '0';
        }
        pattern += n;
        path += m;
    }
    *rank = 0;
    return *pattern == 0 && *path == 0;
}

static void finds_what_a_naive_matcher_finds(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        struct router *router = router_create();
        obs_route routes[ROUTES];
        char patterns[ROUTES][64];
        size_t n = 0;
        char error[256];

        for (int i = 0; i < ROUTES; i++) {
            random_path(patterns[n], true);
            if (add(router, 1u << draw(3), patterns[n], &routes[n], error) == OBS_OK)
                n++;
        }
        for (int i = 0; i < 200; i++) {
            char path[64], best[16] = "9", rank[16];
            uint32_t method = 1u << draw(3), allowed = 0;
            const char *want = "none";
            struct route_match m;

            random_path(path, false);
            for (size_t k = 0; k < n; k++) {
                uint32_t methods = routes[k].methods;

                if (!naive_match(patterns[k], path, rank))
                    continue;
                methods |= methods & OBS_GET ? OBS_HEAD : 0;
                allowed |= methods;
                if (!(methods & method) || strcmp(rank, best) > 0)
                    continue;
                /* at one place a HEAD of its own wins over that of GET */
                if (strcmp(rank, best) == 0 && !(routes[k].methods & method))
                    continue;
                strcpy(best, rank);
                want = patterns[k];
            }
            if (strcmp(found(router, method, path, &m), want) != 0)
                print_error("round %d: %u %s\n", round, method, path);
            assert_string_equal(found(router, method, path, &m), want);
            if (!m.endpoint)
                assert_int_equal(m.allowed, allowed);
        }
        router_destroy(router);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefers_literals_to_parameters_to_the_rest),
        cmocka_unit_test(goes_on_to_a_less_specific_route_that_has_the_method),
        cmocka_unit_test(refuses_routes_that_collide_or_make_no_sense),
        cmocka_unit_test(finds_what_a_naive_matcher_finds),
    };
    return cmocka_run_group_tests_name("router", tests, NULL, NULL);
}
