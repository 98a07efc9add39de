/* The reminder that comes back, heard late: what was owed meanwhile is said, or it is known why not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../team.h"

/* It comes at 11:00 and at noon, ...; the bot was down from 10:30 on, and is up again at 11:30. */
static const int64_t first_ms = team_now_ms + HOUR_MS;
static const int64_t up_ms = team_now_ms + 3 * HOUR_MS / 2;

static void ask_for_one(struct team *f)
{
    team_say(f, "@alice:x", NULL, "!remind me breathe every hour");
    team_send_all(f);
}

static void hear_late(struct team *f, int64_t at_ms, const char *body)
{
    struct event event = { .kind = EVENT_MESSAGE,
                           .id = arena_printf(f->arena, "$late%d", ++f->n_events),
                           .room = f->room,
                           .sender = "@alice:x",
                           .body = body,
                           .at_ms = at_ms };
    assert_int_equal(engine_event(f->engine, &event, up_ms), TURN_DONE);
}

/* For which instants it was said, and what is noted that it was not, when the timers have had their turn at that one. */
static const char *come_to(struct team *f, int64_t now_ms)
{
    team_let_time_pass(f, now_ms);
    return store_str(
        f->store, f->arena,
        "SELECT coalesce((SELECT group_concat('said ' || ((cause_ms - ?1) / 60000)) FROM outbox"
        "  WHERE template = 'reminder/due' AND state = 0 AND is_moot = 0), '')"
        " || coalesce((SELECT group_concat(' skipped ' || CASE WHEN detail LIKE '% %' THEN detail"
        "   ELSE ((detail - ?1) / 60000) END, '') FROM history WHERE what = 'skipped'), '')",
        "i", team_now_ms);
}

static void reminder__says_what_is_owed__when_the_next_is_skipped_after_it(void **state)
{
    struct team *f = *state;
    ask_for_one(f);
    hear_late(f, first_ms + 60000, "!skip RMD-1");
    assert_string_equal(come_to(f, up_ms), "said 60 skipped 120");
    assert_string_equal(come_to(f, up_ms + HOUR_MS), "said 60 skipped 120");
    assert_string_equal(come_to(f, up_ms + 2 * HOUR_MS), "said 60,said 180 skipped 120");
}

static void reminder__leaves_out_the_one_that_was_meant__when_a_skip_is_heard_late(void **state)
{
    struct team *f = *state;
    ask_for_one(f);
    hear_late(f, first_ms - 60000, "!skip RMD-1");
    assert_string_equal(come_to(f, up_ms), " skipped 60");
    assert_string_equal(come_to(f, up_ms + HOUR_MS), "said 120 skipped 60");
}

static void reminder__never_skips_what_was_said(void **state)
{
    struct team *f = *state;
    ask_for_one(f);
    team_let_time_pass(f, first_ms + 5);
    hear_late(f, first_ms - 60000, "!skip RMD-1");
    assert_string_equal(come_to(f, up_ms + HOUR_MS), "said 60 skipped 120");
}

static void reminder__notes_what_it_does_not_say_into_a_pause(void **state)
{
    struct team *f = *state;
    ask_for_one(f);
    hear_late(f, first_ms + 60000, "!pause RMD-1");
    assert_string_equal(come_to(f, up_ms + HOUR_MS), " skipped 1 until now");
    hear_late(f, first_ms + 120000, "!resume RMD-1");
    assert_string_equal(come_to(f, up_ms + HOUR_MS), "said 120 skipped 1 until now");
}

static void reminder__says_what_came_due_since_it_was_to_go_on(void **state)
{
    struct team *f = *state;
    ask_for_one(f);
    team_say(f, "@alice:x", NULL, "!pause RMD-1");
    hear_late(f, first_ms - 60000, "!resume RMD-1");
    assert_string_equal(come_to(f, up_ms), "said 60");
    hear_late(f, up_ms, "!resume RMD-1");
    assert_string_equal(come_to(f, up_ms + HOUR_MS), "said 60,said 120");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, team_setup, team_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reminder__says_what_is_owed__when_the_next_is_skipped_after_it),
        TEST(reminder__leaves_out_the_one_that_was_meant__when_a_skip_is_heard_late),
        TEST(reminder__never_skips_what_was_said),
        TEST(reminder__notes_what_it_does_not_say_into_a_pause),
        TEST(reminder__says_what_came_due_since_it_was_to_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
