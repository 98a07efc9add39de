/* A room of a thousand devices (as a sample, of six hundred): its key goes there in batches, other rooms are not kept
 * waiting, what is urgent goes first; and a room is looked at again only when something that it waits for has come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../sample.h"
#include "crowd.h"
#include "matrix/crypto/share.h"

enum { ROUNDS_MAX = 500 };

static struct peer *bot, *alice, *bob;
static int64_t of_alice, of_bob;
static int n_people, n_devices; /* in the large room */

static int setup(void **state)
{
    (void)state;
    n_people = sample_of(10, 6);
    n_devices = n_people * CROWD_DEVICES;
    peers_begin();
    bot = peers_add("@bot:x", "CLERK", true);
    alice = peers_add("@alice:x", "PHONE", true);
    bob = peers_add("@bob:x", "PHONE", true);
    peers_set_member("@alice:x", "leave");
    peers_set_member("@bob:x", "leave");
    peers_settle();
    of_alice = crowd_make_room(bot, "!alice:x", "@alice:x");
    of_bob = crowd_make_room(bot, "!bob:x", "@bob:x");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    peers_finish();
    return 0;
}

static int64_t n_told(int64_t room)
{
    return store_int(bot->store, 0,
                     "SELECT count(*) FROM room_share JOIN room_out USING(session) WHERE room_out.room = ?1",
                     "i", room);
}

static const struct share_wish *wish_of(int64_t room)
{
    for (size_t i = 0; i < bot->crypto->n_wishes; i++)
        if (bot->crypto->wishes[i].room == room)
            return &bot->crypto->wishes[i];
    return NULL;
}

static void the_key_goes_in_batches__one_on_its_way(void **state)
{
    (void)state;
    crowd_add(bot, n_people);
    int64_t last = 0, n_rows;
    int n_batches = 0;
    for (int i = 0; i < ROUNDS_MAX && !crowd_is_ready(bot, 1, PEERS_ROOM, false); i++) {
        peers_work();
        int64_t told = n_told(1);
        assert_true(told - last <= SHARE_BATCH);
        n_batches += told > last;
        last = told;
        n_rows = peer_count(bot, "SELECT count(*) FROM to_device");
        assert_true(n_rows <= 1);
    }
    assert_true(crowd_is_ready(bot, 1, PEERS_ROOM, false));
    assert_int_equal(last, n_devices);
    assert_int_equal(n_batches, n_devices / SHARE_BATCH);
}

/* Rounds until what is to be said in this room can be. */
static int rounds_until_ready(int64_t room, const char *room_id, bool is_urgent)
{
    for (int i = 0; i < ROUNDS_MAX; i++) {
        crowd_is_ready(bot, 1, PEERS_ROOM, false);
        if (crowd_is_ready(bot, room, room_id, is_urgent))
            return i;
        peers_work();
    }
    return ROUNDS_MAX;
}

static void other_rooms__do_not_wait_for_it(void **state)
{
    (void)state;
    int alone = rounds_until_ready(of_alice, "!alice:x", false);
    crowd_add(bot, n_people);
    crypto_room_changed(bot->crypto, 1);
    assert_false(crowd_is_ready(bot, 1, PEERS_ROOM, false));
    for (int i = 0; i < ROUNDS_MAX && !n_told(1); i++)
        peers_work();
    assert_in_range(n_told(1), 1, n_devices - 1);
    int beside = rounds_until_ready(of_bob, "!bob:x", true);
    assert_true(beside <= alone + 2);
    assert_in_range(n_told(1), 1, n_devices - 1);
    assert_false(crowd_is_ready(bot, 1, PEERS_ROOM, false));
}

static void what_is_urgent__goes_before_a_thousand_claims(void **state)
{
    (void)state;
    crowd_add(bot, n_people);
    assert_false(crowd_is_ready(bot, 1, PEERS_ROOM, false));
    assert_false(crowd_is_ready(bot, of_bob, "!bob:x", true));
    for (int i = 0; i < ROUNDS_MAX && !n_told(of_bob); i++)
        peers_work();
    assert_int_equal(n_told(of_bob), 1);
    assert_true(n_told(1) <= SHARE_BATCH);
}

/* A sync without anything for a room that waits does not touch it; one with something touches that one alone. */
static void only_what_was_touched__is_looked_at_again(void **state)
{
    (void)state;
    peers.held = "/keys/claim";
    assert_false(crowd_is_ready(bot, of_alice, "!alice:x", false));
    assert_false(crowd_is_ready(bot, of_bob, "!bob:x", false));
    for (int i = 0; i < 5; i++)
        peers_work();
    assert_false(wish_of(of_alice)->is_due);
    assert_false(wish_of(of_bob)->is_due);
    peer_sync(bot);
    assert_false(wish_of(of_alice)->is_due);
    crypto_room_changed(bot->crypto, of_alice);
    assert_true(wish_of(of_alice)->is_due);
    assert_false(wish_of(of_bob)->is_due);
    share_touch_person(bot->crypto, "@bob:x");
    assert_true(wish_of(of_bob)->is_due);
    crypto_room_changed(bot->crypto, 77); /* of which nothing waits */
    peers.held = NULL;
    peers_settle();
    assert_true(crowd_is_ready(bot, of_alice, "!alice:x", false));
    assert_true(crowd_is_ready(bot, of_bob, "!bob:x", false));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_key_goes_in_batches__one_on_its_way),
        TEST(other_rooms__do_not_wait_for_it),
        TEST(what_is_urgent__goes_before_a_thousand_claims),
        TEST(only_what_was_touched__is_looked_at_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
