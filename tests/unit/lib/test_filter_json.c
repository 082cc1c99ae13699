/* SPDX-License-Identifier: Apache-2.0 */
/* Filters in JSON: which tree they become, and what is said of those that are none. */
#include "filter_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#define NOW (INT64_C(1795417200) * 1000000000)

static obs_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = obs_arena_create(0);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    obs_arena_destroy(arena);
    return 0;
}

/* "old.model" is read into the field `model`, "old.tokens" into `prompt_tokens`. */
static int alias(obs_str key)
{
    return obs_str_is(key, "old.model")    ? OBS_FIELD_MODEL
           : obs_str_is(key, "old.tokens") ? OBS_FIELD_PROMPT_TOKENS
                                           : -1;
}

static int read(const char *text, struct filter_reader *reader, const obs_filter **ret)
{
    const obs_json *json;

    *reader = (struct filter_reader){
        .arena = arena, .now_ns = NOW, .depth = 4, .nodes = 8, .values = 3, .alias = alias};
    assert_int_equal(obs_json_parse(arena, obs_str_of(text), &json, NULL), OBS_OK);
    return filter_json_read(reader, "filter", json, ret);
}

static const obs_filter *tree(const char *text)
{
    struct filter_reader reader;
    const obs_filter *filter = NULL;

    if (read(text, &reader, &filter) < 0)
        fail_msg("%s: %.*s", text, OBS_STR_ARG(reader.wrong_text));
    return filter;
}

static void is_leaf(const obs_filter *leaf, uint32_t field, uint32_t op)
{
    assert_int_equal(leaf->kind, OBS_FILTER_LEAF);
    assert_int_equal(leaf->field, field);
    assert_int_equal(leaf->op, op);
}

static void is_text(const obs_filter *leaf, size_t i, const char *text)
{
    assert_true(i < leaf->n_values);
    assert_true(obs_str_is(leaf->values[i].s, text));
}

/* --- what they become ----------------------------------------------------------------- */

static void branches_keep_their_order(void **state)
{
    const obs_filter *top =
        tree("{\"operator\":\"AND\",\"filters\":["
             "{\"field\":\"model\",\"operator\":\"eq\",\"value\":\"a\"},"
             "{\"operator\":\"not\",\"filters\":["
             "{\"field\":\"provider\",\"operator\":\"IN\",\"value\":[\"x\",\"y\"]}]}]}");

    (void)state;
    assert_int_equal(top->kind, OBS_FILTER_AND);
    assert_int_equal(top->n_children, 2);
    is_leaf(top->children[0], OBS_FIELD_MODEL, OBS_OP_EQ);
    is_text(top->children[0], 0, "a");
    assert_int_equal(top->children[1]->kind, OBS_FILTER_NOT);
    is_leaf(top->children[1]->children[0], OBS_FIELD_PROVIDER, OBS_OP_IN);
    is_text(top->children[1]->children[0], 1, "y");
}

static void values_have_the_unit_of_their_field(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } cases[] = {
        {"{\"field\":\"total_cost_usd\",\"operator\":\"gt\",\"value\":0.0125}", 12500000},
        {"{\"field\":\"duration_ms\",\"operator\":\"gte\",\"value\":1.5}", 1500000},
        {"{\"field\":\"prompt_tokens\",\"operator\":\"lt\",\"value\":7}", 7},
        {"{\"field\":\"ts\",\"operator\":\"gte\",\"value\":\"now-1h\"}",
         NOW - INT64_C(3600000000000)},
        {"{\"field\":\"status_code\",\"operator\":\"eq\",\"value\":\"ERROR\"}", OBS_STATUS_ERROR},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(tree(cases[i].text)->values[0].i, cases[i].value);
}

static void an_attribute_is_compared_as_the_kind_of_its_value(void **state)
{
    const obs_filter *real = tree("{\"field\":\"attributes.x\",\"operator\":\"gt\",\"value\":1.5}");
    const obs_filter *text =
        tree("{\"field\":\"resource_attributes.host.name\",\"operator\":\"eq\",\"value\":\"a\"}");

    (void)state;
    is_leaf(real, OBS_FIELD_ATTRIBUTES, OBS_OP_GT);
    assert_int_equal(real->value_kind, OBS_KIND_REAL);
    assert_true(obs_str_is(real->key, "x"));
    assert_int_equal(text->field, OBS_FIELD_RESOURCE_ATTRIBUTES);
    assert_int_equal(text->value_kind, OBS_KIND_TEXT);
    assert_true(obs_str_is(text->key, "host.name"));
}

