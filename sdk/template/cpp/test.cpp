// SPDX-License-Identifier: Apache-2.0
// Runs the plugin in the SDK's test host: the real parser, router and answers,
// and no network. PLUGIN is the path of the built file.
#include <observatory/test.h>

#include <cstdio>
#include <cstdlib>

static int n_failures;

static void check(bool is_true, const char *what)
{
    printf("%s %s\n", is_true ? "ok" : "not ok", what);
    n_failures += !is_true;
}

static bool answers_with(obs_test *t, const char *body)
{
    obs_test_response *r = obs_test_get(t, "/@NAME@");

    return obs_test_status(r) == 200 && obs_str_is(obs_test_body(r), body);
}

int main()
{
    obs_test *t = obs_test_new();

    obs_test_plugin(t, "@NAME@", getenv("PLUGIN"));
    obs_test_set(t, "plugins.@NAME@.greeting=Hi");
    if (obs_test_start(t) < 0) {
        printf("not ok start: %s\n", obs_test_error(t));
        return EXIT_FAILURE;
    }
    check(answers_with(t, "{\"message\":\"Hi\",\"asked\":1}"), "it greets");
    check(answers_with(t, "{\"message\":\"Hi\",\"asked\":2}"), "it counts");
    obs_test_set(t, "plugins.@NAME@.greeting=Servus");
    check(obs_test_reload(t) == OBS_OK, "it can be swapped");
    check(answers_with(t, "{\"message\":\"Servus\",\"asked\":3}"), "the count survives that");
    check(obs_test_free(t) == OBS_OK, "it leaves nothing behind");
    return n_failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
