/* SPDX-License-Identifier: Apache-2.0 */
/* Langfuse's ingestion API: what is refused, and how that is told. */
#include "fixture_langfuse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static void assert_refused(const char *event, const char *id, const char *error)
{
    obs_str list = obs_arena_printf(arena,
                                    EVENT("good", "span-create", AT0, "'id':'a'") ",%s," EVENT(
                                        "log", "sdk-log", AT0, "'log':{'x':1}"),
                                    event);
    struct outcome o = events(list.ptr);

    assert_int_equal(o.batch.n_results, 3);
    assert_int_equal(o.batch.n_refused, 1);
    assert_int_equal(o.mapped.n_spans, 1);
    assert_text(o.batch.results[0].id, "good");
    assert_text(o.batch.results[0].error, "");
    assert_text(o.batch.results[1].id, id);
    assert_text(o.batch.results[1].error, error);
    assert_text(o.batch.results[2].id, "log");
    assert_text(o.batch.results[2].error, "");
}

#define TYPES                                                                                      \
    "trace-create, score-create, sdk-log, or one of span, generation, event, agent, tool, chain, " \
    "retriever, evaluator, embedding, guardrail, observation with -create or -update"
#define TIME "a time as in 2026-11-23T07:00:00.123Z, from 1970 on"
#define ID "an id of 1 to 800 characters without carriage return"

static void a_wrong_envelope_is_refused_by_itself(void **state)
{
    (void)state;
    assert_refused("17", "unknown", "batch[1]: expected an object");
    assert_refused("{'type':'span-create','timestamp':" AT0 ",'body':{'id':'s'}}", "unknown",
                   "batch[1].id: expected " ID);
    assert_refused(EVENT("", "span-create", AT0, "'id':'s'"), "unknown",
                   "batch[1].id: expected " ID);
    assert_refused(EVENT("a\\r", "span-create", AT0, "'id':'s'"), "a\r",
                   "batch[1].id: expected " ID);
    assert_refused("{'id':'e','timestamp':" AT0 ",'body':{'id':'s'}}", "e",
                   "batch[1].type: expected " TYPES);
    assert_refused(EVENT("e", "span-delete", AT0, "'id':'s'"), "e",
                   "batch[1].type: expected " TYPES ", found 'span-delete'");
    assert_refused(EVENT("e", "trace-update", AT0, "'id':'s'"), "e",
                   "batch[1].type: expected " TYPES ", found 'trace-update'");
    assert_refused(EVENT("e", "-create", AT0, "'id':'s'"), "e",
                   "batch[1].type: expected " TYPES ", found '-create'");
    assert_refused(EVENT("e", "span-create", "'yesterday'", "'id':'s'"), "e",
                   "batch[1].timestamp: expected " TIME);
    assert_refused(EVENT("e", "span-create", "1795417200", "'id':'s'"), "e",
                   "batch[1].timestamp: expected " TIME);
    assert_refused("{'id':'e','type':'span-create','timestamp':" AT0 ",'body':[]}", "e",
                   "batch[1].body: expected an object");
    assert_refused("{'id':'e','type':'sdk-log','timestamp':" AT0 "}", "e",
                   "batch[1].body: expected an object");
}

