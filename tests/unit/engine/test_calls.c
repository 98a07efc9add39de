/* engine/calls: nobody is called outside their hours; what was held is said once, in their first working moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../team.h"
#include "store/outbox.h"

enum { DAY = 24 * HOUR_MS };
static const int64_t next_morning_ms = INT64_C(1795593600000); /* Wednesday 9:00 */

/* Calls of that kind that are on their way to a room. */
static int64_t n_queued(struct team *f, const char *template_name)
{
    return store_int(f->store, 0,
                     "SELECT count(*) FROM outbox WHERE template = ?1 AND state = 0 AND mentions IS NOT NULL",
                     "s", template_name);
}

static int64_t n_held(struct team *f)
{
    return store_int(f->store, 0, "SELECT count(*) FROM outbox WHERE held_for IS NOT NULL AND state = 3", "");
}

/* Alice has a decision, and works from 13:00 on only; bob objects at 10:00. */
static void object_early(struct team *f)
{
    team_say(f, "@alice:x", NULL, "!me hours mon-fri 13-17");
    team_say(f, "@alice:x", NULL, "!decide One by friday 12:00");
    team_say(f, "@bob:x", NULL, "!object DEC-1 too far");
}

static void calls__wait_for_the_first_working_moment(void **state)
{
    struct team *f = *state;
    object_early(f);
    assert_int_equal(n_queued(f, "decision/objected"), 0);
    assert_int_equal(n_held(f), 1);
    team_let_time_pass(f, team_now_ms + 3 * HOUR_MS - 1);
    assert_int_equal(n_held(f), 1);
    team_let_time_pass(f, team_now_ms + 3 * HOUR_MS + 1);
    assert_int_equal(n_queued(f, "decision/objected"), 1);
    assert_int_equal(n_held(f), 0);
}

static void calls__that_are_moot__are_never_said(void **state)
{
    struct team *f = *state;
    object_early(f);
    team_say(f, "@bob:x", NULL, "!withdraw DEC-1");
    assert_int_equal(n_held(f), 0);
    team_say(f, "@bob:x", NULL, "!object DEC-1 too far still");
    assert_int_equal(n_held(f), 1);
    /* The owner acts on it: it was seen. */
    team_say(f, "@alice:x", NULL, "!extend DEC-1 next week friday 16:00");
    team_say(f, "@alice:x", NULL, "!settle DEC-1 as it was");
    assert_int_equal(n_held(f), 0);
    team_let_time_pass(f, next_morning_ms + 6 * HOUR_MS + 1);
    assert_int_equal(n_queued(f, "decision/objected"), 0);
}

/* Down from before her hour until after her day: the evening is not hers either. */
static void calls__come_late__in_working_hours_still(void **state)
{
    struct team *f = *state;
    object_early(f);
    team_let_time_pass(f, team_now_ms + 10 * HOUR_MS + 1);
    assert_int_equal(n_queued(f, "decision/objected"), 0);
    assert_int_equal(n_held(f), 1);
    team_let_time_pass(f, next_morning_ms + 4 * HOUR_MS + 1);
    assert_int_equal(n_queued(f, "decision/objected"), 1);
}

static void calls__move__with_the_hours(void **state)
{
    struct team *f = *state;
    object_early(f);
    team_say(f, "@alice:x", NULL, "!me hours mon-fri 11-17");
    team_let_time_pass(f, team_now_ms + HOUR_MS + 1);
    assert_int_equal(n_queued(f, "decision/objected"), 1);
}

static void calls__wait_for_who_is_away(void **state)
{
    struct team *f = *state;
    object_early(f);
    team_say(f, "@alice:x", NULL, "!away");
    team_let_time_pass(f, next_morning_ms + DAY + 6 * HOUR_MS + 1);
    assert_int_equal(n_held(f), 1);
    team_say(f, "@alice:x", NULL, "!back");
    team_let_time_pass(f, team_now_ms + 3 * HOUR_MS + 1);
    assert_int_equal(n_queued(f, "decision/objected"), 1);
}

static int64_t open_direct_room(struct team *f, const char *person)
{
    int64_t room = room_ensure(f->store, "!direct:x");
    room_set(f->store, room, "membership", "join");
    room_set(f->store, room, "dm_person", person);
    room_set_member(f->store, room, "@greffier:x", "join", NULL);
    room_set_member(f->store, room, person, "join", NULL);
    return room;
}

