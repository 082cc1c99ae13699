/* SPDX-License-Identifier: Apache-2.0 */
/* How the key is come by, with a store that answers when and how the test says. */
#include "key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const uint8_t own[CURSOR_KEY_BYTES] = "the process's own, of 32 bytes.";
static const uint8_t kept[CURSOR_KEY_BYTES] = "what the store has, of 32 bytes";

/* Holds at most one question of each kind back until it is answered. */
struct fake {
    obs_record_fn get_done, put_done;
    void *get_user, *put_user;
    unsigned n_gets, n_puts;
    int get_error, put_error; /* of the call itself */
    uint8_t offered[CURSOR_KEY_BYTES];
    uint32_t flags;
};

static int record_get(void *self, obs_str space, obs_str name, obs_record_fn done, void *user)
{
    struct fake *fake = self;

    assert_true(obs_str_is(space, "trace-search"));
    assert_true(obs_str_is(name, "cursor_key"));
    assert_null(fake->get_done);
    fake->n_gets++;
    if (fake->get_error < 0)
        return fake->get_error;
    fake->get_done = done;
    fake->get_user = user;
    return OBS_OK;
}

static int record_put(void *self, obs_str space, obs_str name, obs_str value, uint32_t flags,
                      obs_record_fn done, void *user)
{
    struct fake *fake = self;

    assert_true(obs_str_is(space, "trace-search"));
    assert_true(obs_str_is(name, "cursor_key"));
    assert_null(fake->put_done);
    assert_int_equal(value.len, CURSOR_KEY_BYTES);
    memcpy(fake->offered, value.ptr, value.len);
    fake->flags = flags;
    fake->n_puts++;
    if (fake->put_error < 0)
        return fake->put_error;
    fake->put_done = done;
    fake->put_user = user;
    return OBS_OK;
}

static const obs_store store = {
    .size = sizeof(store), .record_get = record_get, .record_put = record_put};

static void answer_get(struct fake *fake, int error, obs_str value)
{
    obs_record_fn done = fake->get_done;

    assert_non_null(done);
    fake->get_done = NULL;
    done(error, value, fake->get_user);
}

static void answer_put(struct fake *fake, int error, obs_str value)
{
    obs_record_fn done = fake->put_done;

    assert_non_null(done);
    fake->put_done = NULL;
    done(error, value, fake->put_user);
}

/* A waiter that notes what it is told; `again` makes it ask once more at once. */
struct waiter {
    struct key_wait wait;
    struct key *key;
    struct waiter *again;
    unsigned n_told;
    int error;
    uint8_t bytes[CURSOR_KEY_BYTES];
};

static void told(struct key_wait *wait, int error)
{
    struct waiter *waiter = (struct waiter *)wait;

    waiter->n_told++;
    waiter->error = error;
    memcpy(waiter->bytes, waiter->key->bytes, sizeof(waiter->bytes));
    if (waiter->again)
        key_need(waiter->key, &waiter->again->wait);
}

static struct waiter waiter_of(struct key *key)
{
    return (struct waiter){.wait.ready = told, .key = key};
}

static obs_str slice(const uint8_t *bytes)
{
    return obs_str_n((const char *)bytes, CURSOR_KEY_BYTES);
}

static void assert_told(const struct waiter *waiter, int error, const uint8_t *bytes)
{
    assert_int_equal(waiter->n_told, 1);
    assert_int_equal(waiter->error, error);
    if (bytes)
        assert_memory_equal(waiter->bytes, bytes, CURSOR_KEY_BYTES);
}

static const obs_str nothing = {0};

static void a_configured_secret_is_known_at_once_and_never_stored(void **state)
{
    struct fake fake = {0};
    struct key key, same, other;
    struct waiter waiter = waiter_of(&key);

    (void)state;
    key_init(&key, &store, &fake, "secret", own);
    key_init(&same, &store, &fake, "secret", own);
    key_init(&other, &store, &fake, "secreu", own);
    key_need(&key, &waiter.wait);
    assert_told(&waiter, OBS_OK, key.bytes);
    assert_int_equal(fake.n_gets + fake.n_puts, 0);
    assert_memory_equal(key.bytes, same.bytes, CURSOR_KEY_BYTES);
    assert_memory_not_equal(key.bytes, other.bytes, CURSOR_KEY_BYTES);
    assert_memory_not_equal(key.bytes, own, CURSOR_KEY_BYTES);
}

static void an_empty_secret_is_none(void **state)
{
    struct fake fake = {0};
    struct key key;
    struct waiter waiter = waiter_of(&key);

    (void)state;
    key_init(&key, &store, &fake, "", own);
    key_need(&key, &waiter.wait);
    assert_int_equal(waiter.n_told, 0);
    assert_int_equal(fake.n_gets, 1);
}

