/* SPDX-License-Identifier: Apache-2.0 */
/* Who provides what, and the order that follows. */
#include "plugin/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define MAX 8

/* Instances without the rest of a host. */
struct scene {
    obs_plugin plugins[MAX];
    obs_need needs[MAX][4];
    const char *provides[MAX][4];
    obs_instance *providers[MAX][4];
    obs_instance instances[MAX];
    obs_instance *list[MAX];
    size_t n;
    char complaints[2048];
};

/* Adds an instance; `needs` and `provides` are words separated by spaces, an
 * optional need ends with '?'. */
static void add(struct scene *scene, const char *name, const char *needs, const char *provides)
{
    static char words[64][64]; /* of all scenes of this process; used round robin */
    static size_t n_words;
    size_t i = scene->n++;
    obs_plugin *plugin = &scene->plugins[i];
    char copy[256];
    char *save = NULL;

    *plugin = (obs_plugin){OBS_PLUGIN_HEADER, .name = name};
    plugin->needs = scene->needs[i];
    plugin->provides = scene->provides[i];
    snprintf(copy, sizeof(copy), "%s", needs);
    for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        char *word = words[n_words++ % 64];
        size_t len = strlen(w);
        uint32_t flags = w[len - 1] == '?' ? OBS_NEED_OPTIONAL : 0;

        snprintf(word, sizeof(words[0]), "%.*s", (int)(len - (flags ? 1 : 0)), w);
        scene->needs[i][plugin->n_needs++] = (obs_need){word, flags, 0};
    }
    snprintf(copy, sizeof(copy), "%s", provides);
    for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        char *word = words[n_words++ % 64];

        snprintf(word, sizeof(words[0]), "%s", w);
        scene->provides[i][plugin->n_provides++] = word;
    }
    scene->instances[i] =
        (obs_instance){.name = (char *)name, .plugin = plugin, .providers = scene->providers[i]};
    scene->list[i] = &scene->instances[i];
}

static void on_fail(void *user, const obs_instance *instance, const char *sentence)
{
    struct scene *scene = user;
    size_t len = strlen(scene->complaints);

    snprintf(scene->complaints + len, sizeof(scene->complaints) - len, "[%s] %s\n",
             instance ? instance->name : "-", sentence);
}

static size_t settle(struct scene *scene, const struct order_choice *choices, size_t n_choices)
{
    return order_instances(scene->list, scene->n, choices, n_choices, on_fail, scene);
}

static void assert_order(const struct scene *scene, const char *expected)
{
    char order[256] = "";

    for (size_t i = 0; i < scene->n; i++)
        snprintf(order + strlen(order), sizeof(order) - strlen(order), "%s%s", i ? " " : "",
                 scene->list[i]->name);
    assert_string_equal(order, expected);
}

static void without_needs_the_order_is_that_of_the_config(void **state)
{
    struct scene scene = {0};

    (void)state;
    add(&scene, "c", "", "");
    add(&scene, "a", "", "");
    add(&scene, "b", "", "");
    assert_int_equal(settle(&scene, NULL, 0), 0);
    assert_order(&scene, "c a b");
}

static void providers_come_first_and_the_rest_keeps_its_order(void **state)
{
    struct scene scene = {0};

    (void)state;
    add(&scene, "search", "t.store/1", "");
    add(&scene, "hello", "", "");
    add(&scene, "ingest", "t.store/1 t.price/1", "");
    add(&scene, "store", "t.disk/1", "t.store/1");
    add(&scene, "disk", "", "t.disk/1 t.price/1");
    assert_int_equal(settle(&scene, NULL, 0), 0);
    assert_order(&scene, "hello disk store search ingest");
    assert_string_equal(scene.providers[2][0]->name, "store");
    assert_string_equal(scene.providers[2][1]->name, "disk");
}

