/* An escalation calls until somebody has it, and is silent from the turn in which that is applied, whatever was on its way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../team.h"
#include "commands/escalation.h"

enum { MINUTE_MS = 60 * 1000 };
enum {
    CALLING = ESCALATION_CALLING,
    UNREACHED = ESCALATION_UNREACHED,
    TAKEN = ESCALATION_TAKEN,
    SOLVED = ESCALATION_SOLVED,
    LAPSED = ESCALATION_LAPSED
};

static int setup(void **state)
{
    team_setup(state);
    struct team *f = *state;
    room_set(f->store, f->room, "kind", "urgent");
    static const char power[] = "{\"users\":{\"@alice:x\":100}}";
    struct json_object *levels = json_parse(power, sizeof power - 1);
    room_set_power(f->store, f->room, levels);
    json_object_put(levels);
    team_say(f, "@alice:x", NULL, "!chain bob, carol");
    team_say(f, "@dan:x", NULL, "!urgent Payments refused, go back to 4.1, before 12:00");
    return 0;
}

static int64_t state_of(struct team *f)
{
    return store_int(f->store, 0, "SELECT state FROM item WHERE prefix = 'ESC'", "");
}

static int64_t n_calls_waiting(struct team *f)
{
    return store_int(f->store, -1, "SELECT count(*) FROM outbox WHERE state = 0 AND mentions IS NOT NULL",
                     "");
}

/* Comes to its room, or is on its way there. */
static void send(struct team *f, int64_t id, bool is_answered)
{
    outbox_seal(f->store, id, "{}", team_now_ms);
    if (is_answered)
        outbox_sent(f->store, id, arena_printf(f->arena, "$sent%lld", (long long)id), team_now_ms);
}

static const char *card_event(struct team *f)
{
    int64_t card = store_int(f->store, 0, "SELECT card FROM item WHERE prefix = 'ESC'", "");
    if (!store_int(f->store, 0, "SELECT sealed_ms FROM outbox WHERE id = ?1", "i", card))
        send(f, card, true);
    return store_str(f->store, f->arena, "SELECT event_id FROM outbox WHERE id = ?1", "i", card);
}

static void react(struct team *f, const char *person, int64_t room, const char *target, const char *key)
{
    team_event(f, (struct event){
                      .kind = EVENT_REACTION, .room = room, .sender = person, .target = target, .key = key });
}

/* At every stage of what was said, from nothing sealed to all of it sent. */
static void acknowledged__nothing_that_calls_is_left(void **state)
{
    struct team *f = *state;
    const char *card = card_event(f);
    for (int minutes = 0; minutes <= 35; minutes += 5)
        team_let_time_pass(f, team_now_ms + minutes * MINUTE_MS);
    assert_true(n_calls_waiting(f) > 0);
    react(f, "@carol:x", f->room, card, "🙋");
    assert_int_equal(state_of(f), TAKEN);
    assert_int_equal(n_calls_waiting(f), 0);
    assert_int_equal(store_int(f->store, -1, "SELECT count(*) FROM timer WHERE what = 'ring'", ""), 0);
    team_let_time_pass(f, team_now_ms + 64 * MINUTE_MS);
    assert_int_equal(
        store_int(f->store, -1, "SELECT count(*) FROM outbox WHERE state = 0 AND guard LIKE 'call%'", ""), 0);
}

/* The direct message was faster than the card, which is not sealed yet: it comes without a call. */
static void acknowledged__the_card_that_waits_calls_nobody(void **state)
{
    struct team *f = *state;
    int64_t direct = store_int(f->store, 0, "SELECT id FROM outbox WHERE guard = 'call @bob:x'", "");
    send(f, direct, true);
    int64_t room = store_int(f->store, 0, "SELECT room FROM outbox WHERE id = ?1", "i", direct);
    room_set(f->store, room, "membership", "join");
    room_set_member(f->store, room, "@bob:x", "join", NULL);
    react(f, "@bob:x", room, arena_printf(f->arena, "$sent%lld", (long long)direct), "👍");
    assert_int_equal(state_of(f), TAKEN);
    assert_int_equal(n_calls_waiting(f), 0);
    assert_int_equal(
        store_int(f->store, -1,
                  "SELECT count(*) FROM outbox WHERE role = 'card' AND state = 0 AND is_text = 0", ""),
        1);
}

