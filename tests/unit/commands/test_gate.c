/* What is said in an urgent room and wakes nobody up: where the room is strict its author has it back, and only then it goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../team.h"
#include "engine/direct.h"
#include "store/hold.h"

#define CAROL "@carol:x"

static void set_level_of_bot(struct team *f, int level)
{
    const char *text = arena_printf(f->arena, "{\"users\":{\"@alice:x\":100,\"@greffier:x\":%d}}", level);
    struct json_object *levels = json_parse(text, strlen(text));
    room_set_power(f->store, f->room, levels);
    json_object_put(levels);
}

static int64_t open_direct(struct team *f, const char *person)
{
    int64_t room = room_ensure(f->store, arena_printf(f->arena, "!dm-%s", person));
    room_set(f->store, room, "membership", "join");
    room_set(f->store, room, "dm_person", person);
    room_set_member(f->store, room, "@greffier:x", "join", NULL);
    room_set_member(f->store, room, person, "join", NULL);
    return room;
}

/* A strict room in which the bot may remove, and carol can be spoken to. */
static int setup(void **state)
{
    team_setup(state);
    struct team *f = *state;
    room_set(f->store, f->room, "kind", "urgent");
    room_set(f->store, f->room, "name", "Urgent");
    set_level_of_bot(f, 50);
    open_direct(f, CAROL);
    team_say(f, "@alice:x", NULL, "!room gate strict");
    team_send_all(f);
    return 0;
}

static int64_t n_rows(struct team *f, const char *template_name)
{
    return store_int(f->store, -1, "SELECT count(*) FROM outbox WHERE template = ?1", "s", template_name);
}

static struct outbox_row newest(struct team *f, const char *template_name)
{
    struct outbox_row row = { 0 };
    int64_t id = store_int(f->store, 0, "SELECT max(id) FROM outbox WHERE template = ?1", "s", template_name);
    assert_true(outbox_get(f->store, id, f->arena, &row));
    return row;
}

static enum turn_result says(struct team *f, struct event event)
{
    event.id = arena_printf(f->arena, "$%d", ++f->n_events);
    event.kind = EVENT_MESSAGE;
    event.room = f->room;
    event.at_ms = team_now_ms;
    return engine_event(f->engine, &event, team_now_ms);
}

static bool may_go(struct team *f, int64_t id)
{
    struct outbox_head heads[16];
    struct outbox_asked asked = { .now_ms = team_now_ms };
    size_t n = outbox_heads(f->store, &asked, heads, 16);
    for (size_t i = 0; i < n; i++)
        if (heads[i].id == id)
            return true;
    return false;
}

static void strict__goes_once_its_author_has_it(void **state)
{
    struct team *f = *state;
    team_say(f, CAROL, NULL, "ASAP: who\n  proofreads  my slides?");
    const char *event = arena_printf(f->arena, "$%d", f->n_events);
    struct outbox_row back = newest(f, "escalation/given-back"), gone = newest(f, "escalation/removed");
    assert_non_null(
        strstr(team_said(f, "escalation/given-back"), "> ASAP: who\n>   proofreads  my slides?\n"));
    assert_string_equal(back.mentions, "[\"" CAROL "\"]");
    assert_string_equal(room_value(f->store, back.room, "dm_person", f->arena), CAROL);
    assert_int_equal(gone.kind, OUTBOX_REDACTION);
    assert_int_equal(gone.room, f->room);
    assert_string_equal(gone.target, event);
    assert_int_equal(gone.valid_until_ms, team_now_ms + HOUR_MS);
    assert_int_equal(n_rows(f, "escalation/gate"), 0);
    assert_false(may_go(f, gone.id));
    outbox_seal(f->store, back.id, "{}", team_now_ms);
    assert_false(may_go(f, gone.id));
    outbox_sent(f->store, back.id, "$back", team_now_ms);
    assert_true(may_go(f, gone.id));
}

/* Neither is late: what could not be given back in time stays. */
static void strict__is_now_or_never(void **state)
{
    struct team *f = *state;
    team_say(f, CAROL, NULL, "is anybody there");
    outbox_expire(f->store, team_now_ms + HOUR_MS);
    assert_int_equal(newest(f, "escalation/given-back").state, OUTBOX_WITHDRAWN);
    assert_int_equal(newest(f, "escalation/removed").state, OUTBOX_WITHDRAWN);
}