static void a_missing_provider_is_named_with_its_user_unless_optional(void **state)
{
    struct scene scene = {0};

    (void)state;
    add(&scene, "search", "t.store/1 t.cache/1?", "");
    add(&scene, "ingest", "t.store/1", "");
    assert_int_equal(settle(&scene, NULL, 0), 2);
    assert_non_null(strstr(scene.complaints, "[search] search needs t.store/1, which no plugin"));
    assert_non_null(strstr(scene.complaints, "[ingest] ingest needs t.store/1"));
    assert_null(strstr(scene.complaints, "t.cache/1"));
}

static void an_optional_need_is_bound_when_there_is_one(void **state)
{
    struct scene scene = {0};

    (void)state;
    add(&scene, "search", "t.cache/1? t.none/1?", "");
    add(&scene, "cache", "", "t.cache/1");
    assert_int_equal(settle(&scene, NULL, 0), 0);
    assert_order(&scene, "cache search");
    assert_non_null(scene.providers[0][0]);
    assert_null(scene.providers[0][1]);
}

static void another_major_of_a_service_is_another_service(void **state)
{
    struct scene scene = {0};

    (void)state;
    add(&scene, "search", "t.store/2", "");
    add(&scene, "store", "", "t.store/1");
    assert_int_equal(settle(&scene, NULL, 0), 1);
}

static void two_providers_need_a_choice(void **state)
{
    const struct order_choice choice = {OBS_STR("t.store/1"), OBS_STR("second")};
    struct scene scene = {0};

    (void)state;
    add(&scene, "search", "t.store/1", "");
    add(&scene, "first", "", "t.store/1");
    add(&scene, "second", "", "t.store/1");
    assert_int_equal(settle(&scene, NULL, 0), 1);
    assert_non_null(strstr(scene.complaints, "both first and second provide"));
    assert_non_null(strstr(scene.complaints, "services: {t.store/1: first}"));
    assert_int_equal(settle(&scene, &choice, 1), 0);
    assert_string_equal(scene.providers[0][0]->name, "second");
}

static void a_choice_of_nobody_is_refused(void **state)
{
    const struct order_choice choice = {OBS_STR("t.store/1"), OBS_STR("stroe")};
    struct scene scene = {0};

    (void)state;
    add(&scene, "store", "", "t.store/1");
    assert_int_equal(settle(&scene, &choice, 1), 1);
    assert_non_null(strstr(scene.complaints, "[-] services.t.store/1: \"stroe\""));
}

static void a_circle_is_shown_whole(void **state)
{
    struct scene scene = {0};

    (void)state;
    add(&scene, "outside", "t.a/1", "");
    add(&scene, "a", "t.b/1", "t.a/1");
    add(&scene, "b", "t.c/1", "t.b/1");
    add(&scene, "c", "t.a/1", "t.c/1");
    assert_int_equal(settle(&scene, NULL, 0), 1);
    assert_non_null(strstr(scene.complaints, "in a circle: a needs b needs c needs a\n"));
}

static void a_plugin_that_needs_itself_is_a_circle(void **state)
{
    struct scene scene = {0};

    (void)state;
    add(&scene, "a", "t.a/1", "t.a/1");
    assert_int_equal(settle(&scene, NULL, 0), 1);
    assert_non_null(strstr(scene.complaints, "in a circle: a needs a\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_needs_the_order_is_that_of_the_config),
        cmocka_unit_test(providers_come_first_and_the_rest_keeps_its_order),
        cmocka_unit_test(a_missing_provider_is_named_with_its_user_unless_optional),
        cmocka_unit_test(an_optional_need_is_bound_when_there_is_one),
        cmocka_unit_test(another_major_of_a_service_is_another_service),
        cmocka_unit_test(two_providers_need_a_choice),
        cmocka_unit_test(a_choice_of_nobody_is_refused),
        cmocka_unit_test(a_circle_is_shown_whole),
        cmocka_unit_test(a_plugin_that_needs_itself_is_a_circle),
    };
    return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