/* It may have reached the room: it is looked for, not sent again. */
static void acknowledged__what_was_under_way_is_moot(void **state)
{
    struct team *f = *state;
    const char *card = card_event(f);
    team_let_time_pass(f, team_now_ms + 5 * MINUTE_MS + 1);
    int64_t ring = store_int(f->store, 0, "SELECT id FROM outbox WHERE guard = 'call'", "");
    assert_true(ring > 0);
    send(f, ring, false);
    react(f, "@alice:x", f->room, card, "✋");
    assert_int_equal(store_int(f->store, 0, "SELECT is_moot FROM outbox WHERE id = ?1", "i", ring), 1);
}

/* The curious tap, too. */
static void nod__counts_from_who_is_called_alone(void **state)
{
    struct team *f = *state;
    const char *card = card_event(f);
    react(f, "@alice:x", f->room, card, "👀");
    react(f, "@carol:x", f->room, card, "👍");
    assert_int_equal(state_of(f), CALLING);
    react(f, "@bob:x", f->room, card, "👀");
    assert_int_equal(state_of(f), TAKEN);
}

/* An acknowledgement that a gap held back comes before the timer, or after it: at most one call more, then none. */
static void race__with_the_timer_ends_in_silence(void **state)
{
    for (int is_timer_first = 0; is_timer_first < 2; is_timer_first++) {
        struct team *f = *state;
        const char *card = card_event(f);
        if (is_timer_first)
            team_let_time_pass(f, team_now_ms + 5 * MINUTE_MS + 1);
        react(f, "@bob:x", f->room, card, "🙋");
        team_let_time_pass(f, team_now_ms + 5 * MINUTE_MS + 1);
        assert_int_equal(n_calls_waiting(f), 0);
        team_teardown(state);
        setup(state);
    }
}

static int64_t n_called(struct team *f, const char *person, const char *why)
{
    return store_int(f->store, -1, "SELECT count(*) FROM history WHERE what = 'called' AND detail = ?1", "s",
                     arena_printf(f->arena, "%s %s", person, why));
}

static int64_t next_call_ms(struct team *f)
{
    return store_int(f->store, 0, "SELECT due_ms FROM timer WHERE what = 'ring'", "");
}

/* Everybody in the order, then all of it, then the room; then it is over, and said so. */
static void unanswered__reaches_everybody_and_ends(void **state)
{
    struct team *f = *state;
    for (int minutes = 0; minutes <= 8 * 60; minutes += 5)
        team_let_time_pass(f, team_now_ms + minutes * MINUTE_MS);
    assert_int_equal(state_of(f), UNREACHED);
    assert_int_equal(n_called(f, "@bob:x", "owner"), 2);
    assert_int_equal(n_called(f, "@carol:x", "chain"), 2);
    assert_int_equal(n_called(f, "@bob:x", "all"), 3);
    assert_int_equal(n_called(f, "@carol:x", "all"), 3);
    assert_int_equal(n_called(f, "@alice:x", "room"), 3);
    assert_int_equal(n_called(f, "@dan:x", "room"), 0); /* who reported it */
    assert_int_equal(
        store_int(f->store, -1, "SELECT count(*) FROM outbox WHERE template = 'escalation/unreached'", ""),
        1);
    /* A day after the last of it, it is closed. */
    int64_t closes_ms = team_now_ms + (24 + 3) * HOUR_MS + 10 * MINUTE_MS;
    assert_int_equal(next_call_ms(f), closes_ms);
    team_let_time_pass(f, closes_ms + 1);
    assert_int_equal(state_of(f), LAPSED);
    assert_int_equal(
        store_int(f->store, -1, "SELECT count(*) FROM outbox WHERE template = 'escalation/lapsed'", ""), 1);
    assert_int_equal(store_int(f->store, -1, "SELECT count(*) FROM timer WHERE item IS NOT NULL", ""), 0);
}