static void strict__leaves_alone_who_knows_and_what_stands_in_a_thread(void **state)
{
    struct team *f = *state;
    assert_int_equal(says(f, (struct event){ .sender = "@alice:x", .body = "good morning" }), TURN_NOTHING);
    assert_int_equal(says(f, (struct event){ .sender = CAROL, .body = "yes", .thread = "$root" }),
                     TURN_NOTHING);
    assert_int_equal(says(f, (struct event){ .sender = CAROL, .body = "yes", .reply = "$root" }),
                     TURN_NOTHING);
    assert_int_equal(says(f, (struct event){ .sender = CAROL, .body = "!!" }), TURN_NOTHING);
    team_say(f, "@alice:x", NULL, "!urgent Payments refused, go back to 4.1, before 12:00\nowner: carol");
    assert_int_equal(says(f, (struct event){ .sender = CAROL, .body = "I look" }), TURN_NOTHING);
    assert_int_equal(n_rows(f, "escalation/removed"), 0);
}

static void strict__author_who_removes_it_leaves_nothing_to_remove(void **state)
{
    struct team *f = *state;
    team_say(f, CAROL, NULL, "lunch?");
    const char *target = arena_printf(f->arena, "$%d", f->n_events);
    team_event(f,
               (struct event){ .kind = EVENT_REDACTION, .room = f->room, .sender = CAROL, .target = target });
    assert_int_equal(newest(f, "escalation/removed").state, OUTBOX_WITHDRAWN);
    assert_null(strstr(team_said(f, "escalation/given-back"), "lunch"));
}

static void edit_last(struct team *f, const char *person, const char *body)
{
    const char *target = arena_printf(f->arena, "$%d", f->n_events);
    team_event(f,
               (struct event){
                   .kind = EVENT_EDIT, .room = f->room, .sender = person, .target = target, .body = body });
}

/* Between what is given back and its removal: what comes back is what was last written, and a command is one. */
static void strict__an_edit_is_given_back_too(void **state)
{
    struct team *f = *state;
    team_say(f, CAROL, NULL, "lunch?");
    edit_last(f, CAROL, "dinner?");
    assert_non_null(strstr(team_said(f, "escalation/given-back"), "> dinner?"));
    assert_int_equal(newest(f, "escalation/removed").state, OUTBOX_QUEUED);
}

static void strict__an_edit_may_be_an_escalation(void **state)
{
    struct team *f = *state;
    team_say(f, CAROL, NULL, "payments refused");
    edit_last(f, CAROL, "!urgent Payments refused, go back to 4.1, before 12:00\nowner: bob");
    assert_int_equal(newest(f, "escalation/removed").state, OUTBOX_WITHDRAWN);
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM item WHERE prefix = 'ESC'", ""), 1);
}

/* Where nobody can be given anything back, it stays; the way is asked for once. */
static void strict__without_a_door_it_stays_and_one_is_asked_for(void **state)
{
    struct team *f = *state;
    for (int n = 1; n <= 3; n++) {
        team_say(f, "@bob:x", NULL, "is anybody there");
        assert_int_equal(n_rows(f, "escalation/gate"), n);
        assert_int_equal(n_rows(f, "escalation/door"), 1);
    }
    const char *person;
    assert_int_equal(direct_next_wanted(f->store, 0, f->arena, &person), newest(f, "escalation/door").room);
    assert_string_equal(person, "@bob:x");
    assert_int_equal(n_rows(f, "escalation/removed"), 0);
}

static void strict__what_is_too_long_to_come_back_whole_stays(void **state)
{
    struct team *f = *state;
    char *body = arena_alloc(f->arena, 7001);
    memset(body, 'a', 7000);
    team_say(f, CAROL, NULL, body);
    assert_int_equal(n_rows(f, "escalation/removed"), 0);
    assert_int_equal(n_rows(f, "escalation/gate"), 1);
    assert_int_equal(n_rows(f, "escalation/door"), 0);
}

static const char *gate(struct team *f)
{
    return room_value(f->store, f->room, "gate", f->arena);
}

/* Its levels say so: it is met as by a firm gate, and the room hears of it once. */
static void powerless__is_firm_and_says_so_once(void **state)
{
    struct team *f = *state;
    set_level_of_bot(f, 49);
    team_say(f, CAROL, NULL, "is anybody there");
    assert_string_equal(gate(f), "strict");
    team_let_time_pass(f, team_now_ms);
    assert_string_equal(gate(f), "firm");
    team_say(f, CAROL, NULL, "hello?");
    team_let_time_pass(f, team_now_ms);
    assert_int_equal(n_rows(f, "room/powerless"), 1);
    assert_int_equal(newest(f, "room/powerless").room, f->room);
    assert_int_equal(n_rows(f, "escalation/gate"), 2);
    assert_int_equal(n_rows(f, "escalation/removed"), 0);
    assert_string_equal(store_str(f->store, f->arena,
                                  "SELECT coalesce(person, 'nobody') FROM history"
                                  " WHERE what = 'room gate' ORDER BY id DESC",
                                  ""),
                        "nobody");
}

