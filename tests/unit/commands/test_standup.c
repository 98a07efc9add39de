/* The standup, where a transcript cannot look: who is asked how often, and what is in the store afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../team.h"

#define HOURS(n) ((n)*INT64_C(3600000))

/* Tuesday 24 November, 10:00: the next round is Wednesday's. */
static const int64_t wednesday_9_ms = INT64_C(1795510800000) + HOURS(23);

static int64_t n_said(struct team *f, const char *template_name)
{
    return store_int(f->store, 0,
                     "SELECT count(*) FROM outbox WHERE template = ?1 AND kind = 0 AND target IS NULL", "s",
                     template_name);
}

/* What is to be said only if another message is lost is none. */
static int64_t n_asked(struct team *f, const char *person)
{
    return store_int(f->store, 0,
                     "SELECT count(*) FROM outbox WHERE template = 'round/prompt' AND target IS NULL"
                     " AND mentions LIKE '%' || ?1 || '%'",
                     "s", person);
}

/* Each of the team is in one prompt of the newest round. */
static int n_prompted(struct team *f)
{
    static const char *const people[] = { "@alice:x", "@bob:x", "@carol:x", "@dan:x" };
    int n = 0;
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++)
        n += n_asked(f, people[i]) == 1;
    return n;
}

static void pass(struct team *f, int64_t from_ms, int64_t to_ms)
{
    for (int64_t at_ms = from_ms; at_ms <= to_ms; at_ms += INT64_C(60000)) {
        team_let_time_pass(f, at_ms);
        team_send_all(f);
    }
}

/* Nothing leaves meanwhile. */
static void pass_until_said(struct team *f, const char *template_name)
{
    for (int64_t at_ms = wednesday_9_ms + HOURS(1);
         n_said(f, template_name) == 0 && at_ms < wednesday_9_ms + HOURS(10); at_ms += INT64_C(60000))
        team_let_time_pass(f, at_ms);
}

static const char *thread_of_round(struct team *f)
{
    return store_str(f->store, f->arena,
                     "SELECT o.event_id FROM item i JOIN outbox o ON o.id = i.card WHERE i.prefix = 'RND'"
                     " ORDER BY i.id DESC LIMIT 1",
                     "");
}

static void standup__asks_each_once_a_day__and_nudges_once_who_is_silent(void **state)
{
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!standup");
    pass(f, wednesday_9_ms, wednesday_9_ms + HOURS(1));
    assert_int_equal(n_prompted(f), 4);
    team_say(f, "@alice:x", thread_of_round(f), "done: one\ntoday: two");
    pass(f, wednesday_9_ms + HOURS(1), wednesday_9_ms + HOURS(10));
    assert_int_equal(n_prompted(f), 4);
    assert_int_equal(n_said(f, "round/nudge"), 1);
    assert_int_equal(store_int(f->store, 0,
                               "SELECT count(*) FROM outbox WHERE template = 'round/nudge'"
                               " AND mentions LIKE '%alice%'",
                               ""),
                     0);
    assert_int_equal(n_said(f, "round/closed"), 1);
    assert_int_equal(n_asked(f, "@bob:x"), 1);
    pass(f, wednesday_9_ms + HOURS(24), wednesday_9_ms + HOURS(25));
    assert_int_equal(n_asked(f, "@bob:x"), 2);
    assert_int_equal(n_said(f, "round/card"), 2);
}

/* It waits for the homeserver's limit while one of them answers: then it calls the others alone. */
static void standup__nudges_nobody_who_has_answered_meanwhile(void **state)
{
    static const char *const waiting =
        "SELECT count(*) FROM outbox WHERE template = 'round/nudge' AND state = 0 AND mentions LIKE ?1";
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!standup");
    pass(f, wednesday_9_ms, wednesday_9_ms + HOURS(1));
    pass_until_said(f, "round/nudge");
    assert_int_equal(store_int(f->store, 0, waiting, "s", "%@alice:x%"), 1);
    team_say(f, "@alice:x", thread_of_round(f), "done: one\ntoday: two");
    assert_int_equal(store_int(f->store, -1, waiting, "s", "%@alice:x%"), 0);
    assert_int_equal(store_int(f->store, -1, waiting, "s", "%@bob:x%"), 1);
    assert_int_equal(store_int(f->store, -1, waiting, "s", "%@dan:x%"), 1);
    const char *const others[] = { "@bob:x", "@carol:x", "@dan:x" };
    for (size_t i = 0; i < 3; i++)
        team_say(f, others[i], thread_of_round(f), "done: one\ntoday: two");
    assert_int_equal(store_int(f->store, -1, waiting, "s", "%"), 0);
}

/* Likewise the close that calls who is missing: once one of them has answered after all, it names them and calls nobody. */
static void standup__calls_nobody_at_its_close_who_has_answered_meanwhile(void **state)
{
    static const char *const calling =
        "SELECT count(*) FROM outbox WHERE template = 'round/closed' AND state = 0"
        " AND mentions LIKE '%@bob:x%'";
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!standup nudge off ping");
    pass(f, wednesday_9_ms, wednesday_9_ms + HOURS(1));
    pass_until_said(f, "round/closed");
    assert_int_equal(store_int(f->store, -1, calling, ""), 1);
    team_say(f, "@bob:x", thread_of_round(f), "done: one\ntoday: two");
    assert_int_equal(store_int(f->store, -1, calling, ""), 0);
    assert_int_equal(n_said(f, "round/closed"), 1);
}