/* Nobody is called to what lay for weeks, whatever of it comes first, and whether the bot knows that it was down or not. */
static void stale__calls_nobody_any_more(void **state)
{
    static const char *const acts[] = { NULL, "!take ESC-1", "!take ESC-1" };
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        struct team *f = *state;
        if (acts[i])
            team_say(f, "@bob:x", NULL, acts[i]);
        if (i == 2)
            team_say(f, "@bob:x", NULL, "!handover ESC-1 carol");
        team_send_all(f);
        team_let_time_pass(f, team_now_ms + 21 * INT64_C(24) * HOUR_MS);
        assert_int_equal(state_of(f), LAPSED);
        assert_int_equal(
            store_int(f->store, -1,
                      "SELECT count(*) FROM outbox WHERE state IN (0, 3) AND mentions IS NOT NULL"
                      " AND template <> 'escalation/lapsed'",
                      ""),
            0);
        assert_non_null(strstr(team_said(f, "escalation/lapsed"),
                               acts[i] ? "bob had it" : "Called: bob (Tue 24 Nov 10:00)"));
        assert_int_equal(store_int(f->store, -1, "SELECT count(*) FROM timer WHERE item IS NOT NULL", ""), 0);
        team_teardown(state);
        setup(state);
    }
}

static int64_t n_calls_of(struct team *f, const char *person)
{
    return store_int(f->store, -1,
                     "SELECT count(*) FROM history WHERE what = 'called' AND detail LIKE ?1 || ' %'", "s",
                     person);
}

/* Repeats have a bound, over all that is open; the first call to each escalation has none. */
static void calls__to_one_person_have_a_bound(void **state)
{
    struct team *f = *state;
    static const char *const others[] = { "The shop is down", "The mail is late", "Disk of db-7 full" };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        team_say(f, "@dan:x", NULL,
                 arena_printf(f->arena, "!urgent %s, restart it, before 12:00", others[i]));
    assert_int_equal(n_calls_of(f, "@bob:x"), 4);
    for (int minutes = 0; minutes <= 59; minutes += 1)
        team_let_time_pass(f, team_now_ms + minutes * MINUTE_MS);
    assert_int_equal(n_calls_of(f, "@bob:x"), ESCALATION_CALLS_HOUR_MAX);
    assert_true(n_calls_of(f, "@alice:x") >= 4); /* once for each */
    assert_true(store_int(f->store, 0, "SELECT count(*) FROM history WHERE what = 'spared'", "") > 0);
    team_say(f, "@dan:x", NULL,
             "!urgent Customers see others' orders, close the shop, before 12:00\nother than: ESC-9");
    assert_int_equal(n_calls_of(f, "@bob:x"), ESCALATION_CALLS_HOUR_MAX + 1);
    for (int minutes = 60; minutes <= 8 * 60; minutes += 1)
        team_let_time_pass(f, team_now_ms + minutes * MINUTE_MS);
    assert_in_range(n_calls_of(f, "@bob:x"), ESCALATION_CALLS_HOUR_MAX + 5, ESCALATION_CALLS_DAY_MAX);
    assert_int_equal(store_int(f->store, -1, "SELECT count(*) FROM item WHERE prefix = 'ESC' AND state = ?1",
                               "i", (int64_t)UNREACHED),
                     5);
}

/* However far behind the outbox is, a person has one call waiting in the room and one alone. */
static void unsent__calls_do_not_pile_up(void **state)
{
    struct team *f = *state;
    for (int minutes = 0; minutes <= 120; minutes += 5)
        team_let_time_pass(f, team_now_ms + minutes * MINUTE_MS);
    assert_int_equal(
        store_int(f->store, -1, "SELECT count(*) FROM outbox WHERE state = 0 AND guard = 'call'", ""), 1);
    assert_int_equal(
        store_int(f->store, -1, "SELECT count(*) FROM outbox WHERE state = 0 AND guard = 'call @bob:x'", ""),
        1);
}

/* Three hours late, one call comes, and the next one five minutes after it; in time, they stand where they were due. */
static void late__calls_do_not_come_in_a_burst(void **state)
{
    struct team *f = *state;
    team_let_time_pass(f, team_now_ms + 5 * MINUTE_MS + 700);
    assert_int_equal(next_call_ms(f), team_now_ms + 10 * MINUTE_MS);
    team_let_time_pass(f, team_now_ms + 190 * MINUTE_MS);
    assert_int_equal(n_called(f, "@carol:x", "chain"), 1);
    assert_int_equal(next_call_ms(f), team_now_ms + 195 * MINUTE_MS);
}

