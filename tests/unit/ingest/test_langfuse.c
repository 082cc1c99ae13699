/* SPDX-License-Identifier: Apache-2.0 */
/* Langfuse's ingestion API: ids, every type of event, every field, and what several
 * events make of one span. */
#include "fixture_langfuse.h"
#include "ids.h"

#include <observatory/json.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* The span of the observation `id`. */
static const obs_span *span_of(const struct outcome *o, const char *id)
{
    uint8_t span_id[8];

    langfuse_span_id(obs_str_of(id), span_id);
    for (size_t i = 0; i < o->mapped.n_spans; i++)
        if (memcmp(o->mapped.spans[i].span_id, span_id, sizeof(span_id)) == 0)
            return &o->mapped.spans[i];
    fail_msg("no span of %s", id);
    return NULL;
}

/* The root span of the trace `id`. */
static const obs_span *root_of(const struct outcome *o, const char *id)
{
    uint8_t trace_id[16], span_id[8];

    langfuse_trace_id(obs_str_of(id), trace_id);
    langfuse_root_id(trace_id, span_id);
    for (size_t i = 0; i < o->mapped.n_spans; i++)
        if (memcmp(o->mapped.spans[i].span_id, span_id, sizeof(span_id)) == 0)
            return &o->mapped.spans[i];
    fail_msg("no root of %s", id);
    return NULL;
}

static const obs_json *attribute(const obs_span *span, const char *name)
{
    const obs_json *attributes;

    assert_int_equal(obs_json_parse(arena, span->attributes, &attributes, NULL), OBS_OK);
    return obs_json_get(attributes, name);
}

static void assert_attribute(const obs_span *span, const char *name, const char *want)
{
    const obs_json *value = attribute(span, name);

    if (!value)
        fail_msg("no attribute %s in %.*s", name, OBS_STR_ARG(span->attributes));
    assert_text(obs_json_str(value), want);
}

/* --- ids -------------------------------------------------------------------- */

static void assert_hex(const uint8_t *bytes, size_t n, const char *want)
{
    char got[33];

    for (size_t i = 0; i < n; i++)
        snprintf(got + 2 * i, 3, "%02x", bytes[i]);
    assert_string_equal(got, want);
}

static void digits_are_the_id_and_other_texts_are_hashed(void **state)
{
    uint8_t trace[16], span[8];

    (void)state;
    langfuse_trace_id(obs_str_of("5B8EFFF798038103D269B633813FC60C"), trace);
    assert_hex(trace, 16, "5b8efff798038103d269b633813fc60c");
    langfuse_trace_id(obs_str_of("5b8efff7-9803-8103-d269-b633813fc60c"), trace);
    assert_hex(trace, 16, "5b8efff798038103d269b633813fc60c");
    langfuse_span_id(obs_str_of("EEE19B7EC3C1B174"), span);
    assert_hex(span, 8, "eee19b7ec3c1b174");
    langfuse_trace_id(obs_str_of("foobar"), trace);
    assert_hex(trace, 16, "c3ab8ff13720e8ad9047dd39466b3c89");
    langfuse_span_id(obs_str_of("foobar"), span);
    assert_hex(span, 8, "c3ab8ff13720e8ad");
    memset(trace, 0xab, sizeof(trace));
    langfuse_root_id(trace, span);
    assert_hex(span, 8, "5a2cfe8ab9359185");
}

static void what_is_no_id_is_hashed_too(void **state)
{
    static const char *const texts[] = {
        "00000000000000000000000000000000", "5b8efff798038103d269b633813fc60",
        "5b8efff798038103d269b633813fc60c1", "5b8efff798038103d269b633813fc60g", "-"};
    uint8_t trace[16], span[8];

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        static const uint8_t none[16];

        langfuse_trace_id(obs_str_of(texts[i]), trace);
        assert_memory_not_equal(trace, none, 16);
        assert_int_not_equal(trace[0], 0x5b);
    }
    langfuse_span_id(obs_str_of("0000000000000000"), span);
    assert_hex(span, 8, "fcdb4b423f4e5283");
    langfuse_span_id(obs_str_of("eee19b7e-c3c1-b174"), span); /* dashes are of traces */
    assert_int_not_equal(span[0], 0xee);
}

