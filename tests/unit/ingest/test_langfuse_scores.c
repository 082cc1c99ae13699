/* SPDX-License-Identifier: Apache-2.0 */
/* Langfuse's ingestion API: scores become feedback. */
#include "fixture_langfuse.h"
#include "ids.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static void a_score_has_all_its_fields(void **state)
{
    struct outcome o = events(
        EVENT("e", "score-create", AT1,
              "'id':'s1','traceId':'t','observationId':'o','name':'helpful','value':0.75,"
              "'dataType':'NUMERIC','comment':'good','metadata':{'rater':'ann'},'source':'API',"
              "'configId':'c','environment':'prod'"));
    const obs_feedback *f = o.mapped.feedback;
    uint8_t trace_id[16], span_id[8];

    (void)state;
    langfuse_trace_id(obs_str_of("t"), trace_id);
    langfuse_span_id(obs_str_of("o"), span_id);
    assert_int_equal(o.mapped.n_spans, 0);
    assert_int_equal(o.mapped.n_feedback, 1);
    assert_text(f->id, "s1");
    assert_text(f->project_id, "p");
    assert_memory_equal(f->trace_id, trace_id, 16);
    assert_memory_equal(f->span_id, span_id, 8);
    assert_text(f->session_id, "");
    assert_text(f->name, "helpful");
    assert_true(f->value == 0.75);
    assert_text(f->label, "");
    assert_text(f->comment, "good");
    assert_text(f->source, "langfuse");
    assert_text(f->metadata, "{'langfuse.score.source':'API','langfuse.score.config.id':'c',"
                             "'langfuse.environment':'prod','rater':'ann'}");
    assert_int_equal(f->ts_ns, T0 + SECOND);
    assert_int_equal(f->resolved, OBS_FEEDBACK_UNSAID);
}

static void a_value_is_a_number_or_a_label(void **state)
{
    static const struct {
        const char *fields, *label;
        double value;
    } cases[] = {
        {"'value':3", "", 3},
        {"'value':-0.5,'dataType':'NUMERIC'", "", -0.5},
        {"'value':'good'", "good", (double)NAN},
        {"'value':'good','dataType':'CATEGORICAL'", "good", (double)NAN},
        {"'value':'a long text','dataType':'TEXT'", "a long text", (double)NAN},
        {"'value':1,'dataType':'BOOLEAN'", "True", 1},
        {"'value':0,'dataType':'BOOLEAN'", "False", 0},
        {"'value':true,'dataType':'BOOLEAN'", "True", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        obs_str event = obs_arena_printf(
            arena, EVENT("e", "score-create", AT1, "'traceId':'t','name':'n',%s"), cases[i].fields);
        struct outcome o = events(event.ptr);

        assert_int_equal(o.mapped.n_feedback, 1);
        assert_text(o.mapped.feedback->label, cases[i].label);
        assert_true(isnan(cases[i].value) ? isnan(o.mapped.feedback->value)
                                          : o.mapped.feedback->value == cases[i].value);
    }
}

static void a_score_may_be_of_a_session(void **state)
{
    static const uint8_t none[16];
    struct outcome o = events(EVENT("e", "score-create", AT1,
                                    "'sessionId':'s','traceId':null,'name':'n','value':1,"
                                    "'metadata':['x']"));
    const obs_feedback *f = o.mapped.feedback;

    (void)state;
    assert_text(f->session_id, "s");
    assert_memory_equal(f->trace_id, none, 16);
    assert_text(f->metadata, "{'metadata':['x']}");
}

/* The same event makes the same id, others do not. */
static void a_score_without_an_id_gets_one(void **state)
{
    static const char body[] = "'traceId':'t','name':'n','value':1,'metadata':{}";
    struct outcome o = events(
        obs_arena_printf(
            arena, EVENT("a", "score-create", AT1, "%s") "," EVENT("b", "score-create", AT1, "%s"),
            body, body)
            .ptr);
    struct outcome again =
        events(obs_arena_printf(arena, EVENT("a", "score-create", AT1, "%s"), body).ptr);

    (void)state;
    assert_int_equal(o.mapped.n_feedback, 2);
    assert_true(o.mapped.feedback[0].id.len > 0);
    assert_false(obs_str_eq(o.mapped.feedback[0].id, o.mapped.feedback[1].id));
    assert_true(obs_str_eq(o.mapped.feedback[0].id, again.mapped.feedback[0].id));
    assert_text(o.mapped.feedback[0].metadata, "");
}

static void scores_and_spans_come_together(void **state)
{
    struct outcome o = events(
        EVENT("1", "score-create", AT2, "'id':'s','traceId':'t','name':'n','value':1") "," EVENT(
            "2", "trace-create", AT1,
            "'id':'t'") "," EVENT("3", "score-create", AT2,
                                  "'id':'s','traceId':'t','name':'n','value':2"));

    (void)state;
    assert_int_equal(o.mapped.n_spans, 1);
    assert_int_equal(o.mapped.n_feedback, 2); /* the store takes the later of one id */
    assert_true(o.mapped.feedback[1].value == 2);
}

static void what_is_no_score_is_refused(void **state)
{
    static const char target[] =
        "body: expected traceId, with or without observationId, or sessionId alone";
    static const char *const cases[][2] = {
        {"'traceId':'t','value':1", "body.name: expected a name"},
        {"'traceId':'t','name':'','value':1", "body.name: expected a name"},
        {"'name':'n','value':1", target},
        {"'traceId':'t','sessionId':'s','name':'n','value':1", target},
        {"'sessionId':'s','observationId':'o','name':'n','value':1", target},
        {"'datasetRunId':'d','name':'n','value':1", target},
        {"'traceId':'t','name':'n'", "body.value: expected a number or a string"},
        {"'traceId':'t','name':'n','value':''", "body.value: expected a number or a string"},
        {"'traceId':'t','name':'n','value':{}", "body.value: expected a number or a string"},
        {"'traceId':'t','name':'n','value':'1','dataType':'NUMERIC'",
         "body.value: expected a number"},
        {"'traceId':'t','name':'n','value':2,'dataType':'BOOLEAN'", "body.value: expected 0 or 1"},
        {"'traceId':'t','name':'n','value':1,'dataType':'CATEGORICAL'",
         "body.value: expected a string"},
        {"'traceId':'t','name':'n','value':1,'dataType':'STARS'",
         "body.dataType: expected NUMERIC, BOOLEAN, CATEGORICAL or TEXT"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct outcome o =
            events(obs_arena_printf(arena, EVENT("e", "score-create", AT1, "%s"), cases[i][0]).ptr);

        assert_int_equal(o.mapped.n_feedback, 0);
        assert_int_equal(o.batch.n_refused, 1);
        assert_text(o.batch.results[0].error,
                    obs_arena_printf(arena, "batch[0].%s", cases[i][1]).ptr);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, langfuse_setup, langfuse_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_score_has_all_its_fields),     TEST(a_value_is_a_number_or_a_label),
        TEST(a_score_may_be_of_a_session),    TEST(a_score_without_an_id_gets_one),
        TEST(scores_and_spans_come_together), TEST(what_is_no_score_is_refused),
    };

    return cmocka_run_group_tests(tests, langfuse_setup_group, langfuse_teardown_group);
}