static int64_t next_check_ms(struct team *f)
{
    return store_int(f->store, 0, "SELECT due_ms FROM timer WHERE what = 'check'", "");
}

/* As the calls: the questions of a store that was put back have to have the causes that they had before. */
static void late__questions_do_not_come_in_a_burst(void **state)
{
    struct team *f = *state;
    react(f, "@bob:x", f->room, card_event(f), "🙋");
    assert_int_equal(next_check_ms(f), team_now_ms + 30 * MINUTE_MS);
    team_let_time_pass(f, team_now_ms + 30 * MINUTE_MS + 700);
    assert_int_equal(next_check_ms(f), team_now_ms + 60 * MINUTE_MS);
    team_let_time_pass(f, team_now_ms + 190 * MINUTE_MS);
    assert_int_equal(next_check_ms(f), team_now_ms + 250 * MINUTE_MS);
}

static void leave(struct team *f, const char *person)
{
    room_set_member(f->store, f->room, person, "leave", NULL);
    team_event(f, (struct event){ .kind = EVENT_MEMBER,
                                  .room = f->room,
                                  .sender = person,
                                  .person = person,
                                  .membership = "leave" });
}

static void left__the_next_is_called_at_once(void **state)
{
    struct team *f = *state;
    leave(f, "@bob:x");
    team_let_time_pass(f, team_now_ms + 1);
    assert_int_equal(n_called(f, "@carol:x", "chain"), 1);
    react(f, "@carol:x", f->room, card_event(f), "🙋");
    leave(f, "@carol:x");
    assert_int_equal(state_of(f), CALLING);
    assert_int_equal(n_called(f, "@alice:x", "room"), 1);
}

/* Quiet hours are broken here, and nowhere else: all that calls stands in the lane that waits for no limit. */
static void calls__are_urgent(void **state)
{
    struct team *f = *state;
    for (int minutes = 0; minutes <= 60; minutes += 5)
        team_let_time_pass(f, team_now_ms + minutes * MINUTE_MS);
    assert_int_equal(
        store_int(f->store, -1, "SELECT count(*) FROM outbox WHERE mentions IS NOT NULL AND lane <> 0", ""),
        0);
}

/* What threat 23 asks: whoever wakes people needs a room that is urgent, its order is the moderators', and one person's reports
 * have a bound. */

static int64_t n_said(struct team *f, const char *template_name)
{
    return store_int(f->store, -1, "SELECT count(*) FROM outbox WHERE template = ?1", "s", template_name);
}

static int64_t n_open(struct team *f)
{
    return store_int(f->store, -1, "SELECT count(*) FROM item WHERE prefix = 'ESC' AND closed_ms IS NULL",
                     "");
}

static void report(struct team *f, const char *person, int n)
{
    team_say(f, person, NULL, arena_printf(f->arena, "!urgent Number %d fails, look, before 12:00", n));
}

static void reports__of_one_person_have_a_bound(void **state)
{
    struct team *f = *state;
    card_event(f);
    for (int n = 2; n <= 20; n++)
        report(f, "@dan:x", n);
    assert_int_equal(n_open(f), 5);
    assert_int_equal(n_said(f, "escalation/enough"), 15);
    assert_int_equal(n_called(f, "@bob:x", "owner"), 5);
    report(f, "@alice:x", 21);
    assert_int_equal(n_open(f), 6);
    /* What somebody has, calls nobody any more. */
    react(f, "@bob:x", f->room, card_event(f), "🙋");
    report(f, "@dan:x", 22);
    assert_int_equal(n_open(f), 7);
    /* What is one's own calls nobody from the start. */
    team_say(f, "@dan:x", NULL, "!urgent Mine fails, look\nowner: @dan:x\nbefore: 12:00");
    assert_int_equal(n_open(f), 8);
}