static void a_wrong_value_is_refused_with_its_field(void **state)
{
    static const char *const cases[][3] = {
        {"trace", "'timestamp':" AT0, "body.id: expected an id"},
        {"span", "'startTime':" AT0, "body.id: expected an id"},
        {"span", "'id':''", "body.id: expected " ID},
        {"span", "'id':7", "body.id: expected " ID},
        {"span", "'id':'s','name':['n']", "body.name: expected a string"},
        {"span", "'id':'s','startTime':'2026-13-01T00:00:00Z'", "body.startTime: expected " TIME},
        {"span", "'id':'s','startTime':'1969-01-01T00:00:00Z'", "body.startTime: expected " TIME},
        {"span", "'id':'s','startTime':" AT1 ",'endTime':" AT0,
         "body.endTime: expected a time not before startTime"},
        {"span", "'id':'s','level':'FATAL'",
         "body.level: expected DEBUG, DEFAULT, WARNING or ERROR"},
        {"generation", "'id':'s','modelParameters':'none'",
         "body.modelParameters: expected an object"},
        {"generation", "'id':'s','promptVersion':1.5",
         "body.promptVersion: expected whole numbers that are not negative"},
        {"generation", "'id':'s','promptVersion':18446744073709551615",
         "body.promptVersion: expected a whole number below 2^63"},
        {"generation", "'id':'s','usage':[]", "body.usage: expected an object"},
        {"generation", "'id':'s','usage':{'input':-1}",
         "body.usage: expected whole numbers that are not negative"},
        {"generation", "'id':'s','usage':{'inputCost':'1'}",
         "body.usage: expected numbers that are not negative"},
        {"generation", "'id':'s','usage':{'unit':1}", "body.usage: expected the unit as a string"},
        {"generation", "'id':'s','usageDetails':{'input':'1'}",
         "body.usageDetails: expected whole numbers that are not negative"},
        {"generation", "'id':'s','usageDetails':{'a':{'b':{}}}",
         "body.usageDetails: expected whole numbers that are not negative"},
        {"generation", "'id':'s','costDetails':{'input':-0.5}",
         "body.costDetails: expected numbers that are not negative"},
        {"trace", "'id':'s','tags':'a'", "body.tags: expected an array of strings"},
        {"trace", "'id':'s','tags':['a',1]", "body.tags: expected an array of strings"},
        {"trace", "'id':'s','public':'yes'", "body.public: expected true or false"},
        {"observation", "'id':'s'", "body.type: expected the type of the observation"},
        {"observation", "'id':'s','type':'LOOP'",
         "body.type: expected SPAN, GENERATION, EVENT, AGENT, TOOL, CHAIN, RETRIEVER, EVALUATOR, "
         "EMBEDDING or GUARDRAIL"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        obs_str event =
            obs_arena_printf(arena, "{'id':'e','type':'%s-create','timestamp':" AT0 ",'body':{%s}}",
                             cases[i][0], cases[i][1]);

        assert_refused(event.ptr, "e", obs_arena_printf(arena, "batch[1].%s", cases[i][2]).ptr);
    }
}

static void ids_have_a_limit(void **state)
{
    char long_id[900];

    (void)state;
    memset(long_id, 'x', sizeof(long_id));
    for (int len = 800; len <= 801; len++) {
        obs_str event =
            obs_arena_printf(arena, EVENT("e", "span-create", AT0, "'id':'%.*s'"), len, long_id);
        struct outcome o = events(event.ptr);

        assert_int_equal(o.batch.n_refused, len == 801);
    }
}

static void assert_fails(const char *json, int code, const char *text)
{
    struct langfuse_batch batch = {.arena = arena, .max_events = 2};
    struct decode_error error;

    assert_int_equal(langfuse_decode(quoted(json), &batch, &error), code);
    assert_string_equal(error.text, text);
}

static void a_body_that_is_no_batch_is_refused(void **state)
{
    static const char none[] = "expected an object with the events as array \"batch\"";
    char deep[300] = "{'batch':[{'body':";

    (void)state;
    assert_fails("", OBS_E_SYNTAX, "line 1, column 1: expected an object, found the end");
    assert_fails("[]", OBS_E_SYNTAX, "line 1, column 1: expected an object, found '['");
    assert_fails("{}", OBS_E_INVALID, none);
    assert_fails("{'batch':{}}", OBS_E_INVALID, none);
    assert_fails("{'batch':null}", OBS_E_INVALID, none);
    assert_fails("{'batch':[]", OBS_E_SYNTAX,
                 "line 1, column 12: expected ',' or '}', found the end");
    assert_fails("{'batch':[]}x", OBS_E_SYNTAX,
                 "line 1, column 13: expected the end of the text, found 'x'");
    assert_fails("{'batch':[{'body':{'\xe4':1}}]}", OBS_E_SYNTAX,
                 "line 1, column 23: expected UTF-8, found ':'");
    assert_fails("{'batch':[1,2,3]}", OBS_E_TOO_LARGE,
                 "the batch has more events than ingest.max_spans allows");
    memset(deep + strlen(deep), '[', 150);
    assert_fails(deep, OBS_E_SYNTAX, "line 1, column 144: expected less nesting, found '['");
}

static void an_empty_batch_is_fine(void **state)
{
    struct outcome o = outcome_of(" { 'metadata' : 'x' , 'batch' : [ ] } ");

    (void)state;
    assert_int_equal(o.batch.n_results, 0);
    assert_int_equal(o.mapped.n_spans, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, langfuse_setup, langfuse_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_wrong_envelope_is_refused_by_itself),
        TEST(a_wrong_value_is_refused_with_its_field),
        TEST(ids_have_a_limit),
        TEST(a_body_that_is_no_batch_is_refused),
        TEST(an_empty_batch_is_fine),
    };

    return cmocka_run_group_tests(tests, langfuse_setup_group, langfuse_teardown_group);
}