static void the_key_in_the_store_is_used_and_asked_for_once(void **state)
{
    struct fake fake = {0};
    struct key key;
    struct waiter first = waiter_of(&key), later = waiter_of(&key);

    (void)state;
    key_init(&key, &store, &fake, NULL, own);
    key_need(&key, &first.wait);
    assert_int_equal(first.n_told, 0);
    answer_get(&fake, OBS_OK, slice(kept));
    assert_told(&first, OBS_OK, kept);
    key_need(&key, &later.wait);
    assert_told(&later, OBS_OK, kept);
    assert_int_equal(fake.n_gets, 1);
    assert_int_equal(fake.n_puts, 0);
}

static void without_one_in_the_store_a_fresh_key_is_kept_there(void **state)
{
    static const uint8_t zero[CURSOR_KEY_BYTES];
    struct fake fake = {0};
    struct key key;
    struct waiter waiter = waiter_of(&key);

    (void)state;
    key_init(&key, &store, &fake, NULL, own);
    key_need(&key, &waiter.wait);
    answer_get(&fake, OBS_E_NOT_FOUND, nothing);
    assert_int_equal(waiter.n_told, 0); /* not before it is kept */
    assert_int_equal(fake.flags, OBS_RECORD_NEW);
    answer_put(&fake, OBS_OK, nothing);
    assert_told(&waiter, OBS_OK, fake.offered);
    assert_memory_not_equal(fake.offered, zero, CURSOR_KEY_BYTES);
    assert_memory_not_equal(fake.offered, own, CURSOR_KEY_BYTES);
    assert_memory_equal(key.fresh, zero, CURSOR_KEY_BYTES); /* no copy stays */
}

static void two_fresh_keys_are_never_the_same(void **state)
{
    struct fake one = {0}, two = {0};
    struct key a, b;
    struct waiter x = waiter_of(&a), y = waiter_of(&b);

    (void)state;
    key_init(&a, &store, &one, NULL, own);
    key_init(&b, &store, &two, NULL, own);
    key_need(&a, &x.wait);
    key_need(&b, &y.wait);
    answer_get(&one, OBS_E_NOT_FOUND, nothing);
    answer_get(&two, OBS_E_NOT_FOUND, nothing);
    assert_memory_not_equal(one.offered, two.offered, CURSOR_KEY_BYTES);
}

static void who_loses_the_race_takes_the_winners_key(void **state)
{
    struct fake fake = {0};
    struct key key;
    struct waiter waiter = waiter_of(&key);

    (void)state;
    key_init(&key, &store, &fake, NULL, own);
    key_need(&key, &waiter.wait);
    answer_get(&fake, OBS_E_NOT_FOUND, nothing);
    answer_put(&fake, OBS_E_CONFLICT, slice(kept));
    assert_told(&waiter, OBS_OK, kept);
}

static void needs_while_the_store_is_asked_wait_for_one_answer(void **state)
{
    struct fake fake = {0};
    struct key key;
    struct waiter waiters[5];

    (void)state;
    key_init(&key, &store, &fake, NULL, own);
    for (size_t i = 0; i < 5; i++) {
        waiters[i] = waiter_of(&key);
        key_need(&key, &waiters[i].wait);
        if (i == 2)
            answer_get(&fake, OBS_E_NOT_FOUND, nothing); /* the rest come while it is put */
    }
    assert_int_equal(fake.n_gets, 1);
    assert_int_equal(fake.n_puts, 1);
    answer_put(&fake, OBS_OK, nothing);
    for (size_t i = 0; i < 5; i++)
        assert_told(&waiters[i], OBS_OK, fake.offered);
}

static void errors_of_the_store_are_told_and_the_next_need_asks_again(void **state)
{
    struct fake fake = {0};
    struct key key;
    struct waiter first = waiter_of(&key), second = waiter_of(&key), third = waiter_of(&key);

    (void)state;
    key_init(&key, &store, &fake, NULL, own);
    key_need(&key, &first.wait);
    key_need(&key, &second.wait);
    answer_get(&fake, OBS_E_STORE, nothing);
    assert_told(&first, OBS_E_STORE, NULL);
    assert_told(&second, OBS_E_STORE, NULL);
    assert_int_equal(fake.n_puts, 0);
    key_need(&key, &third.wait);
    assert_int_equal(fake.n_gets, 2);
    answer_get(&fake, OBS_OK, slice(kept));
    assert_told(&third, OBS_OK, kept);
}