static void elsewhere__nobody_is_called(void **state)
{
    struct team *f = *state;
    room_set(f->store, f->room, "kind", "decisions");
    report(f, "@dan:x", 2);
    assert_int_equal(n_open(f), 1);
    assert_int_equal(n_said(f, "escalation/elsewhere"), 1);
}

static void order__is_of_the_moderators_alone(void **state)
{
    struct team *f = *state;
    team_say(f, "@dan:x", NULL, "!chain alice");
    report(f, "@dan:x", 2);
    assert_int_equal(n_called(f, "@bob:x", "owner"), 2);
    assert_int_equal(n_called(f, "@alice:x", "owner"), 0);
    team_say(f, "@alice:x", NULL, "!chain carol");
    report(f, "@dan:x", 3);
    assert_int_equal(n_called(f, "@carol:x", "owner"), 1);
}

/* Nothing calls that does not stand in the history: who it was, why, and when. */
static void called__stands_in_the_history(void **state)
{
    struct team *f = *state;
    for (int minutes = 0; minutes <= 60; minutes += 5) {
        team_let_time_pass(f, team_now_ms + minutes * MINUTE_MS);
        team_send_all(f);
    }
    int64_t n_directly = n_said(f, "escalation/direct");
    assert_true(n_directly > 4);
    assert_int_equal(store_int(f->store, -1,
                               "SELECT count(*) FROM history WHERE what = 'called'"
                               " AND detail NOT LIKE '% room' AND at_ms >= ?1",
                               "i", team_now_ms),
                     n_directly);
}

static void gate__meets_once_and_no_moderator(void **state)
{
    struct team *f = *state;
    const struct event event = {
        .id = "$talk", .room = f->room, .sender = "@alice:x", .at_ms = team_now_ms, .body = "is anybody there"
    };
    assert_true(engine_wants(f->engine, &event));
    assert_int_equal(engine_event(f->engine, &event, team_now_ms), TURN_NOTHING);
    react(f, "@bob:x", f->room, card_event(f), "✅");
    store_run(f->store, "DELETE FROM asked", "");
    team_say(f, "@carol:x", NULL, "URGENT: who proofreads my slides?");
    assert_int_equal(
        store_int(f->store, -1, "SELECT count(*) FROM outbox WHERE template = 'escalation/gate'", ""), 1);
    struct event again = event;
    again.id = "$again";
    again.sender = "@carol:x";
    assert_int_equal(engine_event(f->engine, &again, team_now_ms), TURN_NOTHING);
}

/* Where it is firm each message is met, and counted; moderators are not, either way. */
static void gate__firm_meets_each_time(void **state)
{
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!room gate firm");
    team_say(f, "@bob:x", NULL, "!solved ESC-1");
    store_run(f->store, "DELETE FROM asked", "");
    for (int n = 1; n <= 3; n++) {
        team_say(f, "@carol:x", NULL, "is anybody there");
        assert_int_equal(n_said(f, "escalation/gate"), n);
    }
    assert_non_null(strstr(team_said(f, "escalation/gate"), "3 messages"));
    team_say(f, "@alice:x", NULL, "!room gate gentle");
    const struct event event = { .id = "$again",
                                 .room = f->room,
                                 .sender = "@carol:x",
                                 .at_ms = team_now_ms,
                                 .body = "is anybody there" };
    assert_int_equal(engine_event(f->engine, &event, team_now_ms), TURN_NOTHING);
}

/* --- The same, twice --- */

static int64_t n_items(struct team *f, const char *prefix)
{
    return store_int(f->store, -1, "SELECT count(*) FROM item WHERE prefix = ?1", "s", prefix);
}

static void same__is_asked_and_opens_nothing(void **state)
{
    static const struct {
        const char *impact;
        bool is_alike;
    } rows[] = { { "Payments are refused", true },
                 { "PAYMENTS: all of them REFUSED!", true },
                 { "Payments late", false },
                 { "The refused guest has left the office", false },
                 { "w1 broke", false },
                 { "Payments refused on server 2", true },
                 { "Payments 9 refused", true },
                 { "Refused payments everywhere in the north", true },
                 { "Payments, refused ¿again?", true } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct team *f = *state;
        team_say(f, "@carol:x", NULL,
                 arena_printf(f->arena, "!urgent %s, look, before 12:00", rows[i].impact));
        assert_int_equal(n_items(f, "ESC"), rows[i].is_alike ? 1 : 2);
        team_teardown(state);
        setup(state);
    }
}