/* What a homeserver refuses was chosen away meanwhile, or the bot is no longer there: nothing is said. */
static void powerless__is_moot_where_the_gate_is_another(void **state)
{
    struct team *f = *state;
    hold_say_powerless(f->store, f->room, team_now_ms);
    team_say(f, "@alice:x", NULL, "!room gate gentle");
    team_let_time_pass(f, team_now_ms);
    assert_string_equal(gate(f), "gentle");
    room_set(f->store, f->room, "gate", "strict");
    room_set(f->store, f->room, "membership", "leave");
    hold_say_powerless(f->store, f->room, team_now_ms);
    team_let_time_pass(f, team_now_ms);
    assert_string_equal(gate(f), "strict");
    assert_int_equal(n_rows(f, "room/powerless"), 0);
}

/* To redact takes that level, and to send what does so, if that is more. */
static void powerless__cannot_be_strict(void **state)
{
    static const char *const powers[] = {
        "{\"users\":{\"@alice:x\":100,\"@greffier:x\":60},\"redact\":61}",
        "{\"users\":{\"@alice:x\":100,\"@greffier:x\":60},\"events\":{\"m.room.redaction\":61}}",
    };
    struct team *f = *state;
    for (size_t i = 0; i < sizeof powers / sizeof powers[0]; i++) {
        struct json_object *levels = json_parse(powers[i], strlen(powers[i]));
        room_set_power(f->store, f->room, levels);
        json_object_put(levels);
        room_set(f->store, f->room, "gate", "firm");
        team_say(f, "@alice:x", NULL, "!room gate strict");
        assert_string_equal(gate(f), "firm");
        assert_non_null(strstr(team_said(f, "room/powerless"), "power level of 61"));
    }
}

/* "1" in the direct message is an escalation in the room where it was said, by that room's clock. */
static void given_back__a_tap_makes_it_an_escalation_there(void **state)
{
    struct team *f = *state;
    int64_t direct = newest(f, "room/settings").room;
    team_say(f, CAROL, NULL, "Payments refused, go back to 4.1, before 12:00");
    struct outbox_row back = newest(f, "escalation/given-back");
    assert_int_not_equal(back.room, direct);
    team_send_all(f);
    store_run(f->store, "INSERT INTO personal(person, name, value) VALUES(?1, 'zone', 'America/Montreal')",
              "s", CAROL);
    team_event(f, (struct event){ .kind = EVENT_REACTION,
                                  .room = back.room,
                                  .sender = CAROL,
                                  .target = arena_printf(f->arena, "$sent%lld", (long long)back.id),
                                  .key = "1️⃣" });
    team_event(f, (struct event){ .kind = EVENT_MESSAGE, .room = back.room, .sender = CAROL, .body = "bob" });
    assert_int_equal(store_int(f->store, 0, "SELECT room FROM item WHERE prefix = 'ESC'", ""), f->room);
    assert_int_equal(store_int(f->store, 0, "SELECT deadline_ms FROM item WHERE prefix = 'ESC'", ""),
                     team_now_ms + 2 * (int64_t)HOUR_MS);
    assert_non_null(strstr(team_said(f, "escalation/opened"), "is open in Urgent"));
}

/* --- Who cries elsewhere --- */

/* A room of work that wants hints; team f->room is the urgent one. */
static int64_t make_work(struct team *f)
{
    int64_t work = team_make_room(f, "!work:x");
    static const char power[] = "{\"users\":{\"@alice:x\":100}}";
    struct json_object *levels = json_parse(power, sizeof power - 1);
    room_set_power(f->store, work, levels);
    json_object_put(levels);
    room_set(f->store, work, "hint", "on");
    return work;
}

static enum turn_result cries(struct team *f, int64_t room, const char *person, const char *body,
                              int64_t at_ms)
{
    const struct event event = { .id = arena_printf(f->arena, "$%d", ++f->n_events),
                                 .room = room,
                                 .sender = person,
                                 .at_ms = at_ms,
                                 .body = body };
    return engine_event(f->engine, &event, at_ms);
}

static void hint__is_for_cries_alone(void **state)
{
    static const struct {
        const char *body;
        bool is_cry;
    } rows[] = {
        { "URGENT can somebody look", true },
        { "urgent: look please", true },
        { "can somebody look, asap?", true },
        { "@room come and look", true },
        { "it’s urgent", true },
        { "c'est urgent !", true },
        { "c’est très urgent", true },
        { "the build is broken. URGENT", true },
        { "this one urgent!!", true },
        { "that is not urgent", false },
        { "not really urgent, is it", false },
        { "if it is urgent, call me", false },
        { "ce n’est pas très urgent", false },
        { "the urgent room has a new rota", false },
        { "insurgents", false },
        { "write to me@room.example", false },
        { "good morning", false },
    };
    struct team *f = *state;
    int64_t work = make_work(f), at_ms = team_now_ms;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        at_ms += 25 * (int64_t)HOUR_MS;
        enum turn_result result = cries(f, work, CAROL, rows[i].body, at_ms);
        if ((result == TURN_DONE) != rows[i].is_cry)
            fail_msg("%s: %s", rows[i].body, rows[i].is_cry ? "is a cry" : "is none");
    }
}

