/* engine/own_up: who can do something about the bot's trouble hears of it, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bounds.h"
#include "commands/table.h"
#include "engine/engine.h"
#include "engine/move.h"
#include "store/hold.h"
#include "store/inbox.h"
#include "store/room.h"

/* Tuesday 24 November 2026, 10:00 in Zurich. */
static const int64_t now_ms = INT64_C(1795510800000);

#define ME    "@greffier:x"
#define ALICE "@alice:x"
#define BOB   "@bob:x"
#define CAROL "@carol:x"

struct fixture {
    struct store *store;
    struct engine *engine;
    struct arena *arena;
    int64_t room;
    int64_t now_ms;
    int n_events;
};

static int64_t make_room(struct fixture *f, const char *room_id)
{
    static const char *const people[] = { ME, ALICE, BOB };
    int64_t room = room_ensure(f->store, room_id);
    room_set(f->store, room, "membership", "join");
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++)
        room_set_member(f->store, room, people[i], "join", NULL);
    return room;
}

static enum turn_result happens(struct fixture *f, struct event event)
{
    event.id = event.id ? event.id : arena_printf(f->arena, "$%d", ++f->n_events);
    event.at_ms = f->now_ms;
    return engine_event(f->engine, &event, f->now_ms);
}

static int setup(void **state)
{
    static const char *const admins[] = { ALICE, CAROL, NULL };
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = arena_create();
    f->now_ms = now_ms;
    if (store_open(NULL, &f->store, NULL) != STORE_OPENED)
        return -1;
    f->engine = engine_create(f->store,
                              &(struct engine_settings){ .me = ME,
                                                         .lang = "en",
                                                         .zone = "Europe/Zurich",
                                                         .hours = "mon-fri 09:00-12:00,13:00-17:00",
                                                         .prefix = "!",
                                                         .admins = admins },
                              command_table, habit_table);
    store_begin(f->store);
    f->room = make_room(f, "!room:x");
    struct json_object *granted = json_parse("{\"DEC\":32}", 10);
    engine_reserve_numbers(f->engine, granted);
    json_object_put(granted);
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

/* What the rows of a template say, in order, a line each. */
static const char *said(struct fixture *f, const char *template_name, const char *person)
{
    int64_t ids[16];
    size_t n = 0;
    const char *all = "";
    struct rows rows = store_rows(f->store,
                                  "SELECT o.id FROM outbox o JOIN room r ON r.id = o.room"
                                  " WHERE o.template = ?1 AND (?2 IS NULL OR r.dm_person = ?2) ORDER BY o.id",
                                  "ss", template_name, person);
    while (n < 16 && rows_next(&rows))
        ids[n++] = rows_int(&rows, 0);
    rows_end(&rows);
    for (size_t i = 0; i < n; i++) {
        struct outbox_row row;
        struct spoken spoken;
        assert_true(outbox_get(f->store, ids[i], f->arena, &row));
        assert_true(engine_speak(f->engine, &row, f->arena, &spoken, NULL));
        all = arena_printf(f->arena, "%s%s\n", all, spoken.body);
    }
    return all;
}

static struct event removal(struct fixture *f)
{
    return (struct event){ .kind = EVENT_SELF_LEFT,
                           .room = f->room,
                           .sender = BOB,
                           .person = ME,
                           .membership = "leave",
                           .reason = "too \u202echatty <b>" };
}

static void removed__is_told_once_to_each_admin(void **state)
{
    struct fixture *f = *state;
    struct event event = removal(f);
    event.id = "$kick";
    assert_int_equal(happens(f, (struct event){ .kind = EVENT_MESSAGE,
                                                .room = f->room,
                                                .sender = ALICE,
                                                .body = "!decide Two-step review by tomorrow 12:00" }),
                     TURN_DONE);
    room_set(f->store, f->room, "name", "checkout");
    assert_int_equal(happens(f, event), TURN_DONE);
    assert_int_equal(happens(f, event), TURN_NOTHING);
    const char *want =
        "I am no longer in “checkout”: removed by bob, who writes “too chatty <b>”.\n"
        "What is open there (1) waits: nothing closes, nobody is pinged. Invite me again and it goes on; a "
        "date that has passed by then gets a new one.\n";
    assert_string_equal(said(f, "room/removed", ALICE), want);
    assert_string_equal(said(f, "room/removed", CAROL), want);
    assert_null(strstr(said(f, "room/removed", NULL), "Two-step"));
}

static void removed__says_ban_and_speaks_as_the_direct_room_does(void **state)
{
    struct fixture *f = *state;
    struct event event = removal(f);
    int64_t direct = make_room(f, "!dm:x");
    room_set(f->store, direct, "dm_person", ALICE);
    room_set_member(f->store, direct, BOB, "leave", NULL);
    room_set(f->store, direct, "lang", "fr");
    event.membership = "ban";
    event.reason = NULL;
    assert_int_equal(happens(f, event), TURN_DONE);
    assert_string_equal(said(f, "room/removed", CAROL),
                        "I am no longer in `!room:x`: banned by bob, no reason given.\n"
                        "Nothing was open there.\n");
    assert_string_equal(said(f, "room/removed", ALICE),
                        "Je ne suis plus dans `!room:x`\u00a0: bannissement par bob, sans motif.\n"
                        "Rien n’y était ouvert.\n");
}

static void removed__is_nothing__by_itself_or_from_a_direct_room(void **state)
{
    struct fixture *f = *state;
    struct event event = removal(f);
    event.sender = ME;
    assert_int_equal(happens(f, event), TURN_NOTHING);
    event.sender = BOB;
    room_set(f->store, f->room, "dm_person", BOB);
    assert_int_equal(happens(f, event), TURN_NOTHING);
    assert_string_equal(said(f, "room/removed", NULL), "");
}

/* On hold for a gap since before now; says so at now. */
static void open_gap(struct fixture *f)
{
    gap_set(f->store, f->room,
            &(struct gap){ .from = "p1", .key = 1, .since_ms = now_ms - GAP_UNSAID_MS - 60000 });
    room_set_hold(f->store, f->room, now_ms - GAP_UNSAID_MS);
    hold_say_at(f->store, f->room, now_ms);
}

static size_t n_fired(struct fixture *f, int64_t at_ms)
{
    return engine_timers(f->engine, at_ms, 0, (struct outage){ 0 }, 256);
}

static size_t n_heads(struct fixture *f)
{
    struct outbox_head found[8];
    return outbox_heads(f->store, &(struct outbox_asked){ .now_ms = now_ms }, found, 8);
}

static void hold__is_said_once_and_goes_out_while_it_lasts(void **state)
{
    struct fixture *f = *state;
    open_gap(f);
    assert_int_equal(n_fired(f, now_ms - 1), 0);
    assert_int_equal(n_fired(f, now_ms), 1);
    assert_int_equal(n_fired(f, now_ms + 24 * 3600 * 1000), 0);
    assert_string_equal(
        said(f, "room/on-hold", NULL),
        "I have not yet been able to read all that was said here since Tue 24 Nov 09:49 CET. Until I have, nothing closes "
        "here and nobody is pinged. What is written now is kept and counts; objections and cancels count at once.\n");
    assert_int_equal(n_heads(f), 1);
    /* It ends before that could leave: then it is not true any more. */
    gap_set(f->store, f->room, NULL);
    hold_say_nothing(f->store, f->room);
    assert_int_equal(n_heads(f), 0);
    /* Another hold is another cause. */
    hold_say_at(f->store, f->room, now_ms + 1);
    gap_set(f->store, f->room, &(struct gap){ .from = "p2", .key = 1, .since_ms = now_ms });
    room_set(f->store, f->room, "lang", "fr");
    assert_int_equal(n_fired(f, now_ms + 1), 1);
    assert_int_equal(n_heads(f), 1);
    assert_non_null(
        strstr(said(f, "room/on-hold", NULL),
               "Je n’ai pas encore pu lire tout ce qui s’est dit ici depuis le mar. 24 nov., 10 h"));
}

static void hold__is_not_said__when_it_is_over_or_private(void **state)
{
    struct fixture *f = *state;
    open_gap(f);
    hold_say_nothing(f->store, f->room);
    assert_int_equal(n_fired(f, now_ms), 0);
    open_gap(f);
    gap_set(f->store, f->room, NULL);
    assert_int_equal(n_fired(f, now_ms), 1);
    open_gap(f);
    room_set(f->store, f->room, "dm_person", BOB);
    room_set_member(f->store, f->room, ALICE, "leave", NULL);
    assert_int_equal(n_fired(f, now_ms), 1);
    assert_string_equal(said(f, "room/on-hold", NULL), "");
    /* Begun by a clock that was wrong by an hour. */
    open_gap(f);
    hold_clock_moved(f->store, 3600 * 1000);
    assert_int_equal(n_fired(f, now_ms + 3600 * 1000 - 1), 0);
    assert_int_equal(n_fired(f, now_ms + 3600 * 1000), 1);
}

static void lost__is_said_in_the_room_with_its_time(void **state)
{
    struct fixture *f = *state;
    hold_say_lost(f->store, f->room, now_ms - 720000, now_ms);
    assert_int_equal(n_fired(f, now_ms), 1);
    assert_int_equal(n_fired(f, now_ms), 0);
    assert_string_equal(
        said(f, "room/lost", NULL),
        "Some of what was said here between Tue 24 Nov 09:48 and Tue 24 Nov 10:00 CET will not reach me any more. If some "
        "of it was for me, send it again. For open decisions that silence is no agreement: their owners settle.\n");
}

/* What cannot be read */

static void unread__is_said_once_a_day__with_what_its_author_can_do(void **state)
{
    struct fixture *f = *state;
    hold_say_unread(f->store, f->room, BOB, true, now_ms);
    assert_int_equal(n_fired(f, now_ms), 1);
    assert_string_equal(
        said(f, "room/unread", NULL),
        "I cannot read what bob writes here, so it counts for nothing. It comes from a session that is not "
        "verified: once it is (Settings, Sessions), send it again. Until then that session cannot read me "
        "either.\n");
    int64_t n = store_int(f->store, 0, "SELECT count(*) FROM outbox", "");
    hold_say_unread(f->store, f->room, BOB, true, now_ms + 1);
    n_fired(f, now_ms + 1);
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM outbox", ""), n);
    hold_say_unread(f->store, f->room, ALICE, true, now_ms + 2);
    n_fired(f, now_ms + 2);
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM outbox", ""), n + 1);
}

static void unread__is_said_of_a_key_that_has_not_come(void **state)
{
    struct fixture *f = *state;
    hold_say_unread(f->store, f->room, BOB, false, now_ms);
    n_fired(f, now_ms); /* it has come meanwhile */
    assert_string_equal(said(f, "room/unread", NULL), "");
    inbox_add(f->store,
              &(struct inbox_row){ .event_id = "$late",
                                   .room = f->room,
                                   .state = INBOX_KEY,
                                   .json = "{\"sender\":\"" BOB "\"}",
                                   .since_ms = now_ms,
                                   .reason = "a session" },
              1);
    hold_say_unread(f->store, f->room, BOB, false, now_ms + 1);
    n_fired(f, now_ms + 1);
    assert_string_equal(
        said(f, "room/unread", NULL),
        "I cannot read what bob writes here, so it counts for nothing. Its key has not come. If it comes, "
        "what was written counts from then on; else send it again.\n");
}

static void unread__is_not_said_to_programs_and_strangers(void **state)
{
    struct fixture *f = *state;
    hold_say_unread(f->store, f->room, CAROL, true, now_ms);
    person_set_bot(f->store, BOB);
    hold_say_unread(f->store, f->room, BOB, true, now_ms);
    n_fired(f, now_ms);
    assert_string_equal(said(f, "room/unread", NULL), "");
    room_set(f->store, f->room, "membership", "leave");
    hold_say_unread(f->store, f->room, ALICE, true, now_ms + 1);
    n_fired(f, now_ms + 1);
    assert_string_equal(said(f, "room/unread", NULL), "");
}

static void an_identity_made_anew__is_said_once_in_encrypted_rooms(void **state)
{
    struct fixture *f = *state;
    hold_say_anew(f->store, BOB, "KEY", now_ms);
    assert_int_equal(n_fired(f, now_ms), 0); /* in clear: nobody was to be sure of anything */
    room_set_encrypted(f->store, f->room);
    hold_say_anew(f->store, BOB, "KEY", now_ms + 1);
    assert_int_equal(n_fired(f, now_ms), 0);
    assert_int_equal(n_fired(f, now_ms + 1), 1);
    assert_string_equal(
        said(f, "room/anew", NULL),
        "The encryption keys of bob were made anew. If they did not do that themselves, somebody else may "
        "be writing in their name: better ask them by another way.\n");
    int64_t n = store_int(f->store, 0, "SELECT count(*) FROM outbox", "");
    hold_say_anew(f->store, CAROL, "KEY", now_ms);
    room_set(f->store, f->room, "membership", "leave");
    hold_say_anew(f->store, BOB, "OTHER", now_ms);
    n_fired(f, now_ms + 2);
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM outbox", ""), n);
}

/* Where rooms do not agree */

static struct event doubt_of(struct fixture *f, const char *successor, const char *key)
{
    return (struct event){ .kind = EVENT_MOVE_DOUBTED,
                           .id = arena_printf(f->arena, "$doubt:!room:x:%s", successor),
                           .room = f->room,
                           .sender = BOB,
                           .target = successor,
                           .key = key,
                           .membership = "leave" };
}

static int64_t make_direct(struct fixture *f, const char *room_id, const char *person)
{
    int64_t room = room_ensure(f->store, room_id);
    room_set(f->store, room, "membership", "join");
    room_set(f->store, room, "dm_person", person);
    room_set_member(f->store, room, ME, "join", NULL);
    room_set_member(f->store, room, person, "join", NULL);
    return room;
}

/* A decision is open, the room is said to have moved to !new:y, and both admins were asked. */
static void ask(struct fixture *f)
{
    make_direct(f, "!alice:x", ALICE);
    make_direct(f, "!carol:x", CAROL);
    room_set(f->store, f->room, "name", "checkout");
    happens(f, (struct event){ .kind = EVENT_MESSAGE,
                               .room = f->room,
                               .sender = ALICE,
                               .body = "!decide Two-step review by tomorrow 12:00" });
    move_note_sender(f->store, "!room:x", BOB);
    assert_int_equal(happens(f, doubt_of(f, "!new:y", "predecessor")), TURN_DONE);
}

static enum turn_result answers(struct fixture *f, const char *room_id, const char *person, const char *body)
{
    return happens(
        f, (struct event){
               .kind = EVENT_MESSAGE, .room = room_find(f->store, room_id), .sender = person, .body = body });
}

static int64_t item_room(struct fixture *f)
{
    return store_int(f->store, 0, "SELECT room FROM item", "");
}

static void move__is_asked_once_of_each_admin(void **state)
{
    struct fixture *f = *state;
    ask(f);
    assert_int_equal(happens(f, doubt_of(f, "!new:y", "sender")), TURN_NOTHING);
    const char *want =
        "bob says that “checkout” is replaced by `!new:y`. That room does not say so itself: I have left "
        "it again. What is open (1) stays in the old room for now.\n"
        "1️⃣ follow all the same: settings and items go there, for its people to see · 2️⃣ stay. Reply to "
        "this message with 1 or 2.\n";
    assert_string_equal(said(f, "room/doubt", ALICE), want);
    assert_string_equal(said(f, "room/doubt", CAROL), want);
    /* Whoever makes doubts one after the other is not heard for ever. */
    assert_int_equal(happens(f, doubt_of(f, "!b:y", "sender")), TURN_DONE);
    assert_non_null(strstr(said(f, "room/doubt", ALICE), "that is not for bob to say"));
    assert_int_equal(happens(f, doubt_of(f, "!c:y", "sender")), TURN_DONE);
    assert_int_equal(happens(f, doubt_of(f, "!d:y", "sender")), TURN_NOTHING);
}

static void move__is_followed__when_an_admin_says_so(void **state)
{
    struct fixture *f = *state;
    ask(f);
    f->now_ms += 24 * 3600 * 1000; /* read in the morning */
    assert_int_equal(answers(f, "!alice:x", ALICE, "1"), TURN_DONE);
    assert_string_equal(
        store_str(f->store, f->arena, "SELECT room_id || ' ' || via FROM invite WHERE state = 'join'", ""),
        "!new:y x");
    const char *want =
        "alice: follow. I am joining `!new:y`; what is in “checkout” comes along once I am in. If I am "
        "not there in some minutes, invite me.\n";
    assert_string_equal(said(f, "room/doubt-decided", ALICE), want);
    assert_string_equal(said(f, "room/doubt-decided", CAROL), want);
    /* It is answered. */
    assert_int_equal(answers(f, "!carol:x", CAROL, "2"), TURN_NOTHING);
    int64_t new = make_room(f, "!new:y");
    room_set(f->store, new, "predecessor", NULL);
    happens(f,
            (struct event){
                .kind = EVENT_SELF_JOINED, .room = new, .sender = ME, .person = ME, .membership = "join" });
    assert_int_equal(item_room(f), new);
}

static void move__happens_at_once__where_the_bot_is_in_both(void **state)
{
    struct fixture *f = *state;
    int64_t new = make_room(f, "!new:y");
    ask(f);
    assert_int_equal(answers(f, "!carol:x", CAROL, "1"), TURN_DONE);
    assert_int_equal(item_room(f), new);
    assert_string_equal(said(f, "room/doubt-decided", CAROL),
                        "carol: follow. What was in “checkout” is in `!new:y` now.\n");
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM invite", ""), 0);
}

static void move__stays__until_an_admin_says_otherwise(void **state)
{
    struct fixture *f = *state;
    int64_t new = make_room(f, "!new:y");
    ask(f);
    assert_int_equal(answers(f, "!alice:x", ALICE, "2"), TURN_DONE);
    assert_string_equal(
        said(f, "room/doubt-decided", CAROL),
        "alice: stay. What is open in “checkout” stays as it is. `!room follow !room:x !new:y` follows after "
        "all.\n");
    /* Neither for those who are no admin, nor for what was never asked. */
    answers(f, "!room:x", BOB, "!room follow !room:x !new:y");
    answers(f, "!alice:x", ALICE, "!room follow !alice:x !new:y");
    answers(f, "!alice:x", ALICE, "!room follow !room:x !evil:y");
    assert_int_equal(item_room(f), f->room);
    assert_int_equal(answers(f, "!alice:x", ALICE, "!room follow !room:x !new:y"), TURN_DONE);
    assert_int_equal(item_room(f), new);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(removed__is_told_once_to_each_admin),
        TEST(removed__says_ban_and_speaks_as_the_direct_room_does),
        TEST(removed__is_nothing__by_itself_or_from_a_direct_room),
        TEST(hold__is_said_once_and_goes_out_while_it_lasts),
        TEST(hold__is_not_said__when_it_is_over_or_private),
        TEST(lost__is_said_in_the_room_with_its_time),
        TEST(unread__is_said_once_a_day__with_what_its_author_can_do),
        TEST(unread__is_said_of_a_key_that_has_not_come),
        TEST(unread__is_not_said_to_programs_and_strangers),
        TEST(an_identity_made_anew__is_said_once_in_encrypted_rooms),
        TEST(move__is_asked_once_of_each_admin),
        TEST(move__is_followed__when_an_admin_says_so),
        TEST(move__happens_at_once__where_the_bot_is_in_both),
        TEST(move__stays__until_an_admin_says_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
