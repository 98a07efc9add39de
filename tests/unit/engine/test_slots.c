/* engine/slots: quarters of an hour in which several people work, or could. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../team.h"
#include "engine/private.h"
#include "engine/slots.h"
#include "time/hours.h"

#define OFFICE "mon-fri 09:00-12:00,13:00-17:00"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static struct turn turn_of(struct team *f)
{
    struct turn turn = { .engine = f->engine,
                         .store = f->store,
                         .arena = f->arena,
                         .now_ms = team_now_ms,
                         .at_ms = team_now_ms,
                         .cause = "test" };
    turn_enter_room(&turn, f->room);
    return turn;
}

static struct person_list two(struct team *f)
{
    struct person_list people = { .ids = arena_alloc(f->arena, 2 * sizeof *people.ids), .n = 2 };
    people.ids[0] = "@alice:x";
    people.ids[1] = "@bob:x";
    return people;
}

static void slots__are_two_of_one_day__where_all_work_alike(void **state)
{
    struct team *f = *state;
    struct turn turn = turn_of(f);
    struct slots slots = slots_find(&turn, two(f), team_now_ms);
    assert_int_equal(slots.n, 2);
    assert_int_equal(slots.at_ms[0],
                     team_now_ms + 90 * MINUTE); /* 11:30, the first that leaves time to see it */
    assert_int_equal(slots.at_ms[1], team_now_ms + 4 * HOUR);
    assert_int_equal(slots_together_ms(&turn, two(f), team_now_ms), team_now_ms);
    assert_int_equal(slots_together_ms(&turn, two(f), team_now_ms + 8 * HOUR), team_now_ms + 23 * HOUR);
}

static void slots__leave_out__absences_and_holidays(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!away until thursday");
    struct turn turn = turn_of(f);
    struct slots slots = slots_find(&turn, two(f), team_now_ms);
    assert_int_equal(slots.at_ms[0], team_now_ms + 2 * DAY); /* 10:00, an hour after the day begins */
    assert_false(slots_fits(&turn, "@bob:x", team_now_ms));
    assert_true(slots_fits(&turn, "@alice:x", team_now_ms));
    /* The quarter of an hour before noon, and the one that would run into it. */
    assert_true(slots_fits(&turn, "@alice:x", team_now_ms + 105 * MINUTE));
    assert_false(slots_fits(&turn, "@alice:x", team_now_ms + 106 * MINUTE));
}

static void slots__stretch_one_before_all__and_the_first_last(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!me zone Los Angeles"); /* at work from 18:00 to 02:00 in Zurich */
    struct turn turn = turn_of(f);
    struct slots slots = slots_find(&turn, two(f), team_now_ms);
    assert_int_equal(slots_together_ms(&turn, two(f), team_now_ms), SLOTS_NEVER);
    assert_true(slots.n > 0);
    for (size_t i = 0; i < slots.n; i++) {
        assert_true(slots_fits(&turn, "@alice:x", slots.at_ms[i]));
        assert_false(slots_fits(&turn, "@bob:x", slots.at_ms[i]));
    }
}

static void slots__are_none__where_somebody_is_away_all_the_week(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!away until 15 december");
    struct turn turn = turn_of(f);
    assert_int_equal(slots_find(&turn, two(f), team_now_ms).n, 0);
}

/* The oracle is the count of working time, minute by minute as test_hours.c has it. */
static void hours_spans__are_the_working_time__across_a_clock_change(void **state)
{
    (void)state;
    enum { MAX = 64 };
    static const char *const zones[] = { "Europe/Zurich", "America/Montreal", "Asia/Kolkata" };
    const int64_t friday_ms =
        INT64_C(1792735200000); /* 23 October 2026 06:00 UTC: the clocks go back on Sunday */
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++)
        for (int64_t from_ms = friday_ms; from_ms < friday_ms + 3 * DAY; from_ms += 47 * MINUTE) {
            struct hours_span spans[MAX], within = { from_ms, from_ms + 4 * DAY };
            size_t n = hours_spans(OFFICE ";sat 22:00-24:00;sun 00:00-04:00", zones[i], within, spans, MAX);
            int64_t work_ms = 0;
            for (size_t j = 0; j < n; j++) {
                assert_true(spans[j].from_ms >= (j ? spans[j - 1].to_ms : within.from_ms));
                work_ms += spans[j].to_ms - spans[j].from_ms;
            }
            assert_int_equal(work_ms, hours_between(OFFICE ";sat 22:00-24:00;sun 00:00-04:00", zones[i],
                                                    within.from_ms, within.to_ms));
        }
    struct hours_span one, week = { friday_ms, friday_ms + 7 * DAY };
    assert_int_equal(hours_spans(OFFICE, "Europe/Zurich", week, &one, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(slots__are_two_of_one_day__where_all_work_alike, team_setup,
                                        team_teardown),
        cmocka_unit_test_setup_teardown(slots__leave_out__absences_and_holidays, team_setup, team_teardown),
        cmocka_unit_test_setup_teardown(slots__stretch_one_before_all__and_the_first_last, team_setup,
                                        team_teardown),
        cmocka_unit_test_setup_teardown(slots__are_none__where_somebody_is_away_all_the_week, team_setup,
                                        team_teardown),
        cmocka_unit_test(hours_spans__are_the_working_time__across_a_clock_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
