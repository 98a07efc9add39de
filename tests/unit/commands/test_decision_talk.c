/* The talk about a blocked decision, where a console cannot go: taps that are taken away, an outage, people who change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../team.h"
#include "store/outbox.h"

enum { DAY = 24 * HOUR_MS, HALF_PAST = 90 * 60 * 1000 };

static int64_t n_said(struct team *f, const char *template_name)
{
    return store_int(f->store, 0, "SELECT count(*) FROM outbox WHERE template = ?1 AND state <> 5", "s",
                     template_name);
}

/* What is due at that instant is, and was listened for. */
static void go_to(struct team *f, int64_t at_ms)
{
    engine_timers(f->engine, at_ms, at_ms + 1, (struct outage){ 0 }, 256);
}

/* Bob objects now; nobody settles for 48 hours. */
static int block(void **state)
{
    int failed = team_setup(state);
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!decide Two-step review by 11 december 17:00");
    team_say(f, "@bob:x", NULL, "!object DEC-1 too slow");
    team_send_all(f);
    return failed;
}

/* The clock of the events stays: they are about what the timers did before. */
static void tap(struct team *f, const char *sender, const char *key)
{
    const char *asked =
        store_str(f->store, f->arena, "SELECT event_id FROM outbox WHERE template = 'decision/talk'", "");
    team_event(f,
               (struct event){
                   .kind = EVENT_REACTION, .room = f->room, .sender = sender, .target = asked, .key = key });
}

static int64_t talk_at(struct team *f)
{
    return store_int(f->store, 0, "SELECT at_ms FROM talk WHERE step = 2", "");
}

static void talk__is_proposed__at_48_hours_and_not_before(void **state)
{
    struct team *f = *state;
    go_to(f, team_now_ms + 2 * (int64_t)DAY - 1);
    assert_int_equal(n_said(f, "decision/talk"), 0);
    go_to(f, team_now_ms + 2 * (int64_t)DAY);
    go_to(f, team_now_ms + 2 * (int64_t)DAY + HOUR_MS);
    assert_int_equal(n_said(f, "decision/talk"), 1);
}

static void talk__is_off_again__when_a_tap_is_taken_away(void **state)
{
    struct team *f = *state;
    go_to(f, team_now_ms + 2 * (int64_t)DAY);
    team_send_all(f);
    tap(f, "@bob:x", "1️⃣");
    assert_int_equal(talk_at(f), 0);
    tap(f, "@alice:x", "1️⃣");
    assert_int_equal(talk_at(f), team_now_ms + 2 * (int64_t)DAY + HALF_PAST);
    team_event(f, (struct event){ .kind = EVENT_REDACTION,
                                  .room = f->room,
                                  .sender = "@alice:x",
                                  .target = arena_printf(f->arena, "$%d", f->n_events) });
    assert_int_equal(talk_at(f), 0);
    /* Its digits mean the times again. */
    tap(f, "@alice:x", "2️⃣");
    assert_int_equal(talk_at(f), 0);
    tap(f, "@bob:x", "2️⃣");
    assert_int_equal(talk_at(f), team_now_ms + 2 * (int64_t)DAY + 4 * (int64_t)HOUR_MS);
    assert_int_equal(n_said(f, "decision/noted"), 1); /* the objection that was typed, no tap */
}

static void talk__is_proposed_once__after_an_outage_of_days(void **state)
{
    struct team *f = *state;
    int64_t up_ms = team_now_ms + 6 * (int64_t)DAY + 1; /* monday 10:00 */
    engine_timers(f->engine, up_ms, up_ms, (struct outage){ team_now_ms, up_ms }, 256);
    engine_timers(f->engine, up_ms + HOUR_MS, up_ms + HOUR_MS, (struct outage){ 0 }, 256);
    assert_int_equal(n_said(f, "decision/talk"), 1);
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM talk WHERE rounds = 1 AND step = 1", ""),
                     1);
}

/* Bob works in the afternoon: a lost life of the store has asked on thursday at two. This one comes on friday at ten, and finds that
 * by its cause; one that was only down would wait until friday at two. */
static void talk__is_asked_for_when_it_was__in_a_store_that_was_put_back(void **state)
{
    int64_t thursday_14_ms = team_now_ms + 2 * (int64_t)DAY + 4 * (int64_t)HOUR_MS;
    for (int is_restored = 0; is_restored < 2; is_restored++) {
        struct team *f = *state;
        team_say(f, "@bob:x", NULL, "!me hours mon-fri 14-17");
        if (is_restored)
            store_set_int(f->store, "restored_ms", team_now_ms + 3 * (int64_t)DAY);
        go_to(f, team_now_ms + 3 * (int64_t)DAY);
        assert_int_equal(n_said(f, "decision/talk"), is_restored);
        assert_int_equal(
            store_int(f->store, 0, "SELECT min(cause_ms) FROM outbox WHERE template = 'decision/talk'", ""),
            is_restored ? thursday_14_ms : 0);
        team_teardown(state);
        block(state);
    }
}

static void talk__asks_who_objects_later__and_waits_for_their_answer(void **state)
{
    struct team *f = *state;
    go_to(f, team_now_ms + 2 * (int64_t)DAY);
    team_send_all(f);
    team_say(f, "@carol:x", NULL, "!object DEC-1 too dear");
    tap(f, "@bob:x", "1️⃣");
    tap(f, "@alice:x", "1️⃣");
    assert_int_equal(talk_at(f), 0);
    go_to(f, team_now_ms + 2 * (int64_t)DAY);
    assert_int_equal(n_said(f, "decision/talk"), 2);
    team_say(f, "@carol:x", NULL, "!withdraw DEC-1");
    assert_true(talk_at(f) > 0);
}