static void a_store_that_takes_no_question_is_told_at_once(void **state)
{
    struct fake fake = {.get_error = OBS_E_BUSY};
    struct key key;
    struct waiter waiter = waiter_of(&key);

    (void)state;
    key_init(&key, &store, &fake, NULL, own);
    key_need(&key, &waiter.wait);
    assert_told(&waiter, OBS_E_BUSY, NULL);
    assert_int_equal(key.asking, 0);
    assert_null(key.waiting);
}

static void a_record_of_another_length_is_no_key(void **state)
{
    struct fake fake = {0};
    struct key key;
    struct waiter waiter = waiter_of(&key);

    (void)state;
    key_init(&key, &store, &fake, NULL, own);
    key_need(&key, &waiter.wait);
    answer_get(&fake, OBS_OK, obs_str_n((const char *)kept, CURSOR_KEY_BYTES - 1));
    assert_told(&waiter, OBS_E_STORE, NULL);
    assert_int_equal(key.known, 0);
}

static void a_store_that_cannot_write_leaves_the_process_with_its_own(void **state)
{
    struct fake fake = {0};
    struct key key;
    struct waiter first = waiter_of(&key), second = waiter_of(&key), third = waiter_of(&key);

    (void)state;
    key_init(&key, &store, &fake, NULL, own);
    key_need(&key, &first.wait);
    answer_get(&fake, OBS_E_NOT_FOUND, nothing);
    answer_put(&fake, OBS_E_STORE_READ_ONLY, nothing);
    assert_told(&first, OBS_OK, own);
    key_need(&key, &second.wait); /* asks anew: the disk may have room by now */
    fake.put_error = OBS_E_BUSY;
    answer_get(&fake, OBS_E_NOT_FOUND, nothing);
    assert_told(&second, OBS_OK, own);
    key_need(&key, &third.wait);
    answer_get(&fake, OBS_OK, slice(kept));
    assert_told(&third, OBS_OK, kept);
}

static void a_waiter_may_ask_again_while_it_is_told(void **state)
{
    struct fake fake = {0};
    struct key key;
    struct waiter first = waiter_of(&key), again = waiter_of(&key);

    (void)state;
    first.again = &again;
    key_init(&key, &store, &fake, NULL, own);
    key_need(&key, &first.wait);
    answer_get(&fake, OBS_E_STORE, nothing);
    assert_told(&first, OBS_E_STORE, NULL);
    assert_int_equal(again.n_told, 0);
    answer_get(&fake, OBS_E_NOT_FOUND, nothing);
    answer_put(&fake, OBS_OK, nothing);
    assert_told(&again, OBS_OK, fake.offered);
    assert_int_equal(first.n_told, 1);
}

/* A store may answer a get from memory before the call returns. */
static int get_at_once(void *self, obs_str space, obs_str name, obs_record_fn done, void *user)
{
    struct fake *fake = self;

    (void)space;
    (void)name;
    fake->n_gets++;
    done(OBS_E_NOT_FOUND, nothing, user);
    return OBS_OK;
}

static void what_is_offered_while_waiters_are_told_is_what_is_used(void **state)
{
    static const obs_store quick = {
        .size = sizeof(quick), .record_get = get_at_once, .record_put = record_put};
    struct fake fake = {0};
    struct key key;
    struct waiter first = waiter_of(&key), again = waiter_of(&key);

    (void)state;
    first.again = &again;
    key_init(&key, &quick, &fake, NULL, own);
    key_need(&key, &first.wait);
    answer_put(&fake, OBS_E_STORE_FULL, nothing); /* tells `first`, which asks again */
    assert_told(&first, OBS_OK, own);
    answer_put(&fake, OBS_OK, nothing);
    assert_told(&again, OBS_OK, fake.offered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_configured_secret_is_known_at_once_and_never_stored),
        cmocka_unit_test(an_empty_secret_is_none),
        cmocka_unit_test(the_key_in_the_store_is_used_and_asked_for_once),
        cmocka_unit_test(without_one_in_the_store_a_fresh_key_is_kept_there),
        cmocka_unit_test(two_fresh_keys_are_never_the_same),
        cmocka_unit_test(who_loses_the_race_takes_the_winners_key),
        cmocka_unit_test(needs_while_the_store_is_asked_wait_for_one_answer),
        cmocka_unit_test(errors_of_the_store_are_told_and_the_next_need_asks_again),
        cmocka_unit_test(a_store_that_takes_no_question_is_told_at_once),
        cmocka_unit_test(a_record_of_another_length_is_no_key),
        cmocka_unit_test(a_store_that_cannot_write_leaves_the_process_with_its_own),
        cmocka_unit_test(a_waiter_may_ask_again_while_it_is_told),
        cmocka_unit_test(what_is_offered_while_waiters_are_told_is_what_is_used),
    };
    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
