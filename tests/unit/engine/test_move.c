/* engine/move: what is in a room goes along to the one that replaces it, where both say so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "commands/table.h"
#include "engine/engine.h"
#include "store/room.h"

/* Tuesday 24 November 2026, 10:00 in Zurich. */
static const int64_t now_ms = INT64_C(1795510800000);

struct fixture {
    struct store *store;
    struct engine *engine;
    struct arena *arena;
    int64_t old, new;
    int n_events;
};

static int64_t make_room(struct fixture *f, const char *room_id)
{
    static const char *const people[] = { "@greffier:x", "@alice:x", "@bob:x", "@carol:x" };
    int64_t room = room_ensure(f->store, room_id);
    room_set(f->store, room, "membership", "join");
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++)
        room_set_member(f->store, room, people[i], "join", NULL);
    return room;
}

static enum turn_result happens(struct fixture *f, struct event event)
{
    event.id = arena_printf(f->arena, "$%d", ++f->n_events);
    event.at_ms = now_ms;
    return engine_event(f->engine, &event, now_ms);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = arena_create();
    if (store_open(NULL, &f->store, NULL) != STORE_OPENED)
        return -1;
    f->engine = engine_create(f->store,
                              &(struct engine_settings){ .me = "@greffier:x",
                                                         .lang = "en",
                                                         .zone = "Europe/Zurich",
                                                         .hours = "mon-fri 09:00-12:00,13:00-17:00",
                                                         .prefix = "!" },
                              command_table, habit_table);
    store_begin(f->store);
    f->old = make_room(f, "!old:x");
    f->new = make_room(f, "!new");
    room_set(f->store, f->old, "lang", "fr");
    struct json_object *granted = json_parse("{\"DEC\":32}", 10);
    engine_reserve_numbers(f->engine, granted);
    json_object_put(granted);
    assert_int_equal(
        happens(
            f,
            (struct event){ .kind = EVENT_MESSAGE,
                            .room = f->old,
                            .sender = "@alice:x",
                            .body = "!decide Two-step review\nasked: bob, carol\ndeadline: tomorrow 12:00" }),
        TURN_DONE);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    store_rollback(f->store);
    engine_destroy(f->engine);
    store_close(f->store);
    arena_destroy(f->arena);
    free(f);
    return 0;
}

/* What waits comes to its room. */
static void send_all(struct fixture *f)
{
    int64_t id;
    while ((id = store_int(f->store, 0, "SELECT min(id) FROM outbox WHERE state = 0", "")) != 0) {
        outbox_seal(f->store, id, "{}", now_ms);
        outbox_sent(f->store, id, arena_printf(f->arena, "$sent%lld", (long long)id), now_ms);
    }
}

static int64_t n_rows(struct fixture *f, int64_t room, const char *role)
{
    return store_int(f->store, -1, "SELECT count(*) FROM outbox WHERE room = ?1 AND role = ?2 AND state = 0",
                     "is", room, role);
}

static void enter_new(struct fixture *f)
{
    assert_int_equal(happens(f, (struct event){ .kind = EVENT_SELF_JOINED,
                                                .room = f->new,
                                                .sender = "@greffier:x",
                                                .person = "@greffier:x",
                                                .membership = "join" }),
                     TURN_DONE);
}

static int64_t item_room(struct fixture *f)
{
    return store_int(f->store, 0, "SELECT room FROM item WHERE number = 1", "");
}

static void move_items__takes_them_along_with_a_new_card(void **state)
{
    struct fixture *f = *state;
    send_all(f);
    room_set(f->store, f->old, "successor", "!new");
    room_set(f->store, f->new, "predecessor", "!old:x");
    enter_new(f);
    assert_int_equal(item_room(f), f->new);
    assert_int_equal(n_rows(f, f->new, "card"), 1);
    assert_string_equal(room_value(f->store, f->new, "lang", f->arena), "fr");
    int64_t card = store_int(f->store, 0, "SELECT card FROM item", "");
    struct outbox_row row;
    assert_true(outbox_get(f->store, card, f->arena, &row));
    assert_int_equal(row.room, f->new);
    assert_string_equal(row.lang, "fr");
    /* Once: coming in again moves nothing more. */
    send_all(f);
    enter_new(f);
    assert_int_equal(n_rows(f, f->new, "card"), 0);
    /* What time does is said in the new room. */
    int64_t later_ms = now_ms + INT64_C(48) * 3600 * 1000;
    assert_true(engine_timers(f->engine, later_ms, later_ms, (struct outage){ 0 }, 256) > 0);
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
    room_set(f->store, f->new, "predecessor", "!old:x");
    enter_new(f);
    assert_int_equal(n_rows(f, f->old, "card"), 0);
    assert_int_equal(n_rows(f, f->new, "card"), 1);
    const char *thread =
        arena_printf(f->arena, "@row:%lld", (long long)store_int(f->store, 0, "SELECT card FROM item", ""));
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
        { NULL, "!old:x" }, { "!new", NULL }, { "!other", "!old:x" }, { "!new", "!other" }
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