static void talk__goes_to_the_new_owner__who_was_not_asked(void **state)
{
    struct team *f = *state;
    go_to(f, team_now_ms + 2 * (int64_t)DAY);
    team_send_all(f);
    const char *card = engine_card_event(f->engine, "DEC-1", f->arena);
    team_say(f, "@alice:x", card, "owner: dan");
    assert_int_equal(
        store_int(f->store, 0, "SELECT count(*) FROM question WHERE person = '@alice:x' AND is_open = 1", ""),
        0);
    go_to(f, team_now_ms + 2 * (int64_t)DAY);
    assert_int_equal(store_int(f->store, 0,
                               "SELECT count(*) FROM outbox WHERE template = 'decision/talk'"
                               " AND mentions LIKE '%dan%'",
                               ""),
                     1);
}

static void talk__takes_nine_times__and_says_so(void **state)
{
    struct team *f = *state;
    for (int hour = 9; hour < 18; hour++)
        team_say(f, "@bob:x", NULL, arena_printf(f->arena, "!slot DEC-1 2026-12-01 %02d:00", hour));
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM talk_pick", ""), 9);
    team_say(f, "@bob:x", NULL, "!slot DEC-1 2026-12-02 09:00");
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM talk_pick", ""), 9);
    assert_non_null(strstr(team_said(f, "decision/slot"), "Nine times"));
    /* One of the nine is one of them, however it is said. */
    team_say(f, "@alice:x", NULL, "!slot DEC-1 2026-12-01 11:00");
    assert_int_equal(talk_at(f), INT64_C(1796119200000));
}

static void talk__goes_on_without__who_is_away_all_the_week(void **state)
{
    struct team *f = *state;
    team_say(f, "@carol:x", NULL, "!object DEC-1 too dear");
    team_say(f, "@carol:x", NULL, "!away until 31 december");
    go_to(f, team_now_ms + 2 * (int64_t)DAY);
    assert_non_null(strstr(team_said(f, "decision/talk"), "alice, bob: DEC-1"));
    assert_non_null(strstr(team_said(f, "decision/talk"), "Away: carol."));
    go_to(f, team_now_ms + 10 * (int64_t)DAY);
    go_to(f, team_now_ms + 10 * (int64_t)DAY + 23 * (int64_t)HOUR_MS);
    go_to(f, team_now_ms + 16 * (int64_t)DAY);
    go_to(f, team_now_ms + 16 * (int64_t)DAY + 23 * (int64_t)HOUR_MS);
    assert_non_null(strstr(team_said(f, "decision/talk-none"), "Away: carol."));
}

/* The hour at which it was proposed is long past: what comes of bob's leaving has another cause than the proposal had. */
static void talk__goes_on_by_a_cause_of_its_own__when_there_is_nobody_to_talk_with(void **state)
{
    struct team *f = *state;
    int64_t left_ms = team_now_ms + 2 * (int64_t)DAY + HOUR_MS;
    struct event leave = { .kind = EVENT_MEMBER,
                           .id = "$leave",
                           .room = f->room,
                           .sender = "@bob:x",
                           .person = "@bob:x",
                           .membership = "leave",
                           .at_ms = left_ms };
    go_to(f, team_now_ms + 2 * (int64_t)DAY);
    room_set_member(f->store, f->room, "@bob:x", "leave", NULL);
    assert_int_equal(engine_event(f->engine, &leave, left_ms), TURN_DONE);
    assert_int_equal(store_int(f->store, 0, "SELECT due_ms FROM timer WHERE what = 'talk'", ""), left_ms);
    go_to(f, left_ms);
    assert_non_null(strstr(team_said(f, "decision/talk-none"), "alice"));
}

static void talk__leaves_nothing__once_it_is_settled(void **state)
{
    struct team *f = *state;
    go_to(f, team_now_ms + 2 * (int64_t)DAY);
    team_say(f, "@alice:x", NULL, "!settle DEC-1 One review");
    go_to(f, team_now_ms + 30 * (int64_t)DAY);
    assert_int_equal(n_said(f, "decision/talk"), 0); /* it was not sealed yet */
    assert_int_equal(
        store_int(f->store, 0,
                  "SELECT (SELECT count(*) FROM talk) + (SELECT count(*) FROM talk_person)"
                  " + (SELECT count(*) FROM timer)"
                  " + (SELECT count(*) FROM question WHERE is_open = 1 AND choices LIKE '%slot%')",
                  ""),
        0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, block, team_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(talk__is_proposed__at_48_hours_and_not_before),
        TEST(talk__is_off_again__when_a_tap_is_taken_away),
        TEST(talk__is_proposed_once__after_an_outage_of_days),
        TEST(talk__is_asked_for_when_it_was__in_a_store_that_was_put_back),
        TEST(talk__asks_who_objects_later__and_waits_for_their_answer),
        TEST(talk__goes_to_the_new_owner__who_was_not_asked),
        TEST(talk__takes_nine_times__and_says_so),
        TEST(talk__goes_on_without__who_is_away_all_the_week),
        TEST(talk__goes_on_by_a_cause_of_its_own__when_there_is_nobody_to_talk_with),
        TEST(talk__leaves_nothing__once_it_is_settled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
