/* engine/move: what is in a room goes along to the one that replaces it, where both say so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../team.h"

struct fixture {
    struct team *team;
    struct store *store; /* the team's */
    int64_t old, new;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    void *team;
    team_setup(&team);
    f->team = team;
    f->store = f->team->store;
    f->old = f->team->room;
    f->new = team_make_room(f->team, "!new");
    room_set(f->store, f->old, "lang", "fr");
    team_say(f->team, "@alice:x", NULL,
             "!decide Two-step review\nasked: bob, carol\ndeadline: tomorrow 12:00");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    void *team = f->team;
    free(f);
    return team_teardown(&team);
}

static int64_t n_rows(struct fixture *f, int64_t room, const char *role)
{
    return store_int(f->store, -1, "SELECT count(*) FROM outbox WHERE room = ?1 AND role = ?2 AND state = 0",
                     "is", room, role);
}

static void enter_new(struct fixture *f)
{
    team_event(f->team, (struct event){ .kind = EVENT_SELF_JOINED,
                                        .room = f->new,
                                        .sender = "@greffier:x",
                                        .person = "@greffier:x",
                                        .membership = "join" });
}

static int64_t item_room(struct fixture *f)
{
    return store_int(f->store, 0, "SELECT room FROM item WHERE number = 1", "");
}

static void move_items__takes_them_along_with_a_new_card(void **state)
{
    struct fixture *f = *state;
    team_send_all(f->team);
    room_set(f->store, f->old, "successor", "!new");
    room_set(f->store, f->new, "predecessor", "!ops:x");
    store_run(f->store, "INSERT INTO link(item, what, other, room) VALUES(1, 'kept', 0, ?1)", "i", f->old);
    enter_new(f);
    assert_int_equal(item_room(f), f->new);
    assert_int_equal(store_int(f->store, 0, "SELECT room FROM link", ""), f->new);
    assert_int_equal(n_rows(f, f->new, "card"), 1);
    assert_string_equal(room_value(f->store, f->new, "lang", f->team->arena), "fr");
    int64_t card = store_int(f->store, 0, "SELECT card FROM item", "");
    struct outbox_row row;
    assert_true(outbox_get(f->store, card, f->team->arena, &row));
    assert_int_equal(row.room, f->new);
    assert_string_equal(row.lang, "fr");
    /* Once: coming in again moves nothing more. */
    team_send_all(f->team);
    enter_new(f);
    assert_int_equal(n_rows(f, f->new, "card"), 0);
    /* What time does is said in the new room. */
    int64_t later_ms = team_now_ms + INT64_C(48) * 3600 * 1000;
    assert_true(engine_timers(f->team->engine, later_ms, later_ms, (struct outage){ 0 }, 256) > 0);
    assert_int_equal(
        store_int(f->store, -1, "SELECT count(*) FROM outbox WHERE room = ?1 AND state = 0", "i", f->old), 0);
    assert_true(
        store_int(f->store, 0, "SELECT count(*) FROM outbox WHERE room = ?1 AND state = 0", "i", f->new) > 0);
}

/* The card was not even sent: what waited for it in the old room is said in the thread of the new one. */
static void move_items__takes_along_what_waits_to_be_said(void **state)
{
    struct fixture *f = *state;
    int64_t n_waiting = store_int(
        f->store, -1,
        "SELECT count(*) FROM outbox WHERE state = 0 AND kind = 0 AND role <> 'card' AND item = 1", "");
    assert_true(n_waiting > 0);
    room_set(f->store, f->old, "successor", "!new");
    room_set(f->store, f->new, "predecessor", "!ops:x");
    enter_new(f);
    assert_int_equal(n_rows(f, f->old, "card"), 0);
    assert_int_equal(n_rows(f, f->new, "card"), 1);
    const char *thread = arena_printf(f->team->arena, "@row:%lld",
                                      (long long)store_int(f->store, 0, "SELECT card FROM item", ""));
    assert_int_equal(store_int(f->store, -1,
                               "SELECT count(*) FROM outbox WHERE state = 0 AND kind = 0 AND role <> 'card'"
                               " AND item = 1 AND room = ?1 AND thread = ?2",
                               "is", f->new, thread),
                     n_waiting);
}

/* One of the two says so, or another room: nothing moves. */
static void move_items__needs_both_rooms_to_say_so(void **state)
{
    struct fixture *f = *state;
    static const char *const claims[][2] = {
        { NULL, "!ops:x" }, { "!new", NULL }, { "!other", "!ops:x" }, { "!new", "!other" }
    };
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        room_set(f->store, f->old, "successor", claims[i][0]);
        room_set(f->store, f->new, "predecessor", claims[i][1]);
        enter_new(f);
        assert_int_equal(item_room(f), f->old);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(move_items__takes_them_along_with_a_new_card),
        TEST(move_items__takes_along_what_waits_to_be_said),
        TEST(move_items__needs_both_rooms_to_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
