/* The decision where a console cannot go: what it does when its messages do not come through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../team.h"
#include "store/inbox.h"

static const char *record(struct team *f)
{
    return engine_show_text(f->engine, "DEC-1", "en", team_now_ms + 48 * HOUR_MS, f->arena);
}

static void open_one(struct team *f)
{
    team_say(f, "@alice:x", NULL, "!decide Two-step review\nasked: bob, carol\ndeadline: tomorrow 12:00");
}

static void decision__is_not_adopted__when_its_card_never_came(void **state)
{
    struct team *f = *state;
    open_one(f);
    team_let_time_pass(f, team_now_ms + 30 * HOUR_MS);
    assert_non_null(strstr(record(f), "not adopted"));
    assert_non_null(strstr(team_said(f, "decision/yours"), "it never reached those asked"));
}

static void decision__is_adopted_by_the_others__when_one_was_not_reached(void **state)
{
    struct team *f = *state;
    open_one(f);
    assert_true(team_send_all(f) > 0);
    team_say(f, "@alice:x", engine_card_event(f->engine, "DEC-1", f->arena), "asked: dan");
    team_let_time_pass(f, team_now_ms + 30 * HOUR_MS);
    const char *card = team_said(f, "decision/card"), *page = record(f);
    assert_non_null(strstr(card, "Tacit, as announced: bob, carol."));
    /* One floor of working time after the close at 12:00: 4 h today, 4 h tomorrow. */
    assert_non_null(strstr(card, "Not reached: dan; ⛔ counts until Thu 26 Nov"));
    assert_non_null(strstr(page, "dan: not reached"));
    assert_non_null(strstr(page, "carol: tacit agreement"));
    /* It was still on its way, and comes too late to have asked. */
    team_send_all(f);
    assert_non_null(strstr(record(f), "dan: not reached"));
}

/* A store that was put back comes to it after those minutes, by another timer: what is said must be known as the same. */
static void decision__says_that_something_is_unread__once_for_its_date(void **state)
{
    struct team *f = *state;
    open_one(f);
    team_send_all(f);
    store_run(f->store,
              "INSERT INTO inbox(event_id, room, state, json, since_ms, order_key)"
              " SELECT '$unread', room, 2, '{}', opened_ms, 1 FROM item",
              "");
    int64_t deadline_ms = store_int(f->store, 0, "SELECT deadline_ms FROM item", "");
    team_let_time_pass(f, deadline_ms);
    assert_int_equal(
        store_int(f->store, 0, "SELECT count(*) FROM outbox WHERE template = 'decision/yours'", ""), 0);
    team_let_time_pass(f, deadline_ms + INT64_C(16) * 60000);
    assert_non_null(strstr(team_said(f, "decision/yours"), "could not be read"));
    assert_int_equal(
        store_int(f->store, 0,
                  "SELECT cause = uuid || ' unread ' || deadline_ms FROM"
                  " (SELECT o.cause, i.uuid, i.deadline_ms FROM outbox o JOIN item i ON i.id = o.item"
                  "  WHERE o.template = 'decision/yours')",
                  ""),
        1);
}

static void decision__tells_no_objection_twice__when_the_first_was_not_sent(void **state)
{
    struct team *f = *state;
    open_one(f);
    team_send_all(f);
    team_say(f, "@bob:x", engine_card_event(f->engine, "DEC-1", f->arena), "objection: too slow");
    team_let_time_pass(f, team_now_ms + 30 * HOUR_MS);
    assert_int_equal(store_int(f->store, 0,
                               "SELECT count(*) FROM outbox WHERE template = 'decision/objected'"
                               " AND state = 0",
                               ""),
                     0);
    assert_non_null(strstr(team_said(f, "decision/yours"), "bob objected"));
}