/* A store that has no number left makes the round as soon as it has one. */
static void standup__waits_for_a_number(void **state)
{
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!standup");
    store_run(f->store, "UPDATE number SET next = reserved + 1", "");
    team_let_time_pass(f, wednesday_9_ms);
    assert_int_equal(n_said(f, "round/card"), 0);
    store_run(f->store, "UPDATE number SET reserved = reserved + 32", "");
    pass(f, wednesday_9_ms + INT64_C(60000), wednesday_9_ms + HOURS(1));
    assert_int_equal(n_said(f, "round/card"), 1);
    assert_int_equal(n_prompted(f), 4);
}

/* While nothing could be said the days pass: they are not made up for. */
static void standup__makes_up_for_no_day(void **state)
{
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!standup");
    pass(f, wednesday_9_ms + HOURS(49), wednesday_9_ms + HOURS(50));
    assert_int_equal(n_said(f, "round/card"), 1);
    assert_int_equal(n_prompted(f), 4);
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM round", ""), 1);
}

static void standup__asks_nobody_on_an_evening_or_a_weekend(void **state)
{
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!standup");
    pass(f, wednesday_9_ms + HOURS(9), wednesday_9_ms + HOURS(10));
    assert_int_equal(n_said(f, "round/prompt"), 0);
    pass(f, wednesday_9_ms + HOURS(72), wednesday_9_ms + HOURS(100));
    assert_int_equal(n_said(f, "round/prompt"), 0);
}

static void standup__asks_no_bots__and_not_who_is_away(void **state)
{
    struct team *f = *state;
    person_set_bot(f->store, "@dan:x");
    team_say(f, "@bob:x", NULL, "!away until friday");
    team_say(f, "@alice:x", NULL, "!standup");
    pass(f, wednesday_9_ms, wednesday_9_ms + HOURS(8));
    assert_int_equal(n_asked(f, "@dan:x"), 0);
    assert_int_equal(n_asked(f, "@bob:x"), 0);
    assert_int_equal(n_asked(f, "@carol:x"), 1);
}

/* What an answer said is kept once, in the table of texts; the outbox has references. */
static void answer__leaves_no_copy_of_its_words(void **state)
{
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!standup");
    pass(f, wednesday_9_ms, wednesday_9_ms + HOURS(1));
    team_say(f, "@bob:x", thread_of_round(f), "done: xyzzy\ntoday: more\nblocked: xyzzy too");
    team_say(f, "@bob:x", thread_of_round(f), "@alice:x tomorrow 12:00");
    assert_int_equal(n_said(f, "task/card"), 1);
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM outbox WHERE vals LIKE '%xyzzy%'", ""), 0);
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM text WHERE content LIKE '%xyzzy%'", ""), 2);
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM answer WHERE made IS NOT NULL", ""), 1);
}

static void answer__is_of_who_is_in_the_room(void **state)
{
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!standup");
    pass(f, wednesday_9_ms, wednesday_9_ms + HOURS(1));
    const char *thread = thread_of_round(f);
    team_say(f, "@bob:x", thread, "done: it\ntoday: that");
    room_set_member(f->store, f->room, "@bob:x", "leave", NULL);
    team_event(f, (struct event){ .kind = EVENT_MEMBER,
                                  .room = f->room,
                                  .sender = "@bob:x",
                                  .person = "@bob:x",
                                  .membership = "leave" });
    pass(f, wednesday_9_ms + HOURS(1), wednesday_9_ms + HOURS(10));
    assert_int_equal(n_said(f, "round/nudge"), 1);
    assert_non_null(strstr(team_said(f, "round/card"), "bob"));
}

/* Begun by hand before its time: once more by hand, and at that time, nobody is asked again. */
static void standup__begun_by_hand_asks_nobody_twice(void **state)
{
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!standup at 15:00");
    team_say(f, "@alice:x", NULL, "!standup now");
    team_send_all(f);
    team_say(f, "@alice:x", NULL, "!standup now");
    assert_int_equal(n_prompted(f), 4);
    pass(f, team_now_ms, team_now_ms + HOURS(9));
    assert_int_equal(n_prompted(f), 4);
    assert_int_equal(n_said(f, "round/card"), 1);
    pass(f, wednesday_9_ms, wednesday_9_ms + HOURS(7));
    assert_int_equal(n_asked(f, "@bob:x"), 2);
}

