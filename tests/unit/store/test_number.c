/* store/number: no number twice, and after a restore the one that the lost life gave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/number.h"
#include "store/room.h"

static const int64_t now_ms = INT64_C(1800000000000);

static int setup(void **state)
{
    struct store *store = NULL;
    if (store_open(NULL, &store, NULL) != STORE_OPENED)
        return -1;
    store_begin(store);
    number_skip(store, "DEC", 4);
    store_run(store, "UPDATE number SET reserved = 8", "");
    *state = store;
    return 0;
}

static int teardown(void **state)
{
    store_close(*state);
    return 0;
}

static void number_draw__takes_from_the_block_until_it_is_used_up(void **state)
{
    struct store *store = *state;
    for (int64_t n = 5; n <= 8; n++)
        assert_int_equal(number_draw(store, "DEC", "$c"), n);
    assert_int_equal(number_draw(store, "DEC", "$c"), 0);
    assert_int_equal(number_draw(store, "REQ", "$c"), 0);
}

/* Only what is old, only in an old copy, and only once. */
static void number_must_look__before_an_old_cause_of_an_old_copy(void **state)
{
    struct store *store = *state;
    int64_t old_ms = now_ms - NUMBER_OLD_MS;
    assert_false(number_must_look(store, "$c", old_ms, now_ms));
    number_set_restored(store, now_ms - NUMBER_RESTORED_MS);
    assert_false(number_must_look(store, "$c", old_ms, now_ms));
    number_set_restored(store, now_ms - NUMBER_RESTORED_MS + 1);
    assert_true(number_must_look(store, "$c", old_ms, now_ms));
    assert_false(number_must_look(store, "$c", old_ms + 1, now_ms));
    assert_true(number_may_be_lost(store, now_ms - NUMBER_RESTORED_MS));
    assert_false(number_may_be_lost(store, now_ms - NUMBER_RESTORED_MS + 1));
    number_looked(store, "$c", NULL);
    assert_false(number_must_look(store, "$c", old_ms, now_ms));
    assert_true(number_must_look(store, "$other", old_ms, now_ms));
}

/* Said a moment before that was found out, it may be answered as well as an hour before; after it, nobody else answers. */
static void number_must_look__for_whatever_was_said_before_that_was_known(void **state)
{
    struct store *store = *state;
    int64_t restored_ms = now_ms - 1000;
    assert_false(number_must_look(store, "$c", restored_ms - 1, now_ms));
    number_set_restored(store, restored_ms);
    assert_true(number_must_look(store, "$c", restored_ms - 1, now_ms));
    assert_false(number_must_look(store, "$c", restored_ms, now_ms));
    number_looked(store, "$c", "DEC-7");
    assert_false(number_must_look(store, "$c", restored_ms - 1, now_ms));
}

static void number_draw__gives_what_the_look_found(void **state)
{
    struct store *store = *state;
    static const struct {
        const char *found;
        int64_t want;
    } rows[] = {
        { "DEC-7", 7 },  { "DEC-20", 20 }, /* those behind it are skipped, as if used */
        { NULL, 0 },     { "REQ-9", 0 },   { "DEC-", 0 },    { "DEC-x", 0 },
        { "DEC-1x", 0 }, { "DEC--3", 0 },  { "DEC-30", 30 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        number_looked(store, "$c", rows[i].found);
        int64_t drawn = number_draw(store, "DEC", "$c");
        if (drawn != rows[i].want)
            fail_msg("row %zu: %lld", i, (long long)drawn);
    }
    /* What an item of this store is called already is nobody else's. */
    int64_t room = room_ensure(store, "!r:x");
    store_run(store,
              "INSERT INTO item(uuid, prefix, number, room, state, owner, author, cause, opened_ms)"
              " VALUES('u', 'DEC', 31, ?1, 1, '@a:b', '@a:b', '$c', 1)",
              "i", room);
    store_run(store, "UPDATE number SET reserved = 40, next = 35", "");
    number_looked(store, "$c", "DEC-31");
    assert_int_equal(number_draw(store, "DEC", "$c"), 35);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(number_draw__takes_from_the_block_until_it_is_used_up),
        TEST(number_must_look__before_an_old_cause_of_an_old_copy),
        TEST(number_must_look__for_whatever_was_said_before_that_was_known),
        TEST(number_draw__gives_what_the_look_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