static void decision__withdraws_what_it_would_tell__when_the_objection_is_taken_back(void **state)
{
    struct team *f = *state;
    open_one(f);
    team_send_all(f);
    const char *card = engine_card_event(f->engine, "DEC-1", f->arena);
    team_say(f, "@bob:x", card, "objection: too slow");
    team_say(f, "@bob:x", card, "withdraw");
    assert_int_equal(store_int(f->store, 0,
                               "SELECT count(*) FROM outbox WHERE template = 'decision/objected'"
                               " AND state = 0",
                               ""),
                     0);
}

static void decision__shows_who_spoke_without_being_asked(void **state)
{
    struct team *f = *state;
    open_one(f);
    team_send_all(f);
    team_say(f, "@dan:x", NULL, "!agree DEC-1");
    team_say(f, "@alice:x", NULL, "!show DEC-1");
    assert_non_null(strstr(team_said(f, "decision/record"), "dan: agreed"));
}

/* Whom the reminders call that may still go out; "" if none may. */
static const char *called(struct team *f)
{
    char *people = store_str(f->store, f->arena,
                             "SELECT group_concat(mentions) FROM outbox WHERE template = 'decision/reminder'"
                             " AND state < 4 AND is_moot = 0",
                             "");
    return people ? people : "";
}

static void let_reminder_come(struct team *f)
{
    open_one(f);
    team_send_all(f);
    team_let_time_pass(f, team_now_ms + 24 * HOUR_MS);
    assert_string_equal(called(f), "[\"@bob:x\",\"@carol:x\"]");
}

static void decision__reminds_nobody_who_has_spoken__before_the_reminder_left(void **state)
{
    struct team *f = *state;
    let_reminder_come(f);
    team_say(f, "@dan:x", NULL, "!agree DEC-1");
    assert_string_equal(called(f), "[\"@bob:x\",\"@carol:x\"]");
    team_say(f, "@bob:x", NULL, "!agree DEC-1");
    assert_string_equal(called(f), "[\"@carol:x\"]");
    assert_null(strstr(team_said(f, "decision/reminder"), "bob"));
    team_say(f, "@carol:x", NULL, "!object DEC-1 too slow");
    assert_string_equal(called(f), "");
}

static void decision__lets_another_reminder_stand_in__for_one_that_may_have_arrived(void **state)
{
    struct team *f = *state;
    let_reminder_come(f);
    int64_t sealed = store_int(f->store, 0, "SELECT id FROM outbox WHERE template = 'decision/reminder'", "");
    outbox_seal(f->store, sealed, "{}", team_now_ms);
    team_say(f, "@bob:x", NULL, "!agree DEC-1");
    int64_t other =
        store_int(f->store, 0, "SELECT max(id) FROM outbox WHERE template = 'decision/reminder'", "");
    assert_string_equal(called(f), "[\"@carol:x\"]");
    struct outbox_row row;
    assert_true(outbox_get(f->store, other, f->arena, &row));
    assert_string_equal(row.target, arena_printf(f->arena, "@row:%lld", (long long)sealed));
}

/* After a restore an opening waits for the number that it had, and what was said behind it waits too. */
static void decision__does_not_close__while_something_said_waits(void **state)
{
    struct team *f = *state;
    open_one(f);
    team_send_all(f);
    inbox_add(f->store,
              &(struct inbox_row){ .event_id = "$waits",
                                   .room = f->room,
                                   .state = INBOX_WAITS,
                                   .json = "{}",
                                   .since_ms = team_now_ms },
              1);
    int64_t date_ms = store_int(f->store, 0, "SELECT deadline_ms FROM item", "");
    team_let_time_pass(f, date_ms);
    assert_int_equal(store_int(f->store, 0, "SELECT closed_ms IS NULL FROM item", ""), 1);
    store_run(f->store, "DELETE FROM inbox", "");
    team_let_time_pass(f, date_ms + 10000);
    assert_int_equal(store_int(f->store, 0, "SELECT closed_ms IS NULL FROM item", ""), 0);
}