/* What differs by a number is two things. */
static void same__numbers_tell_apart(void **state)
{
    struct team *f = *state;
    team_say(f, "@carol:x", NULL, "!urgent Server 12 is down again, look, before 12:00");
    team_say(f, "@carol:x", NULL, "!urgent Server 14 is down again, look, before 12:00");
    assert_int_equal(n_items(f, "ESC"), 3);
    team_say(f, "@carol:x", NULL, "!urgent Down again: server 14, look, before 12:00");
    assert_int_equal(n_items(f, "ESC"), 3);
}

/* Another one all the same; and once it is over, so is the likeness. */
static void same__is_another_if_its_author_says_so(void **state)
{
    struct team *f = *state;
    team_say(f, "@carol:x", NULL, "!urgent Payments refused, look, before 12:00\nother than: ESC-1");
    assert_int_equal(n_items(f, "ESC"), 2);
    team_say(f, "@dan:x", NULL, "!solved ESC-1");
    team_say(f, "@carol:x", NULL, "!solved ESC-2");
    team_say(f, "@dan:x", NULL, "!urgent Payments refused, look, before 12:00");
    assert_int_equal(n_items(f, "ESC"), 3);
}

/* --- How it stands --- */

/* Minutes or hours, within bounds; what cannot be read changes nothing. */
static void progress__is_asked_at_the_rooms_interval(void **state)
{
    static const struct {
        const char *typed;
        int minutes;
    } rows[] = { { "45", 45 },    { "45 min", 45 }, { "1h", 60 },      { "4 heures", 240 },
                 { "5h", 240 },   { "4", 240 },     { "-5", 240 },     { "10 days", 240 },
                 { "soon", 240 }, { "5m", 5 },      { "default", 30 }, { "999999999999", 30 } };
    struct team *f = *state;
    react(f, "@bob:x", f->room, card_event(f), "🙋");
    assert_int_equal(next_check_ms(f), team_now_ms + 30 * MINUTE_MS);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        team_say(f, "@alice:x", NULL, arena_printf(f->arena, "!room progress %s", rows[i].typed));
        team_say(f, "@bob:x", NULL, "!progress ESC-1 nearly there");
        assert_int_equal(next_check_ms(f), team_now_ms + rows[i].minutes * MINUTE_MS);
    }
}

/* Four hours at most, by who has it alone. */
static void snooze__puts_the_question_off_and_is_noted(void **state)
{
    struct team *f = *state;
    react(f, "@bob:x", f->room, card_event(f), "🙋");
    team_say(f, "@carol:x", NULL, "!snooze ESC-1 11:00");
    assert_int_equal(next_check_ms(f), team_now_ms + 30 * MINUTE_MS);
    team_say(f, "@bob:x", NULL, "!snooze ESC-1");
    assert_int_equal(next_check_ms(f), team_now_ms + 60 * MINUTE_MS);
    team_say(f, "@bob:x", NULL, "!snooze ESC-1 friday 12:00");
    assert_int_equal(next_check_ms(f), team_now_ms + 240 * MINUTE_MS);
    assert_int_equal(store_int(f->store, -1, "SELECT count(*) FROM history WHERE what = 'snoozed'", ""), 2);
}

/* --- What they were like --- */

/* Each call, each person's night once: in Zurich it is day, in Auckland night. */
static void stats__count_calls_and_nights(void **state)
{
    struct team *f = *state;
    for (int minutes = 0; minutes <= 13 * 60; minutes += 5)
        team_let_time_pass(f, team_now_ms + minutes * MINUTE_MS);
    int64_t n =
        store_int(f->store, -1, "SELECT count(*) FROM history WHERE item = 1 AND what = 'called'", "");
    team_say(f, "@carol:x", NULL, "!urgent stats");
    const char *said = team_said(f, "escalation/stats");
    assert_non_null(strstr(said, arena_printf(f->arena, "%lld calls, 0 nights", (long long)n)));
    assert_non_null(strstr(said, "November: 1 reported;"));
    team_say(f, "@carol:x", NULL, "!me zone Auckland");
    team_say(f, "@carol:x", NULL, "!urgent stats");
    assert_non_null(strstr(team_said(f, "escalation/stats"), "1 night disturbed"));
}

