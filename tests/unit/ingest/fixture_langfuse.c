/* SPDX-License-Identifier: Apache-2.0 */
/* The fixture. */
#include "fixture_langfuse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct map_index *map_names;
obs_arena *arena;

int langfuse_setup_group(void **state)
{
    (void)state;
    map_names = map_index_create();
    return map_names ? 0 : -1;
}

int langfuse_teardown_group(void **state)
{
    (void)state;
    map_index_destroy(map_names);
    return 0;
}

int langfuse_setup(void **state)
{
    (void)state;
    arena = obs_arena_create(/* limit_bytes= */ 0);
    return arena ? 0 : -1;
}

int langfuse_teardown(void **state)
{
    (void)state;
    obs_arena_destroy(arena);
    return 0;
}

obs_str quoted(const char *text)
{
    obs_str json = obs_arena_dup(arena, obs_str_of(text));
    char *p = (char *)(uintptr_t)json.ptr;

    for (size_t i = 0; i < json.len; i++)
        if (p[i] == '\'')
            p[i] = '"';
    return json;
}

struct outcome outcome_of(const char *json)
{
    struct outcome o = {.batch = {.arena = arena, .max_events = 100}};
    struct otlp_batch spans = {.arena = arena};
    struct decode_error error;

    if (langfuse_decode(quoted(json), &o.batch, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(langfuse_fold(&o.batch), OBS_OK);
    assert_int_equal(langfuse_spans(&o.batch, &spans), OBS_OK);
    assert_int_equal(map_batch(map_names, obs_str_of("p"), &spans, &o.mapped), OBS_OK);
    assert_int_equal(o.mapped.n_rejected, 0);
    assert_int_equal(langfuse_scores(&o.batch, obs_str_of("p"), &o.mapped), OBS_OK);
    return o;
}

struct outcome events(const char *list)
{
    return outcome_of(obs_arena_printf(arena, "{'batch':[%s]}", list).ptr);
}

void assert_text(obs_str got, const char *want)
{
    obs_str expected = quoted(want);

    if (!obs_str_eq(got, expected))
        fail_msg("got '%.*s', expected '%.*s'", OBS_STR_ARG(got), OBS_STR_ARG(expected));
}