/* Ahead of a gap, or of a number that is looked for: what opens the decision may come yet. */
static void decision__hears_an_objection_in_its_turn__if_it_came_before_the_opening(void **state)
{
    struct team *f = *state;
    struct event early = { .kind = EVENT_MESSAGE,
                           .id = "$early",
                           .room = f->room,
                           .sender = "@bob:x",
                           .body = "!object DEC-1 too slow",
                           .at_ms = team_now_ms,
                           .is_ahead = true };
    assert_int_equal(engine_event(f->engine, &early, team_now_ms), TURN_NOTHING);
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM outbox", ""), 0);
    open_one(f);
    early.is_ahead = false;
    assert_int_equal(engine_event(f->engine, &early, team_now_ms), TURN_DONE);
    assert_non_null(team_said(f, "decision/objected"));
    /* And is stopped at once where there is something to stop. */
    early.id = "$ahead";
    early.sender = "@carol:x";
    early.is_ahead = true;
    assert_int_equal(engine_event(f->engine, &early, team_now_ms), TURN_DONE);
}

/* Who is called, and by which causes, if the timers that are due fire at that instant; nothing of it remains. */
static const char *calls_at(struct team *f, int64_t now_ms)
{
    store_savepoint(f->store);
    team_let_time_pass(f, now_ms);
    char *calls =
        store_str(f->store, f->arena,
                  "SELECT group_concat(template || mentions || substr(cause, instr(cause, '@')), ' ')"
                  " FROM outbox WHERE template IN ('decision/asked', 'decision/reminder')",
                  "");
    store_savepoint_rollback(f->store);
    return calls ? calls : "";
}

/* Carol has not been asked, nor does any timer wait for her: it is the reminder of bob that comes upon her. */
static void decision__calls_by_the_same_causes__however_late(void **state)
{
    struct team *f = *state;
    const int64_t thursday_9_ms = team_now_ms + 47 * HOUR_MS;
    team_say(f, "@carol:x", NULL, "!me hours thu 9-12, 13-17");
    team_say(f, "@dan:x", NULL, "!me hours thu 10-12, 13-17");
    team_say(f, "@alice:x", NULL,
             "!decide Two-step review\nasked: bob, carol, dan\ndeadline: thursday 17:00");
    team_say(f, "@carol:x", NULL, "!agree DEC-1");
    team_say(f, "@dan:x", NULL, "!abstain DEC-1");
    team_let_time_pass(f, thursday_9_ms - 1);
    team_say(f, "@carol:x", NULL, "!withdraw DEC-1");
    team_say(f, "@dan:x", NULL, "!withdraw DEC-1");
    store_run(f->store, "DELETE FROM timer WHERE what = 'ask'", "");
    const char *asked_at_9 =
        arena_printf(f->arena, "decision/reminder[\"@bob:x\"]@%lld decision/asked[\"@carol:x\"]@%lld",
                     (long long)thursday_9_ms, (long long)thursday_9_ms);
    const char *all = arena_printf(f->arena, "%s decision/asked[\"@dan:x\"]@%lld", asked_at_9,
                                   (long long)(thursday_9_ms + HOUR_MS));
    assert_string_equal(calls_at(f, thursday_9_ms + 5), asked_at_9);
    assert_string_equal(calls_at(f, thursday_9_ms + 2 * HOUR_MS), all);
    /* At noon nobody is asked anything new; but what a lost life of the store has asked is found by its cause. */
    assert_null(strstr(calls_at(f, thursday_9_ms + 3 * HOUR_MS), "decision/asked"));
    store_set_int(f->store, "restored_ms", thursday_9_ms + 3 * HOUR_MS);
    assert_string_equal(calls_at(f, thursday_9_ms + 3 * HOUR_MS), all);
    /* Nor does what was said since then take another cause for it. */
    team_let_time_pass(f, thursday_9_ms + 5);
    struct event event = { .kind = EVENT_MESSAGE,
                           .id = "$since",
                           .room = f->room,
                           .sender = "@alice:x",
                           .body = "!extend DEC-1 friday 12:00",
                           .at_ms = thursday_9_ms + 2 * HOUR_MS };
    assert_int_equal(engine_event(f->engine, &event, thursday_9_ms + 3 * HOUR_MS), TURN_DONE);
    assert_non_null(strstr(calls_at(f, thursday_9_ms + 3 * HOUR_MS), strstr(all, "decision/asked[\"@dan")));
}