/* --- The gate, and where else it leads --- */

static const char *gate_event(struct team *f, const char *person, const char *body)
{
    store_run(f->store, "DELETE FROM asked", "");
    team_say(f, person, NULL, body);
    int64_t row = store_int(f->store, 0, "SELECT max(id) FROM outbox WHERE template = 'escalation/gate'", "");
    send(f, row, true);
    return store_str(f->store, f->arena, "SELECT event_id FROM outbox WHERE id = ?1", "i", row);
}

/* The same tap where there is no room for it says nothing. */
static void gate__later_is_a_task_where_the_work_is(void **state)
{
    struct team *f = *state;
    struct event tap = { .id = "$tap",
                         .kind = EVENT_REACTION,
                         .room = f->room,
                         .sender = "@carol:x",
                         .at_ms = team_now_ms,
                         .key = "📅" };
    tap.target = gate_event(f, "@carol:x", "who proofreads my slides?");
    assert_int_equal(engine_event(f->engine, &tap, team_now_ms), TURN_NOTHING);
    team_teardown(state);
    setup(state);
    f = *state;
    int64_t work = team_make_room(f, "!work:x");
    const char *gate = gate_event(f, "@carol:x", "ASAP: who proofreads my slides");
    react(f, "@carol:x", f->room, gate, "📅");
    team_say(f, "@carol:x", arena_printf(f->arena, "$%d", f->n_events - 1), "bob");
    team_say(f, "@carol:x", arena_printf(f->arena, "$%d", f->n_events - 2), "tomorrow 12:00");
    assert_int_equal(n_items(f, "TSK"), 1);
    assert_int_equal(store_int(f->store, 0, "SELECT room FROM item WHERE prefix = 'TSK'", ""), work);
    assert_non_null(strstr(team_said(f, "task/card"), "who proofreads my slides"));
    assert_null(strstr(team_said(f, "task/card"), "ASAP"));
    assert_int_equal(n_items(f, "ESC"), 1);
}

/* A room of which the person is no part does not exist to them, by name or by id. */
static void gate__a_task_goes_only_where_its_author_is(void **state)
{
    struct team *f = *state;
    int64_t work = team_make_room(f, "!work:x");
    room_set_member(f->store, work, "@dan:x", "leave", NULL);
    room_set(f->store, work, "name", "Work");
    team_say(f, "@dan:x", NULL, "!task me Rest by friday 12:00\nroom: work");
    team_say(f, "@dan:x", NULL, "!task me Rest by friday 12:00\nroom: !work:x");
    assert_int_equal(n_items(f, "TSK"), 0);
    team_say(f, "@bob:x", NULL, "!task me Rest by friday 12:00\nroom: work");
    assert_int_equal(n_items(f, "TSK"), 1);
    int64_t other = team_make_room(f, "!other:x");
    room_set(f->store, other, "name", "work");
    team_say(f, "@bob:x", NULL, "!task me Rest by friday 12:00\nroom: work");
    assert_non_null(strstr(team_said(f, "room/which"), "Several rooms are called “work”"));
    assert_int_equal(n_items(f, "TSK"), 1);
    team_say(f, "@bob:x", NULL, "!task me Rest by friday 12:00\nroom: !other:x");
    assert_int_equal(n_items(f, "TSK"), 2);
}

/* --- From hand to hand --- */

static int64_t n_asks_waiting(struct team *f)
{
    return store_int(f->store, -1, "SELECT count(*) FROM outbox WHERE state = 0 AND guard = 'hand'", "");
}

static bool is_with(struct team *f, const char *person)
{
    return store_int(f->store, 0, "SELECT owner = ?1 FROM item WHERE prefix = 'ESC'", "s", person);
}

static const char *successor(struct team *f)
{
    const char *person = store_str(f->store, f->arena, "SELECT successor FROM item WHERE prefix = 'ESC'", "");
    return person ? person : "nobody";
}

