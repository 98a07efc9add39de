/* engine/days_off: what is typed becomes whole days, whose they are, and what the hours know of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "../team.h"

#include "time/civil.h"

static void empty(struct team *f)
{
    store_run(f->store, "DELETE FROM day_off", "");
}

/* "2026-12-24/2026-12-31 2027-01-02", what is kept of somebody. */
static const char *kept(struct team *f, const char *whose)
{
    const char *text = "";
    struct rows rows = store_rows(
        f->store, "SELECT from_day, to_day FROM day_off WHERE whose = ?1 ORDER BY from_day", "s", whose);
    while (rows_next(&rows)) {
        struct civil from = civil_from_day(rows_int(&rows, 0)), to = civil_from_day(rows_int(&rows, 1));
        text = arena_printf(f->arena, "%s%s%04d-%02d-%02d", text, *text ? " " : "", from.year, from.month,
                            from.day);
        if (rows_int(&rows, 1) > rows_int(&rows, 0))
            text = arena_printf(f->arena, "%s/%04d-%02d-%02d", text, to.year, to.month, to.day);
    }
    return text;
}

/* The team's now is Tuesday 24 November 2026. */
static void days__are_read__as_people_type_them(void **state)
{
    static const struct {
        const char *typed, *kept;
    } rows[] = {
        { "24 December", "2026-12-24" },
        { "le 24 décembre", "2026-12-24" },
        { "24-31 december", "2026-12-24/2026-12-31" },
        { "24 – 31 dec", "2026-12-24/2026-12-31" },
        { "December 24-31", "2026-12-24/2026-12-31" },
        { "from 24 to 31 december", "2026-12-24/2026-12-31" },
        { "du 24 au 31 décembre", "2026-12-24/2026-12-31" },
        { "du 1er au 5 janvier", "2027-01-01/2027-01-05" },
        { "24 dec to 2 jan", "2026-12-24/2027-01-02" },
        { "2026-12-24", "2026-12-24" },
        { "2026-12-24 - 2026-12-31", "2026-12-24/2026-12-31" },
        { "2026-12-24/2026-12-31", "2026-12-24/2026-12-31" },
        { "24/12/2026", "2026-12-24" },
        { "today", "2026-11-24" },
        { "tomorrow", "2026-11-25" },
        { "friday", "2026-11-27" },
        { "thursday to friday", "2026-11-26/2026-11-27" },
        { "24 dec, 27-28 dec; 30 dec", "2026-12-24 2026-12-27/2026-12-28 2026-12-30" },
        { "24 dec, 25 dec", "2026-12-24/2026-12-25" },
        { "25 dec, 23 dec, 24 dec", "2026-12-23/2026-12-25" },
    };
    struct team *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        empty(f);
        team_say(f, "@bob:x", NULL, arena_printf(f->arena, "!me off %s", rows[i].typed));
        assert_string_equal(kept(f, "@bob:x"), rows[i].kept);
    }
}

static void other_words__are_refused__and_nothing_is_kept(void **state)
{
    static const struct {
        const char *typed, *said;
    } rows[] = {
        { "24 December 14:00", "cannot read days" },
        { "14:00", "cannot read days" },
        { "mondy", "cannot read days" },
        { "30 february", "cannot read days" },
        { "31-24 december", "cannot read days" },
        { "yesterday", "has passed" },
        { "2026-11-01/2026-11-23", "has passed" },
        { "2026-12-01/2027-12-02", "more than a year" },
        { "24 dec, mondy", "cannot read days" },
        { "1 dec, 3 dec, 5 dec, 7 dec, 9 dec, 11 dec, 13 dec, 15 dec, 17 dec, 19 dec, 21 dec",
          "one too many" },
        { ",;", "cannot read days" },
        { "remove", "cannot read days" },
        { "remove 24 december", "no day off to take back" },
    };
    struct team *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        team_say(f, "@bob:x", NULL, arena_printf(f->arena, "!me off %s", rows[i].typed));
        if (!strstr(team_said(f, "off/refused"), rows[i].said))
            fail_msg("%s: %s", rows[i].typed, team_said(f, "off/refused"));
        assert_string_equal(kept(f, "@bob:x"), "");
    }
}

static void days_of_doubt__are_asked(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!me off next friday");
    assert_non_null(strstr(team_said(f, "off/which"), "Fri 27 Nov · 2️⃣ Fri 4 Dec"));
    team_say(f, "@bob:x", NULL, "2");
    assert_string_equal(kept(f, "@bob:x"), "2026-12-04");
    team_say(f, "@bob:x", NULL, "!me off remove next friday");
    team_say(f, "@bob:x", NULL, "2");
    assert_string_equal(kept(f, "@bob:x"), "");
}

static void what_is_removed__leaves_the_rest(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!me off 24-31 december");
    team_say(f, "@bob:x", NULL, "!me off remove 26-27 december, 31 december");
    assert_string_equal(kept(f, "@bob:x"), "2026-12-24/2026-12-25 2026-12-28/2026-12-30");
    /* What was not off does no harm to what was. */
    team_say(f, "@bob:x", NULL, "!me off remove 24 december, 27 december");
    assert_string_equal(kept(f, "@bob:x"), "2026-12-25 2026-12-28/2026-12-30");
    assert_non_null(strstr(team_said(f, "off/list"), "Fri 25 Dec"));
    team_say(f, "@bob:x", NULL, "!moi congé retirer 20 décembre au 5 janvier");
    assert_string_equal(kept(f, "@bob:x"), "");
}

/* Nobody has more than so many; those that have passed do not count. */
static void days__are_bounded(void **state)
{
    struct team *f = *state;
    for (int64_t i = 0; i < 200; i++)
        store_run(f->store,
                  "INSERT INTO day_off(whose, from_day, to_day, source) VALUES('@bob:x', ?1, ?1, 'typed')",
                  "i", 21000 + 2 * i);
    team_say(f, "@bob:x", NULL, "!me off 24 december");
    assert_non_null(strstr(team_said(f, "off/refused"), "too many"));
    store_run(f->store, "UPDATE day_off SET from_day = 1, to_day = 1 WHERE from_day = 21000", "");
    team_say(f, "@bob:x", NULL, "!me off 24 december");
    assert_non_null(strstr(kept(f, "@bob:x"), "2026-12-24"));
}

/* An administrator's command line has them; no console has one. */
static void days_of_a_calendar__are_shown_by_name(void **state)
{
    struct team *f = *state;
    assert_non_null(
        engine_holidays_text(f->engine, "import !ops:x\n2026-12-24/2026-12-31 Break", team_now_ms, f->arena));
    team_say(f, "@alice:x", NULL, "!room off");
    assert_non_null(strstr(team_said(f, "off/list"), "Thu 24 Dec to Thu 31 Dec (Break)"));
    team_say(f, "@alice:x", NULL, "!room history");
    assert_non_null(strstr(team_said(f, "room/history"), "days off of a calendar, by an admin of the bot"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(days__are_read__as_people_type_them, team_setup, team_teardown),
        cmocka_unit_test_setup_teardown(other_words__are_refused__and_nothing_is_kept, team_setup,
                                        team_teardown),
        cmocka_unit_test_setup_teardown(days_of_doubt__are_asked, team_setup, team_teardown),
        cmocka_unit_test_setup_teardown(what_is_removed__leaves_the_rest, team_setup, team_teardown),
        cmocka_unit_test_setup_teardown(days__are_bounded, team_setup, team_teardown),
        cmocka_unit_test_setup_teardown(days_of_a_calendar__are_shown_by_name, team_setup, team_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