/* The day's round waits for three o'clock; by hand those who were not asked yet are asked, and no others. */
static void standup__by_hand_goes_on_with_what_is_open(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!me hours mon-fri 8-12 13-17");
    team_say(f, "@alice:x", NULL, "!standup");
    store_run(f->store, "UPDATE personal SET value = 'mon-fri 11:00-17:00' WHERE person = '@bob:x'", "");
    pass(f, wednesday_9_ms, wednesday_9_ms + HOURS(1));
    assert_int_equal(n_asked(f, "@bob:x"), 0);
    store_run(f->store, "DELETE FROM personal WHERE person = '@bob:x'", "");
    struct event event = { .kind = EVENT_MESSAGE,
                           .id = "$now",
                           .room = f->room,
                           .sender = "@alice:x",
                           .body = "!standup now",
                           .at_ms = wednesday_9_ms + HOURS(1) };
    assert_int_equal(engine_event(f->engine, &event, wednesday_9_ms + HOURS(1)), TURN_DONE);
    assert_int_equal(n_asked(f, "@bob:x"), 1);
    assert_int_equal(n_asked(f, "@carol:x"), 1);
    assert_int_equal(n_said(f, "round/card"), 1);
}

/* --- The report in another room --- */

static void answer_encrypted(struct team *f, const char *person)
{
    team_event(f, (struct event){ .kind = EVENT_MESSAGE,
                                  .room = f->room,
                                  .sender = person,
                                  .thread = thread_of_round(f),
                                  .is_decrypted = true,
                                  .body = "done: xyzzy\ntoday: that" });
}

/* Of an encrypted room only the way is told in clear; once the other room is encrypted too, all of it. */
static void report__of_an_encrypted_room_is_not_said_in_clear(void **state)
{
    struct team *f = *state;
    int64_t leads = team_make_room(f, "!leads:x");
    room_set(f->store, leads, "name", "leads");
    team_say(f, "@alice:x", NULL, "!standup for bob report to leads");
    store_run(f->store, "UPDATE room SET is_encrypted = 1 WHERE id = ?1", "i", f->room);
    for (int is_encrypted = 0; is_encrypted < 2; is_encrypted++) {
        store_run(f->store, "UPDATE room SET is_encrypted = ?2 WHERE id = ?1", "ii", leads,
                  (int64_t)is_encrypted);
        pass(f, wednesday_9_ms + HOURS(24 * is_encrypted), wednesday_9_ms + HOURS(24 * is_encrypted + 1));
        answer_encrypted(f, "@bob:x");
        const char *said = team_said(f, "round/report");
        assert_int_equal(strstr(said, "xyzzy") != NULL, is_encrypted);
        assert_non_null(strstr(said, is_encrypted ? "RND-2" : "RND-1"));
    }
    assert_int_equal(n_said(f, "round/report"), 2);
}

/* It goes to a room once a day, calls nobody, and no further than the right of whoever chose it. */
static void report__goes_by_the_right_of_who_chose_it(void **state)
{
    struct team *f = *state;
    int64_t leads = team_make_room(f, "!leads:x");
    team_say(f, "@alice:x", NULL, "!standup for bob report to !leads:x");
    pass(f, wednesday_9_ms, wednesday_9_ms + HOURS(10));
    assert_int_equal(n_said(f, "round/report"), 1);
    assert_int_equal(store_int(f->store, 0,
                               "SELECT count(*) FROM outbox WHERE template = 'round/report'"
                               " AND (mentions IS NOT NULL OR room <> ?1)",
                               "i", leads),
                     0);
    room_set_member(f->store, f->room, "@alice:x", "leave", NULL);
    pass(f, wednesday_9_ms + HOURS(24), wednesday_9_ms + HOURS(34));
    assert_int_equal(n_said(f, "round/closed"), 2);
    assert_int_equal(n_said(f, "round/report"), 1);
}

/* Nothing more is edited where the bot is not any more. */
static void report__stays_as_it_is_in_a_room_that_was_left(void **state)
{
    struct team *f = *state;
    int64_t leads = team_make_room(f, "!leads:x");
    team_say(f, "@alice:x", NULL, "!standup for bob report to !leads:x");
    pass(f, wednesday_9_ms, wednesday_9_ms + HOURS(10));
    room_set(f->store, leads, "membership", "leave");
    team_say(f, "@bob:x", thread_of_round(f), "done: it\ntoday: that");
    assert_int_equal(
        store_int(f->store, -1, "SELECT count(*) FROM outbox WHERE template = 'round/report'", ""), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, team_setup, team_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(standup__asks_each_once_a_day__and_nudges_once_who_is_silent),
        TEST(standup__nudges_nobody_who_has_answered_meanwhile),
        TEST(standup__calls_nobody_at_its_close_who_has_answered_meanwhile),
        TEST(standup__waits_for_a_number),
        TEST(standup__makes_up_for_no_day),
        TEST(standup__asks_nobody_on_an_evening_or_a_weekend),
        TEST(standup__asks_no_bots__and_not_who_is_away),
        TEST(answer__leaves_no_copy_of_its_words),
        TEST(answer__is_of_who_is_in_the_room),
        TEST(standup__begun_by_hand_asks_nobody_twice),
        TEST(standup__by_hand_goes_on_with_what_is_open),
        TEST(report__of_an_encrypted_room_is_not_said_in_clear),
        TEST(report__goes_by_the_right_of_who_chose_it),
        TEST(report__stays_as_it_is_in_a_room_that_was_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