static void say_at(struct team *f, const char *id, int64_t at_ms, const char *body)
{
    struct event event = {
        .kind = EVENT_MESSAGE, .id = id, .room = f->room, .sender = "@bob:x", .body = body, .at_ms = at_ms
    };
    assert_int_equal(engine_event(f->engine, &event, team_now_ms), TURN_DONE);
}

/* The newest words stand, whatever came out of a hole after them. */
static void decision__keeps_the_newer_reason__when_an_older_one_comes_late(void **state)
{
    struct team *f = *state;
    open_one(f);
    say_at(f, "$newer", team_now_ms - 1000, "!object DEC-1 too slow in December");
    say_at(f, "$older", team_now_ms - 2000, "!object DEC-1 too slow");
    assert_non_null(strstr(team_said(f, "decision/card"), "too slow in December"));
    say_at(f, "$newest", team_now_ms, "!object DEC-1 too slow before Christmas");
    assert_non_null(strstr(team_said(f, "decision/card"), "too slow before Christmas"));
}

/* As an old copy of this store would do it: what was shown of the close is there, and the store knows nothing of it. */
static void decision__stays_as_it_was_seen_to_end__in_a_store_that_was_put_back(void **state)
{
    struct team *f = *state;
    open_one(f);
    team_send_all(f);
    int64_t date_ms = store_int(f->store, 0, "SELECT deadline_ms FROM item", "");
    store_savepoint(f->store);
    team_let_time_pass(f, date_ms + 5);
    char *shown = store_str(f->store, f->arena,
                            "SELECT txn FROM outbox WHERE role = 'edit' ORDER BY id DESC LIMIT 1", "");
    store_savepoint_rollback(f->store);
    struct event late = { .kind = EVENT_MESSAGE,
                          .id = "$late",
                          .room = f->room,
                          .sender = "@bob:x",
                          .body = "!object DEC-1 too slow",
                          .at_ms = date_ms + HOUR_MS };
    store_savepoint(f->store);
    assert_int_equal(engine_event(f->engine, &late, date_ms + 2 * HOUR_MS), TURN_DONE);
    assert_non_null(strstr(record(f), "DEC-1 · Two-step review · blocked"));
    store_savepoint_rollback(f->store);
    outbox_note_seen(f->store, shown, f->room, "$shown");
    assert_int_equal(engine_event(f->engine, &late, date_ms + 2 * HOUR_MS), TURN_DONE);
    assert_non_null(strstr(record(f), "adopted Wed 25 Nov 12:00 CET · contested"));
    assert_int_equal(
        store_int(f->store, 0, "SELECT count(*) FROM outbox WHERE txn = ?1 AND state = 4", "s", shown), 1);
}

