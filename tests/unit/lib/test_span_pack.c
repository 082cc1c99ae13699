/* SPDX-License-Identifier: Apache-2.0 */
/* Every member there and back; bytes of other versions; bytes that are none. */
#include "span_pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static obs_arena *arena;

/* Every byte of the struct set to something else, then made valid: a member that
 * is not packed would come back as its default. */
static obs_span full_span(void)
{
    static const char text[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
    const size_t first = offsetof(obs_span, project_id), last = offsetof(obs_span, tool_calls);
    obs_span span;

    obs_span_init(&span);
    for (size_t at = first, i = 0; at <= last; at += sizeof(obs_str), i++)
        *(obs_str *)(void *)((char *)&span + at) = obs_str_n(text + i, i + 1);
    for (size_t at = offsetof(obs_span, input_tokens), i = 0;
         at <= offsetof(obs_span, reasoning_tokens); at += sizeof(int64_t), i++)
        *(int64_t *)(void *)((char *)&span + at) = (int64_t)(i * 1000003);
    for (size_t at = offsetof(obs_span, prompt_cost), i = 1; at <= offsetof(obs_span, book_cost);
         at += sizeof(int64_t), i++)
        *(int64_t *)(void *)((char *)&span + at) = INT64_MAX / (int64_t)i;
    span.status = OBS_STATUS_ERROR;
    span.flags = OBS_SPAN_UPDATE;
    span.start_ns = -5;
    span.end_ns = INT64_MAX;
    memset(span.trace_id, 7, sizeof(span.trace_id));
    memset(span.span_id, 8, sizeof(span.span_id));
    memset(span.parent_span_id, 9, sizeof(span.parent_span_id));
    span.service_tier = obs_str_of("flex");
    span.region = obs_str_of("eu");
    span.cost_source = obs_str_of("provider");
    span.cost_details = obs_str_of("{}");
    span.ttft_ns = 0;
    span.sample_rate = 0.125;
    return span;
}

static void assert_same(const obs_span *a, const obs_span *b)
{
    const size_t texts[] = {offsetof(obs_span, service_tier), offsetof(obs_span, region),
                            offsetof(obs_span, cost_source), offsetof(obs_span, cost_details)};
    obs_span x = *a, y = *b;

    for (size_t at = offsetof(obs_span, project_id); at <= offsetof(obs_span, tool_calls);
         at += sizeof(obs_str)) {
        obs_str *p = (obs_str *)(void *)((char *)&x + at),
                *q = (obs_str *)(void *)((char *)&y + at);
        assert_true(obs_str_eq(*p, *q));
        *p = *q = obs_str_n(NULL, 0);
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        obs_str *p = (obs_str *)(void *)((char *)&x + texts[i]),
                *q = (obs_str *)(void *)((char *)&y + texts[i]);
        assert_true(obs_str_eq(*p, *q));
        *p = *q = obs_str_n(NULL, 0);
    }
    assert_memory_equal(&x, &y, sizeof(x));
}

static void every_member_comes_back(void **state)
{
    obs_span spans[2] = {full_span()}, read;

    (void)state;
    obs_span_init(&spans[1]);
    for (size_t i = 0; i < 2; i++) {
        obs_str bytes = span_pack(arena, &spans[i]);
        assert_non_null(bytes.ptr);
        assert_int_equal(span_unpack(bytes, &read), OBS_OK);
        assert_same(&spans[i], &read);
    }
    assert_int_equal(span_pack(arena, &spans[1]).len, 1); /* nothing is set */
}

static void members_of_later_versions_are_passed_over(void **state)
{
    obs_span span = full_span(), read;
    obs_str bytes = span_pack(arena, &span);
    obs_str later = obs_arena_printf(arena, "%.*s%c%cxyz", 0, "", 99, 3);
    char *both = obs_arena_alloc(arena, bytes.len + later.len);

    (void)state;
    memcpy(both, bytes.ptr, bytes.len);
    memcpy(both + bytes.len, later.ptr, later.len);
    assert_int_equal(span_unpack(obs_str_n(both, bytes.len + later.len), &read), OBS_OK);
    assert_same(&span, &read);
}

static void cut_bytes_are_refused_or_a_shorter_span(void **state)
{
    obs_span span = full_span(), read;
    obs_str bytes = span_pack(arena, &span);
    size_t refused = 0;

    (void)state;
    for (size_t len = 0; len < bytes.len; len++) {
        char *cut = obs_arena_alloc(arena, len + 1);
        memcpy(cut, bytes.ptr, len);
        refused += span_unpack(obs_str_n(cut, len), &read) == OBS_E_SYNTAX;
    }
    assert_true(refused > bytes.len / 2); /* only cuts between members are none */
    assert_int_equal(span_unpack(obs_str_of("\x02"), &read), OBS_E_SYNTAX);
    assert_int_equal(span_unpack(obs_str_n("\x01\x05\x03"
                                           "abc",
                                           6),
                                 &read),
                     OBS_E_SYNTAX);
    assert_int_equal(span_unpack(obs_str_n("\x01\x03\x02\x80\x80", 5), &read), OBS_E_SYNTAX);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_comes_back),
        cmocka_unit_test(members_of_later_versions_are_passed_over),
        cmocka_unit_test(cut_bytes_are_refused_or_a_shorter_span),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
