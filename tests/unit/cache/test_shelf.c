/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept, what ends it, and who has to go. */
#include "shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

enum { DATA = 1000, ENTRY = sizeof(struct kept) + DATA, ROOM = 20 };

static struct shelf *shelf;

static int open(void **state)
{
    (void)state;
    shelf = shelf_create(ROOM * ENTRY);
    return shelf ? 0 : -1;
}

static int close(void **state)
{
    (void)state;
    shelf_destroy(shelf);
    return 0;
}

static void digest_of(int n, uint8_t digest[KEY_BYTES])
{
    memset(digest, 0, KEY_BYTES);
    memcpy(digest, &(uint64_t){(uint64_t)n * 0x9e3779b97f4a7c15u}, 8);
}

static size_t put(int n, size_t len, uint64_t changes)
{
    struct kept *kept = calloc(1, sizeof(*kept) + len);

    assert_non_null(kept);
    digest_of(n, kept->digest);
    kept->changes = changes;
    kept->expires_ns = 100;
    kept->len = len;
    memset(kept->data, n, len);
    return shelf_put(shelf, kept);
}

static bool has(int n, uint64_t changes, int64_t now_ns)
{
    uint8_t digest[KEY_BYTES];
    const struct kept *kept;

    digest_of(n, digest);
    kept = shelf_find(shelf, digest, changes, now_ns);
    assert_true(!kept || kept->data[0] == (char)n);
    return kept != NULL;
}

static void ends_with_time_and_with_changes(void **state)
{
    (void)state;
    put(1, DATA, 7);
    assert_true(has(1, 7, 99));
    assert_false(has(1, 7, 100));
    assert_int_equal(shelf_bytes(shelf), 0);
    put(1, DATA, 7);
    assert_false(has(1, 8, 0));
    assert_false(has(1, 7, 0)); /* it does not come back */
    put(1, DATA, 7);
    put(1, DATA / 2, 8); /* in its place */
    assert_true(has(1, 8, 0));
    assert_int_equal(shelf_bytes(shelf), sizeof(struct kept) + DATA / 2);
}

static void stays_within_its_bytes(void **state)
{
    size_t gone = 0;

    (void)state;
    srand(1);
    for (int i = 0; i < 20000; i++) {
        int n = rand() % 100;

        if (!has(n % (1 + rand() % 100), 0, 0))
            gone += put(n, (size_t)rand() % (3 * DATA) + 1, 0);
        assert_true(shelf_bytes(shelf) <= ROOM * ENTRY);
    }
    assert_true(gone > 100);
    put(1, ROOM * ENTRY + 1, 0);
    assert_false(has(1, 0, 0));
}

static void a_walk_pushes_nothing_out_that_is_used(void **state)
{
    (void)state;
    for (int n = 0; n < 5; n++) {
        put(n, DATA, 0);
        for (int i = 0; i < 3; i++)
            assert_true(has(n, 0, 0));
    }
    for (int n = 100; n < 1100; n++)
        put(n, DATA, 0);
    for (int n = 0; n < 5; n++)
        assert_true(has(n, 0, 0));
    assert_false(has(100, 0, 0));
}

static void what_comes_back_soon_is_kept(void **state)
{
    (void)state;
    for (int n = 1; n <= ROOM + 1; n++)
        put(n, DATA, 0);
    assert_false(has(1, 0, 0)); /* it had to go, but is remembered */
    put(1, DATA, 0);
    for (int n = 100; n < 200; n++)
        put(n, DATA, 0);
    assert_true(has(1, 0, 0));
    assert_false(has(2, 0, 0));
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open, close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(ends_with_time_and_with_changes),
        CASE(stays_within_its_bytes),
        CASE(a_walk_pushes_nothing_out_that_is_used),
        CASE(what_comes_back_soon_is_kept),
    };
    return cmocka_run_group_tests_name("cache shelf", tests, NULL, NULL);
}