/* The members are known as they are at the end of an answer, before what was said in it is heard. */
static void decision__hears_who_has_left_since__but_nobody_who_was_gone_or_is_banned(void **state)
{
    struct team *f = *state;
    struct event event = { .kind = EVENT_MESSAGE,
                           .id = "$bob",
                           .room = f->room,
                           .sender = "@bob:x",
                           .body = "!object DEC-1 too slow",
                           .at_ms = team_now_ms };
    open_one(f);
    room_set_member(f->store, f->room, "@bob:x", "leave", NULL);
    room_note_left(f->store, f->room, "@bob:x", team_now_ms - 1);
    assert_int_equal(engine_event(f->engine, &event, team_now_ms), TURN_NOTHING);
    room_note_left(f->store, f->room, "@bob:x", team_now_ms + 1);
    assert_int_equal(engine_event(f->engine, &event, team_now_ms), TURN_DONE);
    assert_non_null(strstr(record(f), "bob: objected"));
    event.id = "$carol";
    event.sender = "@carol:x";
    room_set_member(f->store, f->room, "@carol:x", "ban", NULL);
    room_note_left(f->store, f->room, "@carol:x", team_now_ms + 1);
    assert_int_equal(engine_event(f->engine, &event, team_now_ms), TURN_NOTHING);
}

/* Said before noon, heard after it. */
static void decision__asks_for_another_date__when_the_one_said_has_passed_meanwhile(void **state)
{
    struct team *f = *state;
    open_one(f);
    struct event late = { .kind = EVENT_MESSAGE,
                          .id = "$late",
                          .room = f->room,
                          .sender = "@alice:x",
                          .body = "!extend DEC-1 today 12:00",
                          .at_ms = team_now_ms };
    assert_int_equal(engine_event(f->engine, &late, team_now_ms + 3 * HOUR_MS), TURN_DONE);
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM outbox WHERE template = 'when/ask'", ""),
                     1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, team_setup, team_teardown)

/* A hundred answers quote it: what calls those asked does not come behind a hundred edits. */
static void decision__says_what_it_changes__before_it_mends_old_answers(void **state)
{
    struct team *f = *state;
    open_one(f);
    team_say(f, "@bob:x", NULL, "!agree DEC-1");
    for (int i = 0; i < 5; i++)
        team_say(f, "@carol:x", NULL, "!decisions");
    team_send_all(f);
    team_event(f, (struct event){ .kind = EVENT_EDIT,
                                  .room = f->room,
                                  .sender = "@alice:x",
                                  .target = "$1",
                                  .body = "!decide No review at all\ndeadline: tomorrow 12:00" });
    assert_int_equal(store_int(f->store, -1,
                               "SELECT count(*) FROM outbox WHERE state = 0 AND template = 'decision/list'",
                               ""),
                     5);
    assert_int_equal(
        store_int(f->store, -1,
                  "SELECT count(*) FROM outbox WHERE state = 0 AND template = 'decision/list' AND lane <> 2",
                  ""),
        0);
    assert_int_equal(store_int(f->store, -1,
                               "SELECT lane FROM outbox WHERE state = 0 AND template = 'decision/changed'",
                               ""),
                     1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(decision__is_not_adopted__when_its_card_never_came),
        TEST(decision__says_that_something_is_unread__once_for_its_date),
        TEST(decision__calls_by_the_same_causes__however_late),
        TEST(decision__hears_who_has_left_since__but_nobody_who_was_gone_or_is_banned),
        TEST(decision__keeps_the_newer_reason__when_an_older_one_comes_late),
        TEST(decision__stays_as_it_was_seen_to_end__in_a_store_that_was_put_back),
        TEST(decision__is_adopted_by_the_others__when_one_was_not_reached),
        TEST(decision__tells_no_objection_twice__when_the_first_was_not_sent),
        TEST(decision__withdraws_what_it_would_tell__when_the_objection_is_taken_back),
        TEST(decision__shows_who_spoke_without_being_asked),
        TEST(decision__does_not_close__while_something_said_waits),
        TEST(decision__hears_an_objection_in_its_turn__if_it_came_before_the_opening),
        TEST(decision__asks_for_another_date__when_the_one_said_has_passed_meanwhile),
        TEST(decision__reminds_nobody_who_has_spoken__before_the_reminder_left),
        TEST(decision__lets_another_reminder_stand_in__for_one_that_may_have_arrived),
        TEST(decision__says_what_it_changes__before_it_mends_old_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