static void tags_are_asked_one_by_one(void **state)
{
    const obs_filter *has = tree("{\"field\":\"tags\",\"operator\":\"contains\",\"value\":\"a\"}");
    const obs_filter *any =
        tree("{\"field\":\"tags\",\"operator\":\"in\",\"value\":[\"a\",\"b\"]}");

    (void)state;
    is_leaf(has, OBS_FIELD_TAGS, OBS_OP_HAS);
    assert_int_equal(any->kind, OBS_FILTER_OR);
    assert_int_equal(any->n_children, 2);
    is_leaf(any->children[1], OBS_FIELD_TAGS, OBS_OP_HAS);
    is_text(any->children[1], 0, "b");
}

static void absence_is_the_negation_of_presence(void **state)
{
    const obs_filter *absent =
        tree("{\"field\":\"user_id\",\"operator\":\"exists\",\"value\":false}");

    (void)state;
    is_leaf(tree("{\"field\":\"user_id\",\"operator\":\"exists\"}"), OBS_FIELD_USER_ID,
            OBS_OP_EXISTS);
    assert_int_equal(absent->kind, OBS_FILTER_NOT);
    is_leaf(absent->children[0], OBS_FIELD_USER_ID, OBS_OP_EXISTS);
}

static void an_old_name_means_the_field_or_the_attribute(void **state)
{
    const obs_filter *either =
        tree("{\"field\":\"attributes.old.model\",\"operator\":\"eq\",\"value\":\"a\"}");
    const obs_filter *neither =
        tree("{\"field\":\"attributes.old.model\",\"operator\":\"ne\",\"value\":\"a\"}");
    const obs_filter *number =
        tree("{\"field\":\"attributes.old.tokens\",\"operator\":\"gte\",\"value\":5}");

    (void)state;
    assert_int_equal(either->kind, OBS_FILTER_OR);
    assert_int_equal(either->n_children, 2);
    is_leaf(either->children[0], OBS_FIELD_MODEL, OBS_OP_EQ);
    is_leaf(either->children[1], OBS_FIELD_ATTRIBUTES, OBS_OP_EQ);
    assert_int_equal(neither->n_children, 1);
    is_leaf(neither->children[0], OBS_FIELD_MODEL, OBS_OP_NE);
    assert_int_equal(number->children[0]->values[0].i, 5);
    assert_true(number->children[1]->values[0].d == 5.0);
}

static void a_value_that_the_field_cannot_have_leaves_the_attribute(void **state)
{
    (void)state;
    is_leaf(tree("{\"field\":\"attributes.old.tokens\",\"operator\":\"eq\",\"value\":\"many\"}"),
            OBS_FIELD_ATTRIBUTES, OBS_OP_EQ);
}

/* --- what is refused ------------------------------------------------------------------ */