/* --- fields ----------------------------------------------------------------- */

static void a_trace_becomes_a_root_span(void **state)
{
    struct outcome o = events(
        EVENT("e", "trace-create", AT1,
              "'id':'t','timestamp':" AT0 ",'name':'checkout','userId':'u','sessionId':'s',"
              "'environment':'prod','release':'r','version':'v','tags':['a', 'b'],'public':true,"
              "'externalId':'x','metadata':{'k':'v','n':{'d':[1]}},'input':{'q':1},'output':'out',"
              "'unknown':[{}]"));
    const obs_span *s = root_of(&o, "t");

    (void)state;
    assert_int_equal(o.mapped.n_spans, 1);
    assert_int_equal(s->start_ns, T0);
    assert_int_equal(s->end_ns, T0);
    assert_int_equal(s->parent_span_id[0] | s->parent_span_id[7], 0);
    assert_int_equal(s->flags, OBS_SPAN_SAMPLED | OBS_SPAN_UPDATE);
    assert_text(s->project_id, "p");
    assert_text(s->operation_type, "internal");
    assert_text(s->span_name, "checkout");
    assert_text(s->user_id, "u");
    assert_text(s->session_id, "s");
    assert_text(s->environment, "prod");
    assert_text(s->release, "r");
    assert_text(s->tags, "['a','b']");
    assert_text(s->input_text, "{'q':1}");
    assert_text(s->output_text, "out");
    assert_attribute(s, "langfuse.trace.id", "t");
    assert_attribute(s, "langfuse.trace.name", "checkout");
    assert_attribute(s, "langfuse.trace.external_id", "x");
    assert_attribute(s, "langfuse.trace.metadata.k", "v");
    assert_int_equal(obs_json_count(attribute(s, "langfuse.trace.metadata.n")), 1);
    assert_attribute(s, "langfuse.version", "v");
    assert_int_equal(obs_json_bool(attribute(s, "langfuse.trace.public")), 1);
}

static void a_generation_has_all_its_fields(void **state)
{
    struct outcome o = events(
        EVENT("e", "generation-create", AT0,
              "'id':'g','traceId':'t','parentObservationId':'p','name':'llm','startTime':" AT0 ","
              "'endTime':" AT2 ",'completionStartTime':'2026-11-23T08:00:00.250+01:00',"
              "'environment':'prod','version':'v','level':'ERROR','statusMessage':'too long',"
              "'model':'gpt-4o','modelParameters':{'temperature':0.5,'stop':['a']},"
              "'promptName':'greet','promptVersion':3,"
              "'usageDetails':{'input':70,'input_cached_tokens':30,'output':20,'total':120},"
              "'costDetails':{'input':0.25,'output':0.5,'total':0.75},"
              "'metadata':'free text','input':[{'role':'user','content':'hi'}],"
              "'output':{'role':'assistant','content':'hello'}"));
    const obs_span *s = span_of(&o, "g");
    uint8_t parent[8];

    (void)state;
    langfuse_span_id(obs_str_of("p"), parent);
    assert_memory_equal(s->parent_span_id, parent, 8);
    assert_text(s->operation_type, "chat");
    assert_text(s->span_name, "llm");
    assert_int_equal(s->start_ns, T0);
    assert_int_equal(s->end_ns, T0 + 2 * SECOND);
    assert_int_equal(s->ttft_ns, SECOND / 4);
    assert_text(s->environment, "prod");
    assert_int_equal(s->status, OBS_STATUS_ERROR);
    assert_text(s->error_message, "too long");
    assert_text(s->model, "gpt-4o");
    assert_text(s->model_parameters, "{'temperature':0.5,'stop':['a']}");
    assert_int_equal(obs_span_prompt_tokens(s), 100);
    assert_int_equal(obs_span_cached_tokens(s), 30);
    assert_int_equal(obs_span_completion_tokens(s), 20);
    assert_int_equal(s->prompt_cost, 250000000);
    assert_int_equal(s->completion_cost, 500000000);
    assert_int_equal(s->emitter_cost, 750000000);
    assert_text(s->input_text, "hi");
    assert_text(s->input_messages, "[{'role':'user','content':'hi'}]");
    assert_text(s->output_text, "hello");
    assert_attribute(s, "langfuse.trace.id", "t");
    assert_attribute(s, "langfuse.observation.id", "g");
    assert_attribute(s, "langfuse.observation.metadata", "free text");
    assert_attribute(s, "langfuse.version", "v");
    assert_attribute(s, "gen_ai.prompt.name", "greet");
    assert_int_equal(obs_json_int(attribute(s, "gen_ai.prompt.version")), 3);
}