static void hand_to_carol(struct team *f)
{
    react(f, "@bob:x", f->room, card_event(f), "🙋");
    team_say(f, "@bob:x", NULL, "!handover ESC-1 carol");
    assert_int_equal(n_asks_waiting(f), 1);
    assert_string_equal(successor(f), "@carol:x");
}

/* Over, or taken by the one asked, before what asks them has left: it does not leave any more. */
static void handed__what_asks_falls_with_the_answer(void **state)
{
    static const char *const answers[] = { "!take ESC-1", "!object ESC-1 asleep" };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct team *f = *state;
        hand_to_carol(f);
        team_say(f, "@carol:x", NULL, answers[i]);
        assert_int_equal(n_asks_waiting(f), 0);
        assert_string_equal(successor(f), "nobody");
        assert_int_equal(is_with(f, "@carol:x"), i == 0);
        assert_int_equal(store_int(f->store, -1, "SELECT count(*) FROM timer WHERE what = 'ask'", ""), 0);
        team_teardown(state);
        setup(state);
    }
}

static void handed__solved_or_let_go_asks_nobody_any_more(void **state)
{
    struct team *f = *state;
    hand_to_carol(f);
    team_say(f, "@bob:x", NULL, "!withdraw ESC-1");
    assert_int_equal(state_of(f), CALLING);
    assert_int_equal(n_asks_waiting(f), 0);
    hand_to_carol(f);
    team_say(f, "@bob:x", NULL, "!solved ESC-1");
    assert_int_equal(n_asks_waiting(f), 0);
    assert_string_equal(successor(f), "nobody");
}

/* Twice, five minutes apart; then it stays, and is still asked about. */
static void handed__unanswered_it_stays(void **state)
{
    struct team *f = *state;
    hand_to_carol(f);
    team_let_time_pass(f, team_now_ms + 5 * MINUTE_MS + 1);
    assert_int_equal(n_called(f, "@carol:x", "hand"), 2);
    assert_int_equal(n_asks_waiting(f), 1);
    team_let_time_pass(f, team_now_ms + 10 * MINUTE_MS + 1);
    assert_string_equal(successor(f), "nobody");
    assert_true(is_with(f, "@bob:x"));
    assert_int_equal(n_asks_waiting(f), 0);
    team_let_time_pass(f, team_now_ms + 30 * MINUTE_MS + 1);
    assert_int_equal(
        store_int(f->store, -1, "SELECT count(*) FROM outbox WHERE template = 'escalation/check'", ""), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, team_teardown)
    const struct CMUnitTest tests[] = {
        TEST(acknowledged__nothing_that_calls_is_left),
        TEST(acknowledged__the_card_that_waits_calls_nobody),
        TEST(acknowledged__what_was_under_way_is_moot),
        TEST(nod__counts_from_who_is_called_alone),
        TEST(race__with_the_timer_ends_in_silence),
        TEST(unanswered__reaches_everybody_and_ends),
        TEST(stale__calls_nobody_any_more),
        TEST(calls__to_one_person_have_a_bound),
        TEST(unsent__calls_do_not_pile_up),
        TEST(late__calls_do_not_come_in_a_burst),
        TEST(late__questions_do_not_come_in_a_burst),
        TEST(left__the_next_is_called_at_once),
        TEST(calls__are_urgent),
        TEST(gate__meets_once_and_no_moderator),
        TEST(gate__firm_meets_each_time),
        TEST(same__is_asked_and_opens_nothing),
        TEST(same__numbers_tell_apart),
        TEST(same__is_another_if_its_author_says_so),
        TEST(progress__is_asked_at_the_rooms_interval),
        TEST(snooze__puts_the_question_off_and_is_noted),
        TEST(stats__count_calls_and_nights),
        TEST(gate__later_is_a_task_where_the_work_is),
        TEST(gate__a_task_goes_only_where_its_author_is),
        TEST(handed__what_asks_falls_with_the_answer),
        TEST(handed__solved_or_let_go_asks_nobody_any_more),
        TEST(handed__unanswered_it_stays),
        TEST(reports__of_one_person_have_a_bound),
        TEST(elsewhere__nobody_is_called),
        TEST(order__is_of_the_moderators_alone),
        TEST(called__stands_in_the_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