/* Once a day for each, five a day for all; in no thread, for no moderator, and nowhere that does not want it. */
static void hint__is_seldom(void **state)
{
    static const char *const people[] = { CAROL, "@bob:x", "@dan:x", "@erin:x", "@frank:x", "@grace:x" };
    struct team *f = *state;
    int64_t work = make_work(f), day_ms = 24 * (int64_t)HOUR_MS;
    for (size_t i = 0; i < 6; i++) {
        room_set_member(f->store, work, people[i], "join", NULL);
        assert_int_equal(cries(f, work, people[i], "ASAP", team_now_ms), i < 5 ? TURN_DONE : TURN_NOTHING);
        assert_int_equal(cries(f, work, people[i], "ASAP", team_now_ms + 1), TURN_NOTHING);
    }
    assert_int_equal(cries(f, work, "@grace:x", "ASAP", team_now_ms + day_ms), TURN_DONE);
    assert_int_equal(cries(f, work, "@alice:x", "ASAP", team_now_ms + 2 * day_ms), TURN_NOTHING);
    struct event event = { .id = "$threaded",
                           .room = work,
                           .sender = CAROL,
                           .at_ms = team_now_ms + 2 * day_ms,
                           .body = "ASAP",
                           .thread = "$root" };
    assert_int_equal(engine_event(f->engine, &event, event.at_ms), TURN_NOTHING);
    event.thread = NULL;
    event.reply = "$root";
    assert_int_equal(engine_event(f->engine, &event, event.at_ms), TURN_NOTHING);
    room_set(f->store, work, "hint", NULL);
    event.reply = NULL;
    assert_int_equal(engine_event(f->engine, &event, event.at_ms), TURN_NOTHING);
    assert_false(engine_wants(f->engine, &event));
    room_set(f->store, work, "hint", "on");
    assert_true(engine_wants(f->engine, &event));
}

/* A tap opens the form of the urgent room, without the cry; the other makes a task where it was said. */
static void hint__leads_there_or_to_a_task(void **state)
{
    struct team *f = *state;
    int64_t work = make_work(f);
    for (int choice = 1; choice <= 2; choice++) {
        const char *person = choice == 1 ? CAROL : "@bob:x";
        assert_int_equal(
            cries(f, work, person, "URGENT\u202f: payments refused, go back, before 12:00", team_now_ms),
            TURN_DONE);
        const char *root = arena_printf(f->arena, "$%d", f->n_events);
        team_send_all(f);
        int64_t hint = newest(f, "escalation/hint").id;
        team_event(f, (struct event){ .kind = EVENT_REACTION,
                                      .room = work,
                                      .sender = person,
                                      .target = arena_printf(f->arena, "$sent%lld", (long long)hint),
                                      .key = choice == 1 ? "1️⃣" : "📅" });
        team_event(
            f, (struct event){
                   .kind = EVENT_MESSAGE, .room = work, .sender = person, .body = "dan", .thread = root });
    }
    assert_int_equal(store_int(f->store, 0, "SELECT room FROM item WHERE prefix = 'ESC'", ""), f->room);
    assert_int_equal(store_int(f->store, 0, "SELECT room FROM item WHERE prefix = 'TSK'", ""), work);
    assert_non_null(strstr(team_said(f, "escalation/card"), "· payments refused\n"));
    assert_non_null(strstr(team_said(f, "task/card"), "· payments refused"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, team_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(strict__goes_once_its_author_has_it),
        TEST(strict__is_now_or_never),
        TEST(strict__leaves_alone_who_knows_and_what_stands_in_a_thread),
        TEST(strict__author_who_removes_it_leaves_nothing_to_remove),
        TEST(strict__an_edit_is_given_back_too),
        TEST(strict__an_edit_may_be_an_escalation),
        TEST(strict__without_a_door_it_stays_and_one_is_asked_for),
        TEST(strict__what_is_too_long_to_come_back_whole_stays),
        TEST(powerless__is_firm_and_says_so_once),
        TEST(powerless__is_moot_where_the_gate_is_another),
        TEST(powerless__cannot_be_strict),
        TEST(given_back__a_tap_makes_it_an_escalation_there),
        TEST(hint__is_for_cries_alone),
        TEST(hint__is_seldom),
        TEST(hint__leads_there_or_to_a_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