static void complaints_name_the_place(void **state)
{
    static const struct {
        const char *text;
        int error;
        const char *field, *sentence;
    } cases[] = {
        {"[]", OBS_E_INVALID, "filter", "expected an object"},
        {"{\"operator\":\"AND\"}", OBS_E_INVALID, "filter.filters", "expected a list of filters"},
        {"{\"operator\":\"NOT\",\"filters\":[]}", OBS_E_INVALID, "filter.filters",
         "NOT has exactly one filter"},
        {"{\"operator\":\"OR\",\"filters\":[{\"operator\":\"eq\"}]}", OBS_E_MISSING,
         "filter.filters[0].field", "a field is required"},
        {"{\"field\":\"modle\",\"operator\":\"eq\",\"value\":1}", OBS_E_UNKNOWN, "filter.field",
         "did you mean \"model\"?"},
        {"{\"field\":\"model\",\"operator\":\"is\",\"value\":\"a\"}", OBS_E_INVALID,
         "filter.operator", "expected one of eq, ne, "},
        {"{\"field\":\"prompt_tokens\",\"operator\":\"regex\",\"value\":\"1\"}", OBS_E_INVALID,
         "filter.operator", "expected one of eq, ne, gt, gte, lt, lte, in, not_in, exists"},
        {"{\"field\":\"model\",\"operator\":\"eq\"}", OBS_E_MISSING, "filter.value",
         "a value is required"},
        {"{\"field\":\"model\",\"operator\":\"eq\",\"value\":1}", OBS_E_INVALID, "filter.value",
         "expected a text for model"},
        {"{\"field\":\"model\",\"operator\":\"eq\",\"value\":\"a\\u0000b\"}", OBS_E_INVALID,
         "filter.value", "without zero bytes"},
        {"{\"field\":\"prompt_tokens\",\"operator\":\"eq\",\"value\":1.5}", OBS_E_INVALID,
         "filter.value", "expected a whole number"},
        {"{\"field\":\"total_cost_usd\",\"operator\":\"gt\",\"value\":1e40}", OBS_E_INVALID,
         "filter.value", "expected a number"},
        {"{\"field\":\"trace_id\",\"operator\":\"eq\",\"value\":\"12\"}", OBS_E_INVALID,
         "filter.value", "32 hexadecimal digits"},
        {"{\"field\":\"ts\",\"operator\":\"gt\",\"value\":\"yesterday\"}", OBS_E_INVALID,
         "filter.value", "expected a time"},
        {"{\"field\":\"status_code\",\"operator\":\"eq\",\"value\":\"fine\"}", OBS_E_INVALID,
         "filter.value", "\"OK\", \"ERROR\" or \"UNSET\""},
        {"{\"field\":\"model\",\"operator\":\"in\",\"value\":\"a\"}", OBS_E_INVALID, "filter.value",
         "expected a list"},
        {"{\"field\":\"model\",\"operator\":\"in\",\"value\":[\"1\",\"2\",\"3\",\"4\"]}",
         OBS_E_COMPLEX, "filter.value", "more than 3 values"},
        {"{\"field\":\"model\",\"operator\":\"regex\",\"value\":\"a(b\"}", OBS_E_INVALID,
         "filter.value", "at character 4: a group is not closed"},
        {"{\"field\":\"attributes.x\",\"operator\":\"contains\",\"value\":1}", OBS_E_INVALID,
         "filter.value", "expected a text"},
        {"{\"field\":\"model\",\"operator\":\"eq\",\"value\":\"a\",\"vlaue\":1}", OBS_E_UNKNOWN,
         "filter", "unknown member \"vlaue\""},
    };
    struct filter_reader reader;
    const obs_filter *filter;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[700];
        int rc = read(cases[i].text, &reader, &filter);
        snprintf(text, sizeof(text), "%.*s", OBS_STR_ARG(reader.wrong_text));
        if (rc != cases[i].error || !obs_str_is(reader.wrong_field, cases[i].field) ||
            !strstr(text, cases[i].sentence))
            fail_msg("%s: %d at %.*s: %s", cases[i].text, rc, OBS_STR_ARG(reader.wrong_field),
                     text);
    }
}

static void depth_and_number_have_limits(void **state)
{
    static const char deep[] =
        "{\"operator\":\"NOT\",\"filters\":[{\"operator\":\"NOT\",\"filters\":[{\"operator\":"
        "\"NOT\",\"filters\":[{\"operator\":\"NOT\",\"filters\":[{\"field\":\"model\","
        "\"operator\":\"exists\"}]}]}]}]}";
    char wide[1024] = "{\"operator\":\"OR\",\"filters\":[";
    struct filter_reader reader;
    const obs_filter *filter;

    (void)state;
    assert_int_equal(read(deep, &reader, &filter), OBS_E_COMPLEX);
    assert_true(
        obs_str_is(reader.wrong_field, "filter.filters[0].filters[0].filters[0].filters[0]"));
    for (int i = 0; i < 8; i++) {
        size_t len = strlen(wide);
        snprintf(wide + len, sizeof(wide) - len, "%s{\"field\":\"model\",\"operator\":\"exists\"}",
                 i ? "," : "");
    }
    snprintf(wide + strlen(wide), sizeof(wide) - strlen(wide), "]}");
    assert_int_equal(read(wide, &reader, &filter), OBS_E_COMPLEX);
    assert_true(obs_str_is(reader.wrong_field, "filter.filters"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(branches_keep_their_order),
        cmocka_unit_test(values_have_the_unit_of_their_field),
        cmocka_unit_test(an_attribute_is_compared_as_the_kind_of_its_value),
        cmocka_unit_test(tags_are_asked_one_by_one),
        cmocka_unit_test(absence_is_the_negation_of_presence),
        cmocka_unit_test(an_old_name_means_the_field_or_the_attribute),
        cmocka_unit_test(a_value_that_the_field_cannot_have_leaves_the_attribute),
        cmocka_unit_test(complaints_name_the_place),
        cmocka_unit_test(depth_and_number_have_limits),
    };

    return cmocka_run_group_tests_name("filter_json", tests, setup, teardown);
}