static void every_type_of_observation_has_its_operation(void **state)
{
    static const struct {
        const char *type, *operation;
    } types[] = {
        {"span", "internal"},       {"generation", "chat"},    {"event", "internal"},
        {"agent", "agent"},         {"tool", "tool"},          {"chain", "internal"},
        {"retriever", "retrieval"}, {"evaluator", "internal"}, {"embedding", "embedding"},
        {"guardrail", "guardrail"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        obs_str event = obs_arena_printf(
            arena, "{'id':'e','type':'%s-create','timestamp':" AT0 ",'body':{'id':'o'}}",
            types[i].type);
        obs_str old = obs_arena_printf(
            arena, EVENT("e", "observation-create", AT0, "'id':'o','type':'%s'"), types[i].type);
        struct outcome a = events(event.ptr), b = events(old.ptr);

        assert_text(span_of(&a, "o")->operation_type, types[i].operation);
        assert_attribute(span_of(&a, "o"), "langfuse.observation.type", types[i].type);
        assert_text(span_of(&b, "o")->operation_type, types[i].operation);
        assert_int_equal(span_of(&a, "o")->start_ns, T0); /* the event's own time */
    }
}

static void usage_of_old_is_read_in_both_spellings(void **state)
{
    struct outcome o = events(
        EVENT("a", "generation-create", AT0, "'id':'a','usage':{'promptTokens':10,'completionTokens':5,'totalTokens':15}") "," EVENT(
            "b", "generation-create", AT0,
            "'id':'b','usage':{'input':10,'output':5,'total':15,'unit':'TOKENS','inputCost':0."
            "5,"
            "'outputCost':1e-1,'totalCost':0.6,'more':'x'}") "," EVENT("c", "generation-create",
                                                                       AT0,
                                                                       "'id':'c','usage':{'"
                                                                       "input':1000,'unit':'"
                                                                       "CHARACTERS','totalCost'"
                                                                       ":0.25}") "," EVENT("d",
                                                                                           "gen"
                                                                                           "era"
                                                                                           "tio"
                                                                                           "n-"
                                                                                           "cre"
                                                                                           "at"
                                                                                           "e",
                                                                                           AT0,
                                                                                           "'id"
                                                                                           "':'"
                                                                                           "d',"
                                                                                           "'us"
                                                                                           "age"
                                                                                           "':{"
                                                                                           "'in"
                                                                                           "put"
                                                                                           "':"
                                                                                           "1,'"
                                                                                           "tot"
                                                                                           "alC"
                                                                                           "ost"
                                                                                           "':"
                                                                                           "1},"
                                                                                           "'us"
                                                                                           "age"
                                                                                           "Det"
                                                                                           "ail"
                                                                                           "s':"
                                                                                           "{'"
                                                                                           "inp"
                                                                                           "ut'"
                                                                                           ":2,"
                                                                                           "'no"
                                                                                           "thi"
                                                                                           "ng'"
                                                                                           ":nu"
                                                                                           "ll}"
                                                                                           ","
                                                                                           "'co"
                                                                                           "stD"
                                                                                           "eta"
                                                                                           "ils"
                                                                                           "':{"
                                                                                           "'to"
                                                                                           "tal"
                                                                                           "':"
                                                                                           "0."
                                                                                           "5"
                                                                                           "}"));

    (void)state;
    assert_int_equal(span_of(&o, "a")->input_tokens, 10);
    assert_int_equal(span_of(&o, "a")->output_tokens, 5);
    assert_int_equal(span_of(&o, "b")->input_tokens, 10);
    assert_int_equal(span_of(&o, "b")->output_tokens, 5);
    assert_int_equal(span_of(&o, "b")->prompt_cost, SECOND / 2);
    assert_int_equal(span_of(&o, "b")->completion_cost, SECOND / 10);
    assert_int_equal(span_of(&o, "b")->emitter_cost, 6 * SECOND / 10);
    assert_int_equal(span_of(&o, "c")->input_tokens, OBS_ABSENT); /* characters are no tokens */
    assert_int_equal(span_of(&o, "c")->emitter_cost, SECOND / 4);
    assert_int_equal(obs_json_int(obs_json_get(
                         attribute(span_of(&o, "c"), "langfuse.observation.usage"), "input")),
                     1000);
    assert_int_equal(span_of(&o, "d")->input_tokens, 2); /* details count more */
    assert_int_equal(span_of(&o, "d")->emitter_cost, SECOND / 2);
}

static void openai_usage_comes_with_its_details(void **state)
{
    struct outcome o = events(EVENT(
        "e", "generation-create", AT0,
        "'id':'g','usageDetails':{'prompt_tokens':100,'completion_tokens':50,'total_tokens':150,"
        "'prompt_tokens_details':{'cached_tokens':40,'audio_tokens':null},"
        "'completion_tokens_details':{'reasoning_tokens':30}}"));
    const obs_span *s = span_of(&o, "g");

    (void)state;
    assert_int_equal(s->input_tokens, 60);
    assert_int_equal(s->cache_read_tokens, 40);
    assert_int_equal(s->output_tokens, 20);
    assert_int_equal(s->reasoning_tokens, 30);
}

static void null_is_absent(void **state)
{
    struct outcome o = events(
        EVENT("e", "generation-create", AT0,
              "'id':'g','traceId':null,'name':null,'startTime':" AT1 ",'endTime':null,'level':null,"
              "'metadata':null,'input':null,'usage':null,'usageDetails':null,'costDetails':null,"
              "'modelParameters':null,'tags':null,'promptVersion':null"));

    (void)state;
    assert_int_equal(o.batch.n_refused, 0);
    assert_int_equal(span_of(&o, "g")->start_ns, T0 + SECOND);
    assert_int_equal(span_of(&o, "g")->end_ns, T0 + SECOND);
}

/* --- several events ----------------------------------------------------------- */

static void updates_complete_what_was_created_in_any_order(void **state)
{
    struct outcome o = events(EVENT(
        "2", "generation-update", AT2,
        "'id':'g','traceId':'t','endTime':" AT2 ",'completionStartTime':" AT1
        ",'output':'b','metadata':{'y':2}") "," EVENT("1", "generation-update", AT1,
                                                      "'id':'g','traceId':'t','output':'a','level':"
                                                      "'ERROR',"
                                                      "'metadata':{'x':1,'y':1},'usage':{'input':1,"
                                                      "'output':1}") "," EVENT("0",
                                                                               "generation-create",
                                                                               AT3,
                                                                               "'id':'g','traceId':"
                                                                               "'t','name':'n','"
                                                                               "startTime':" AT0
                                                                               ",'output':'-','"
                                                                               "model':'gpt-4o'"));
    const obs_span *s = span_of(&o, "g");

    (void)state;
    assert_int_equal(o.mapped.n_spans, 2); /* and the end of the trace */
    assert_int_equal(s->flags & OBS_SPAN_FRAGMENT, 0);
    assert_text(s->output_text, "b");
    assert_text(s->span_name, "n");
    assert_int_equal(s->status, OBS_STATUS_ERROR);
    assert_int_equal(s->start_ns, T0);
    assert_int_equal(s->end_ns, T0 + 2 * SECOND);
    assert_int_equal(s->ttft_ns, SECOND);
    assert_int_equal(s->input_tokens, 1);
    assert_int_equal(obs_json_int(attribute(s, "langfuse.observation.metadata.x")), 1);
    assert_int_equal(obs_json_int(attribute(s, "langfuse.observation.metadata.y")), 2);
}

static void metadata_adds_up_member_by_member(void **state)
{
    struct outcome o = events(
        EVENT("1", "span-create", AT1, "'id':'s','metadata':{'n':{'x':1},'big':1e999}") "," EVENT(
            "2", "span-update", AT2,
            "'id':'s','metadata':{'n':{'y':2},'m':[3]}") "," EVENT("3", "span-create", AT1,
                                                                   "'id':'t','metadata':{'n':"
                                                                   "1}") "," EVENT("4",
                                                                                   "span-"
                                                                                   "update",
                                                                                   AT2,
                                                                                   "'id':'t','"
                                                                                   "metadata':"
                                                                                   "'text'"));
    const obs_json *n = attribute(span_of(&o, "s"), "langfuse.observation.metadata.n");
    obs_str attributes = span_of(&o, "s")->attributes;

    (void)state;
    assert_int_equal(obs_json_int(obs_json_get(n, "x")), 1);
    assert_int_equal(obs_json_int(obs_json_get(n, "y")), 2);
    assert_non_null(memmem(attributes.ptr, attributes.len, "metadata.m\":[3]", 15));
    assert_non_null(memmem(attributes.ptr, attributes.len, "metadata.big\":\"1e999\"", 21));
    assert_attribute(span_of(&o, "t"), "langfuse.observation.metadata", "text");
    assert_null(attribute(span_of(&o, "t"), "langfuse.observation.metadata.n"));
}

static void an_update_by_itself_is_a_fragment(void **state)
{
    struct outcome o = events(
        EVENT("1", "span-update", AT1,
              "'id':'s','traceId':'t','output':'a',"
              "'endTime':" AT1) "," EVENT("2", "tool-update", AT1, "'id':'tool','traceId':'t'"));
    const obs_span *s = span_of(&o, "s");

    (void)state;
    assert_int_equal(s->flags, OBS_SPAN_SAMPLED | OBS_SPAN_UPDATE | OBS_SPAN_FRAGMENT);
    assert_int_equal(s->start_ns, 0);
    assert_int_equal(s->end_ns, T0 + SECOND);
    assert_text(s->operation_type, ""); /* that is for its creation to say */
    assert_int_equal(s->parent_span_id[0] | s->parent_span_id[7], 0);
    assert_null(attribute(s, "langfuse.observation.type"));
    assert_text(span_of(&o, "tool")->operation_type, "tool");
}

static void a_trace_told_of_again_starts_when_it_did(void **state)
{
    struct outcome o =
        events(EVENT("2", "trace-create", AT2,
                     "'id':'t','timestamp':" AT2
                     ",'output':'o','tags':['b']") "," EVENT("1", "trace-create", AT1,
                                                             "'id':'t','timestamp':" AT1
                                                             ",'name':'n','tags':['a']"));
    const obs_span *s = root_of(&o, "t");

    (void)state;
    assert_int_equal(s->start_ns, T0 + SECOND);
    assert_text(s->span_name, "n");
    assert_text(s->output_text, "o");
    assert_text(s->tags, "['a','b']");
}

static void spans_of_a_trace_share_its_fields(void **state)
{
    struct outcome o = events(EVENT(
        "2", "span-create", AT1,
        "'id':'s','traceId':'t','environment':'test','endTime':" AT3) "," EVENT("1", "trace-create",
                                                                                AT0,
                                                                                "'id':'t','name':'"
                                                                                "n','userId':'u','"
                                                                                "sessionId':'se',"
                                                                                "'release':'r','"
                                                                                "environment':'"
                                                                                "prod','tags':['a']"
                                                                                ",'version':'v','"
                                                                                "input':'i',"
                                                                                "'metadata':{'k':"
                                                                                "1}") "," EVENT("3",
                                                                                                "sp"
                                                                                                "an"
                                                                                                "-c"
                                                                                                "re"
                                                                                                "at"
                                                                                                "e",
                                                                                                AT1,
                                                                                                "'i"
                                                                                                "d'"
                                                                                                ":'"
                                                                                                "x'"
                                                                                                ",'"
                                                                                                "tr"
                                                                                                "ac"
                                                                                                "eI"
                                                                                                "d'"
                                                                                                ":'"
                                                                                                "ot"
                                                                                                "he"
                                                                                                "r"
                                                                                                "'"));
    const obs_span *root = root_of(&o, "t"), *s = span_of(&o, "s"), *other = span_of(&o, "x");

    (void)state;
    assert_memory_equal(s->trace_id, root->trace_id, 16);
    assert_memory_equal(s->parent_span_id, root->span_id, 8);
    assert_text(s->user_id, "u");
    assert_text(s->session_id, "se");
    assert_text(s->release, "r");
    assert_text(s->environment, "test"); /* its own counts more */
    assert_text(s->tags, "['a']");
    assert_attribute(s, "langfuse.trace.name", "n");
    assert_text(s->input_text, "");
    assert_null(attribute(s, "langfuse.version"));
    assert_null(attribute(s, "langfuse.trace.metadata.k"));
    assert_text(other->user_id, "");
    assert_int_equal(root->end_ns, T0 + 3 * SECOND); /* it ends with what is below it */
}

static void the_end_of_a_trace_that_came_before_follows_its_observations(void **state)
{
    struct outcome o =
        events(EVENT("1", "span-update", AT1, "'id':'a','traceId':'t','endTime':" AT3) "," EVENT(
            "2", "span-update", AT1, "'id':'b','traceId':'t','endTime':" AT2));
    const obs_span *root = root_of(&o, "t");

    (void)state;
    assert_int_equal(o.mapped.n_spans, 3);
    assert_int_equal(root->flags, OBS_SPAN_SAMPLED | OBS_SPAN_UPDATE | OBS_SPAN_FRAGMENT);
    assert_int_equal(root->end_ns, T0 + 3 * SECOND);
    assert_text(root->span_name, "");
}

static void an_observation_without_a_trace_is_one(void **state)
{
    struct outcome o = events(EVENT("1", "span-create", AT1, "'id':'lonely'"));
    const obs_span *s = span_of(&o, "lonely");
    uint8_t trace_id[16];

    (void)state;
    langfuse_trace_id(obs_str_of("lonely"), trace_id);
    assert_int_equal(o.mapped.n_spans, 1);
    assert_memory_equal(s->trace_id, trace_id, 16);
    assert_int_equal(s->parent_span_id[0] | s->parent_span_id[7], 0);
}

static void the_sdk_is_the_scope(void **state)
{
    struct outcome o = outcome_of("{'batch':[" EVENT(
        "1", "span-create", AT1,
        "'id':'s'") "],"
                    "'metadata':{'sdk_name':'langfuse-js','sdk_version':'3.38.0','batch_size':1}}");

    (void)state;
    assert_attribute(span_of(&o, "s"), "otel.scope.name", "langfuse-js");
    assert_attribute(span_of(&o, "s"), "otel.scope.version", "3.38.0");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, langfuse_setup, langfuse_teardown)
    const struct CMUnitTest tests[] = {
        TEST(digits_are_the_id_and_other_texts_are_hashed),
        TEST(what_is_no_id_is_hashed_too),
        TEST(a_trace_becomes_a_root_span),
        TEST(a_generation_has_all_its_fields),
        TEST(every_type_of_observation_has_its_operation),
        TEST(usage_of_old_is_read_in_both_spellings),
        TEST(openai_usage_comes_with_its_details),
        TEST(null_is_absent),
        TEST(updates_complete_what_was_created_in_any_order),
        TEST(metadata_adds_up_member_by_member),
        TEST(an_update_by_itself_is_a_fragment),
        TEST(a_trace_told_of_again_starts_when_it_did),
        TEST(spans_of_a_trace_share_its_fields),
        TEST(the_end_of_a_trace_that_came_before_follows_its_observations),
        TEST(an_observation_without_a_trace_is_one),
        TEST(the_sdk_is_the_scope),
    };

    return cmocka_run_group_tests(tests, langfuse_setup_group, langfuse_teardown_group);
}
