/* SPDX-License-Identifier: Apache-2.0 */
#include "core/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void hands_out_aligned_memory_that_does_not_overlap(void **unused)
{
    obs_arena *arena = obs_arena_create(0);
    char *pieces[200];
    (void)unused;

    for (size_t i = 0; i < 200; i++) {
        pieces[i] = obs_arena_alloc(arena, i * 37 + 1);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)i, i * 37 + 1);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t k = 0; k < i * 37 + 1; k++)
            assert_int_equal((unsigned char)pieces[i][k], i);
    obs_arena_destroy(arena);
}

static void refuses_what_is_over_the_limit(void **unused)
{
    obs_arena *arena = obs_arena_create(10000);
    (void)unused;

    assert_non_null(obs_arena_alloc(arena, 3000));
    assert_null(obs_arena_alloc(arena, 9000));
    assert_non_null(obs_arena_alloc(arena, 500));
    assert_null(obs_arena_alloc(arena, SIZE_MAX));
    assert_null(obs_arena_alloc(arena, SIZE_MAX - 20));
    assert_null(obs_arena_calloc(arena, SIZE_MAX / 2, 3));
    obs_arena_destroy(arena);
}

static void note(void *data)
{
    char **at = data;
    *(*at)++ = 'x';
}

struct ordered {
    char *log;
    char letter;
};

static void note_letter(void *data)
{
    struct ordered *o = data;
    size_t len = strlen(o->log);
    o->log[len] = o->letter;
    o->log[len + 1] = '\0';
}

static void runs_cleanups_last_registered_first(void **unused)
{
    char log[8] = "";
    struct ordered a = {log, 'a'}, b = {log, 'b'}, c = {log, 'c'};
    obs_arena *arena = obs_arena_create(0);
    (void)unused;

    assert_int_equal(obs_arena_defer(arena, note_letter, &a), OBS_OK);
    assert_int_equal(obs_arena_defer(arena, note_letter, &b), OBS_OK);
    assert_int_equal(obs_arena_defer(arena, note_letter, &c), OBS_OK);
    obs_arena_destroy(arena);
    assert_string_equal(log, "cba");
    obs_arena_destroy(NULL);
}

static void a_reset_keeps_the_first_block_and_runs_cleanups(void **unused)
{
    struct obs_arena arena;
    char log[4] = "", *at = log;
    void *first;
    (void)unused;

    arena_init(&arena, 1 << 20);
    first = obs_arena_alloc(&arena, 64);
    assert_non_null(obs_arena_alloc(&arena, 100000));
    assert_int_equal(obs_arena_defer(&arena, note, &at), OBS_OK);
    arena_reset(&arena);
    assert_ptr_equal(at, log + 1);
    assert_ptr_equal(obs_arena_alloc(&arena, 64), first);
    assert_non_null(obs_arena_alloc(&arena, 500000)); /* the limit counts from zero again */
    arena_finish(&arena);
}

static void nothing_is_a_pointer_not_an_error(void **unused)
{
    obs_arena *arena = obs_arena_create(0);
    (void)unused;

    assert_non_null(obs_arena_alloc(arena, 0));
    assert_non_null(obs_arena_calloc(arena, 0, 8));
    assert_non_null(obs_arena_dup(arena, obs_str_n(NULL, 0)).ptr);
    obs_arena_destroy(arena);
}

#ifndef NDEBUG

/* Ends the process when memory of an arena that was reset can still be used. */
static void use_after_reset(struct obs_arena *arena)
{
    volatile unsigned char *kept = obs_arena_alloc(arena, 64);

    memset((char *)(uintptr_t)kept, 'k', 64);
    arena_reset(arena);
    for (size_t i = 0; i < 64; i++)
        if (kept[i] != ARENA_SPOILT) /* under AddressSanitizer the read itself ends it */
            _exit(0);
    abort();
}

static void allocate_sealed(struct obs_arena *arena)
{
    arena_seal(arena);
    (void)!obs_arena_alloc(arena, 1);
    _exit(0);
}

