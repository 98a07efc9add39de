/* engine/absence: who is away is not called; what was held back is said once, and only what still waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../team.h"

enum { DAY = 24 * HOUR_MS };

static int64_t n_said(struct team *f, const char *template_name)
{
    return store_int(f->store, 0, "SELECT count(*) FROM outbox WHERE template = ?1 AND state <> 5", "s",
                     template_name);
}

static int64_t n_calls(struct team *f, const char *person)
{
    return store_int(f->store, 0,
                     "SELECT count(*) FROM outbox WHERE mentions LIKE '%' || ?1 || '%' AND state <> 5", "s",
                     person);
}

static void absence__holds_every_call__and_says_them_at_once(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!away until thursday");
    team_say(f, "@alice:x", NULL, "!decide One by friday 12:00");
    team_say(f, "@alice:x", NULL, "!decide Two by friday 16:00");
    team_let_time_pass(f, team_now_ms + DAY + 1);
    assert_int_equal(n_calls(f, "@bob:x"), 0);
    team_let_time_pass(f, team_now_ms + 2 * (int64_t)DAY - HOUR_MS + 1); /* thursday 9:00 */
    assert_int_equal(n_calls(f, "@bob:x"), 1);
    assert_int_equal(n_said(f, "away/returned"), 1);
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM absence", ""), 0);
    team_let_time_pass(f, team_now_ms + 2 * (int64_t)DAY + 1);
    assert_int_equal(n_said(f, "away/returned"), 1);
}

/* Both timers are due at the instant of the return, and the one for calls comes first. */
static void absence__lets_held_calls_go__at_the_instant_of_the_return(void **state)
{
    struct team *f = *state;
    int64_t back_ms = team_now_ms + 2 * (int64_t)DAY - HOUR_MS; /* thursday 9:00 */
    team_say(f, "@bob:x", NULL, "!decide One by friday 12:00");
    team_send_all(f);
    team_say(f, "@bob:x", NULL, "!away until thursday");
    team_say(f, "@alice:x", NULL, "!object DEC-1 too slow");
    assert_true(engine_timers(f->engine, back_ms, back_ms + 1, (struct outage){ 0 }, 256) < 256);
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM absence", ""), 0);
    assert_int_equal(n_said(f, "decision/objected"), 1);
    assert_int_equal(
        store_int(f->store, 0, "SELECT count(*) FROM outbox WHERE held_for IS NOT NULL AND state = 3", ""),
        0);
}

/* They were never asked: the one message asks them, and says that its date has passed. */
static void absence__over_the_date_of_a_task__is_told_once(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!away until thursday");
    team_say(f, "@alice:x", NULL, "!task @bob:x Errand by wednesday 12:00");
    team_let_time_pass(f, team_now_ms + 3 * (int64_t)DAY);
    assert_int_equal(n_said(f, "away/returned"), 1);
    assert_int_equal(n_said(f, "task/reminder"), 0);
    assert_int_equal(n_calls(f, "@bob:x"), 1);
}

static void absence__says_nothing__of_what_waits_no_longer(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!away until thursday");
    team_say(f, "@alice:x", NULL, "!decide One by friday 12:00");
    team_say(f, "@alice:x", NULL, "!decide Two by friday 16:00");
    team_say(f, "@bob:x", NULL, "!agree DEC-1");
    team_say(f, "@alice:x", NULL, "!cancel DEC-2");
    team_let_time_pass(f, team_now_ms + 2 * (int64_t)DAY + 1);
    assert_int_equal(n_said(f, "away/returned"), 0);
    assert_int_equal(n_calls(f, "@bob:x"), 0);
}

static void absence__tells_nobody__of_a_room_they_have_left(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!away until thursday");
    team_say(f, "@alice:x", NULL, "!decide One by friday 12:00");
    room_set_member(f->store, f->room, "@bob:x", "leave", NULL);
    team_let_time_pass(f, team_now_ms + 2 * (int64_t)DAY + 1);
    assert_int_equal(n_said(f, "away/returned"), 0);
}

/* Back in the middle of the day: at once; without an end nothing comes before that. */
static void absence__without_an_end__lasts_until_they_say_so(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!away");
    team_say(f, "@alice:x", NULL, "!decide One by friday 12:00");
    team_let_time_pass(f, team_now_ms + 1);
    assert_int_equal(n_calls(f, "@bob:x"), 0);
    team_say(f, "@bob:x", NULL, "!back");
    assert_int_equal(n_calls(f, "@bob:x"), 0);
    team_let_time_pass(f, team_now_ms + 1);
    assert_int_equal(n_said(f, "away/returned"), 1);
    assert_int_equal(
        store_int(f->store, 0, "SELECT count(*) FROM history WHERE what IN ('me away', 'me back')", ""), 2);
}

/* The zone counts: thursday begins in Montréal when it does there. */
static void absence__ends_with_their_own_morning(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!away until thursday");
    team_say(f, "@bob:x", NULL, "!me zone Montréal");
    team_say(f, "@alice:x", NULL, "!decide One by friday 12:00");
    team_let_time_pass(f, team_now_ms + 2 * (int64_t)DAY + 4 * HOUR_MS + 1);
    assert_int_equal(n_said(f, "away/returned"), 0);
    team_let_time_pass(f, team_now_ms + 2 * (int64_t)DAY + 5 * HOUR_MS + 1);
    assert_int_equal(n_said(f, "away/returned"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, team_setup, team_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(absence__holds_every_call__and_says_them_at_once),
        TEST(absence__lets_held_calls_go__at_the_instant_of_the_return),
        TEST(absence__over_the_date_of_a_task__is_told_once),
        TEST(absence__says_nothing__of_what_waits_no_longer),
        TEST(absence__tells_nobody__of_a_room_they_have_left),
        TEST(absence__without_an_end__lasts_until_they_say_so),
        TEST(absence__ends_with_their_own_morning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
