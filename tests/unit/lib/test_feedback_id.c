/* SPDX-License-Identifier: Apache-2.0 */
/* Ids of feedback: those that anybody can compute from the documentation, and
 * different for whatever differs. */
#include "feedback_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint8_t trace_id[16] = {0x5b, 0x8e, 0xff, 0xf7, 0x98, 0x03, 0x81, 0x03,
                                     0xd2, 0x69, 0xb6, 0x33, 0x81, 0x3f, 0xc6, 0x0c};
static const uint8_t span_id[8] = {0xee, 0xe1, 0x9b, 0x7e, 0xc3, 0xc1, 0xb1, 0x74};

static obs_feedback of_span(void)
{
    obs_feedback feedback;

    feedback_init(&feedback);
    memcpy(feedback.trace_id, trace_id, sizeof(trace_id));
    memcpy(feedback.span_id, span_id, sizeof(span_id));
    feedback.name = obs_str_of("helpfulness");
    feedback.source = obs_str_of("api");
    feedback.author = obs_str_of("ada");
    return feedback;
}

static void expect(const obs_feedback *feedback, const char *key, const char *id)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    obs_str got = feedback_id(arena, feedback, obs_str_of(key));

    assert_string_equal(got.ptr, id);
    assert_int_equal(got.len, strlen(id));
    obs_arena_destroy(arena);
}

/* The expected ids were computed with another program from the documented form. */
static void is_what_the_documentation_says(void **state)
{
    obs_feedback feedback = of_span();

    (void)state;
    expect(&feedback, "", "fb-9b5d2dbfa514bca7b442f1a41ff38c77");
    expect(&feedback, "k", "fb-6c13f7bc09cd25ef87165695635e13a1");
    memset(feedback.span_id, 0, sizeof(feedback.span_id));
    expect(&feedback, "", "fb-3e14a4e5a485bf982933da5c988b173e");
    memset(feedback.trace_id, 0, sizeof(feedback.trace_id));
    feedback.session_id = obs_str_of("s-1");
    feedback.author = obs_str_of("");
    expect(&feedback, "", "fb-f53638d973e149eee22e9eb570434708");
}

static void content_does_not_change_it(void **state)
{
    obs_feedback feedback = of_span();

    (void)state;
    feedback.value = 0.5;
    feedback.label = obs_str_of("good");
    feedback.comment = obs_str_of("as expected");
    feedback.metadata = obs_str_of("{\"a\":1}");
    feedback.resolved = OBS_FEEDBACK_RESOLVED;
    feedback.ts_ns = 1;
    feedback.project_id = obs_str_of("p");
    expect(&feedback, "", "fb-9b5d2dbfa514bca7b442f1a41ff38c77");
}

/* What moves from one part to the next is another id. */
static void parts_do_not_run_together(void **state)
{
    static const struct {
        const char *name, *source, *author, *key;
    } rows[] = {
        {"ab", "c", "", ""}, {"a", "bc", "", ""}, {"a", "b", "c", ""},
        {"a", "b", "", "c"}, {"abc", "", "", ""}, {"a,1:b", "c", "", ""},
    };
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    obs_str ids[COUNT(rows)];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        obs_feedback feedback = of_span();

        feedback.name = obs_str_of(rows[i].name);
        feedback.source = obs_str_of(rows[i].source);
        feedback.author = obs_str_of(rows[i].author);
        ids[i] = feedback_id(arena, &feedback, obs_str_of(rows[i].key));
        for (size_t k = 0; k < i; k++)
            if (obs_str_eq(ids[i], ids[k]))
                fail_msg("rows %zu and %zu have the same id", i, k);
    }
    obs_arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_what_the_documentation_says),
        cmocka_unit_test(content_does_not_change_it),
        cmocka_unit_test(parts_do_not_run_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