/* How `fn` ended a process of its own. */
static int fate_of(void (*fn)(struct obs_arena *arena))
{
    struct obs_arena arena;
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        freopen("/dev/null", "w", stderr);
        arena_init(&arena, 0);
        fn(&arena);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void what_was_kept_from_before_a_reset_is_of_no_use(void **unused)
{
    struct obs_arena arena;
    (void)unused;

    assert_int_not_equal(fate_of(use_after_reset), 0);
    assert_int_equal(WTERMSIG(fate_of(allocate_sealed)), SIGABRT);
    arena_init(&arena, 0);
    for (int i = 0; i < 2; i++) { /* without a block, and with one */
        arena_seal(&arena);
        arena_unseal(&arena);
        assert_non_null(obs_arena_alloc(&arena, 100));
        arena_reset(&arena);
    }
    arena_finish(&arena);
}

#endif

/* One huge request must not make its connection's arena huge for good. */
static void a_reset_never_keeps_a_large_block(void **unused)
{
    struct obs_arena arena;
    (void)unused;

    arena_init(&arena, 0);
    assert_non_null(obs_arena_alloc(&arena, 10 << 20));
    assert_non_null(obs_arena_alloc(&arena, 10));
    arena_reset(&arena);
    assert_true(arena.used_bytes <= ARENA_FIRST_BYTES);
    assert_non_null(obs_arena_alloc(&arena, 10));
    arena_finish(&arena);
}

static void a_large_piece_leaves_the_current_block_in_use(void **unused)
{
    struct obs_arena arena;
    char *before, *after;
    (void)unused;

    arena_init(&arena, 0);
    before = obs_arena_alloc(&arena, 16);
    assert_non_null(obs_arena_alloc(&arena, 100000));
    after = obs_arena_alloc(&arena, 16);
    assert_int_equal(after - before, 16 + ARENA_REDZONE);
    arena_finish(&arena);
}

static void use_arena(void *data)
{
    assert_non_null(obs_arena_alloc(data, 100000));
}

static void a_cleanup_may_use_the_arena(void **unused)
{
    struct obs_arena arena;
    (void)unused;

    arena_init(&arena, 0);
    assert_int_equal(obs_arena_defer(&arena, use_arena, &arena), OBS_OK);
    arena_reset(&arena);
    assert_int_equal(obs_arena_defer(&arena, use_arena, &arena), OBS_OK);
    arena_finish(&arena);
}

#ifdef ARENA_ASAN
static void what_is_not_handed_out_is_poisoned(void **unused)
{
    struct obs_arena arena;
    char *piece;
    (void)unused;

    arena_init(&arena, 0);
    piece = obs_arena_alloc(&arena, 32);
    assert_false(__asan_address_is_poisoned(piece + 31));
    assert_true(__asan_address_is_poisoned(piece + 32));
    assert_false(__asan_address_is_poisoned(obs_arena_alloc(&arena, 16)));
    arena_reset(&arena);
    assert_true(__asan_address_is_poisoned(piece));
    arena_finish(&arena);
}
#endif

static void copies_and_formats_text(void **unused)
{
    obs_arena *arena = obs_arena_create(0);
    obs_str copy = obs_arena_dup(arena, obs_str_n("a\0b", 3));
    obs_str text = obs_arena_printf(arena, "%d-%s", 7, "seven");
    (void)unused;

    assert_int_equal(copy.len, 3);
    assert_memory_equal(copy.ptr, "a\0b", 4);
    assert_string_equal(text.ptr, "7-seven");
    assert_int_equal(text.len, 7);
    for (int width = 250; width < 260; width++) {
        text = obs_arena_printf(arena, "%*d", width, 7);
        assert_int_equal(text.len, width);
        assert_string_equal(text.ptr + width - 2, " 7");
    }
    obs_arena_destroy(arena);
}

static void a_buffer_grows_and_stays_in_order(void **unused)
{
    obs_arena *arena = obs_arena_create(0);
    obs_buf *buf = obs_buf_new(arena, 0);
    (void)unused;

    for (int i = 0; i < 10000; i++)
        obs_buf_printf(buf, "%05d", i);
    assert_int_equal(obs_buf_str(buf).len, 50000);
    assert_memory_equal(obs_buf_str(buf).ptr + 5 * 1234, "01234", 5);
    obs_buf_truncate(buf, 5);
    obs_buf_truncate(buf, 99);
    assert_true(obs_str_is(obs_buf_str(buf), "00000"));
    assert_int_equal(obs_buf_error(buf), OBS_OK);
    obs_arena_destroy(arena);
}

static void a_full_buffer_says_so_and_stays_as_it_was(void **unused)
{
    obs_arena *arena = obs_arena_create(0);
    obs_buf *buf = obs_buf_new(arena, 10);
    (void)unused;

    obs_buf_append(buf, "12345678", 8);
    obs_buf_append(buf, "abc", 3);
    assert_int_equal(obs_buf_error(buf), OBS_E_TOO_LARGE);
    obs_buf_append(buf, "d", 1); /* sticky */
    assert_true(obs_str_is(obs_buf_str(buf), "12345678"));
    assert_null(obs_buf_reserve(buf, 1));
    obs_arena_destroy(arena);
}

static void a_limit_may_be_reached_but_not_passed(void **unused)
{
    obs_arena *arena = obs_arena_create(0);
    (void)unused;

    for (size_t limit = 1; limit < 2000; limit += 7) {
        obs_buf *buf = obs_buf_new(arena, limit);
        for (size_t i = 0; i < limit; i++)
            obs_buf_printf(buf, "%c", 'x');
        assert_int_equal(obs_buf_error(buf), OBS_OK);
        assert_int_equal(obs_buf_str(buf).len, limit);
        obs_buf_printf(buf, "y");
        assert_int_equal(obs_buf_error(buf), OBS_E_TOO_LARGE);
        assert_int_equal(obs_buf_str(buf).len, limit);
    }
    obs_arena_destroy(arena);
}

static void what_was_reserved_may_be_filled(void **unused)
{
    obs_arena *arena = obs_arena_create(0);
    obs_buf *buf = obs_buf_new(arena, 0);
    (void)unused;

    for (size_t len = 0; len < 3000; len += 100) {
        char *to = obs_buf_reserve(buf, len);
        assert_non_null(to);
        memset(to, 'z', len);
        obs_buf_commit(buf, len);
    }
    assert_int_equal(obs_buf_str(buf).len, 43500);
    assert_null(obs_buf_reserve(buf, SIZE_MAX / 2));
    assert_int_equal(obs_buf_error(buf), OBS_E_NOMEM);
    obs_arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_aligned_memory_that_does_not_overlap),
        cmocka_unit_test(refuses_what_is_over_the_limit),
        cmocka_unit_test(runs_cleanups_last_registered_first),
        cmocka_unit_test(a_reset_keeps_the_first_block_and_runs_cleanups),
        cmocka_unit_test(nothing_is_a_pointer_not_an_error),
#ifndef NDEBUG
        cmocka_unit_test(what_was_kept_from_before_a_reset_is_of_no_use),
#endif
        cmocka_unit_test(a_reset_never_keeps_a_large_block),
        cmocka_unit_test(a_large_piece_leaves_the_current_block_in_use),
        cmocka_unit_test(a_cleanup_may_use_the_arena),
#ifdef ARENA_ASAN
        cmocka_unit_test(what_is_not_handed_out_is_poisoned),
#endif
        cmocka_unit_test(copies_and_formats_text),
        cmocka_unit_test(a_buffer_grows_and_stays_in_order),
        cmocka_unit_test(a_full_buffer_says_so_and_stays_as_it_was),
        cmocka_unit_test(a_limit_may_be_reached_but_not_passed),
        cmocka_unit_test(what_was_reserved_may_be_filled),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