static void calls__for_one_person__are_one_message(void **state)
{
    struct team *f = *state;
    int64_t direct = open_direct_room(f, "@alice:x");
    object_early(f);
    team_say(f, "@alice:x", NULL, "!decide Two by friday 16:00");
    team_say(f, "@bob:x", NULL, "!object DEC-2 too near");
    assert_int_equal(n_held(f), 2);
    team_let_time_pass(f, team_now_ms + 3 * HOUR_MS + 1);
    assert_int_equal(n_queued(f, "calls/waiting"), 1);
    assert_int_equal(n_queued(f, "decision/objected"), 0);
    struct outbox_row row = { 0 };
    struct spoken spoken;
    struct err err;
    int64_t id = store_int(
        f->store, 0, "SELECT id FROM outbox WHERE template = 'calls/waiting' AND room = ?1", "i", direct);
    assert_true(outbox_get(f->store, id, f->arena, &row));
    assert_true(engine_speak(f->engine, &row, f->arena, &spoken, &err));
    assert_non_null(strstr(spoken.body, "bob objects to DEC-1: “too far”"));
    assert_non_null(strstr(spoken.body, "bob objects to DEC-2: “too near”"));
}

/* Without such a room each goes where its item is. */
static void calls__without_a_direct_room__go_to_their_threads(void **state)
{
    struct team *f = *state;
    object_early(f);
    team_say(f, "@alice:x", NULL, "!decide Two by friday 16:00");
    team_say(f, "@bob:x", NULL, "!object DEC-2 too near");
    team_let_time_pass(f, team_now_ms + 3 * HOUR_MS + 1);
    assert_int_equal(n_queued(f, "decision/objected"), 2);
    assert_int_equal(n_queued(f, "calls/waiting"), 0);
}

/* Who is asked anew when their day begins has not been asked before. */
static void calls__that_ask__count_once_they_are_said(void **state)
{
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!decide One by friday 12:00");
    team_say(f, "@bob:x", NULL, "!me hours mon-fri 14-17");
    team_say(f, "@bob:x", NULL, "!agree DEC-1");
    team_send_all(f);
    team_say(f, "@alice:x", "$sent1", "proposal: another");
    static const char unreached[] = "SELECT count(*) FROM asked a LEFT JOIN outbox o ON o.id = a.row"
                                    " WHERE a.person = '@bob:x' AND o.event_id IS NULL";
    assert_int_equal(n_held(f), 1);
    assert_int_equal(store_int(f->store, 0, unreached, ""), 1);
    team_let_time_pass(f, team_now_ms + 4 * HOUR_MS + 1);
    assert_int_equal(n_queued(f, "decision/changed"), 1);
    team_send_all(f);
    assert_int_equal(store_int(f->store, 0, unreached, ""), 0);
}

static void calls__heed_quiet_hours__of_working_time(void **state)
{
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!me quiet 9:30-15");
    team_say(f, "@alice:x", NULL, "!decide One by friday 12:00");
    team_say(f, "@bob:x", NULL, "!me quiet 8-12");
    team_say(f, "@bob:x", NULL, "!object DEC-1 too far");
    team_let_time_pass(f, team_now_ms + 5 * HOUR_MS - 1);
    assert_int_equal(n_queued(f, "decision/objected"), 0);
    team_let_time_pass(f, team_now_ms + 5 * HOUR_MS + 1);
    assert_int_equal(n_queued(f, "decision/objected"), 1);
}

/* Quiet hours that a later change of the hours leaves alone in the day count for nothing: a call is never lost. */
static void calls__are_never_held_for_good(void **state)
{
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!me quiet 13-17");
    object_early(f);
    assert_int_equal(n_held(f), 1);
    team_let_time_pass(f, team_now_ms + 3 * HOUR_MS + 1);
    assert_int_equal(n_queued(f, "decision/objected"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, team_setup, team_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(calls__wait_for_the_first_working_moment),
        TEST(calls__that_are_moot__are_never_said),
        TEST(calls__come_late__in_working_hours_still),
        TEST(calls__move__with_the_hours),
        TEST(calls__wait_for_who_is_away),
        TEST(calls__for_one_person__are_one_message),
        TEST(calls__without_a_direct_room__go_to_their_threads),
        TEST(calls__that_ask__count_once_they_are_said),
        TEST(calls__heed_quiet_hours__of_working_time),
        TEST(calls__are_never_held_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
