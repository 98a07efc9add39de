/* Rules that come back: what comes next, what is left out, and the text that the store keeps. tests/oracle/recur compares
 * thousands of them with another implementation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "time/recur.h"
#include "time/zone.h"

#define ZURICH "zone=Europe/Zurich"

static int64_t at(const char *zone, const char *text)
{
    struct civil c = { 0 };
    if (sscanf(text, "%d-%d-%d %d:%d", &c.year, &c.month, &c.day, &c.hour, &c.minute) != 5)
        fail_msg("%s", text);
    return zone_instant(zone, c);
}

static struct recur rule_of(const char *text)
{
    struct recur rule;
    if (!recur_parse(text, &rule))
        fail_msg("refused: %s", text);
    return rule;
}

static void assert_same(const struct recur *a, const struct recur *b)
{
    assert_string_equal(recur_write(a).text, recur_write(b).text);
}

/* The next occurrences, as "MM-DD HH:MM" of the rule's zone, up to the end of the text that is wanted. */
static void check_next(const char *text, const char *after, const char *want)
{
    char found[512] = "";
    struct recur rule = rule_of(text);
    int64_t at_ms = at(rule.zone, after);
    while (strlen(found) < strlen(want)) {
        size_t len = strlen(found);
        at_ms = recur_next(&rule, at_ms);
        if (at_ms == RECUR_NEVER) {
            snprintf(found + len, sizeof found - len, "%snever", len ? ", " : "");
            break;
        }
        struct civil c = zone_local(rule.zone, at_ms).civil;
        snprintf(found + len, sizeof found - len, "%s%02d-%02d %02d:%02d", len ? ", " : "", c.month, c.day,
                 c.hour, c.minute);
    }
    if (strcmp(found, want) != 0)
        fail_msg("%s\n  %s\n  not %s", text, found, want);
}

static void recur_next__counts_each_unit(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        { "every=1day at=09:00 from=2026-11-24T10:00 " ZURICH, "2026-11-24 10:00",
          "11-25 09:00, 11-26 09:00" },
        { "every=3day at=09:00,17:30 from=2026-11-24T10:00 " ZURICH, "2026-11-24 10:00",
          "11-24 17:30, 11-27 09:00, 11-27 17:30" },
        { "every=1workday on=mon,tue,wed,thu,fri at=09:00 from=2026-11-26T00:00 " ZURICH, "2026-11-26 10:00",
          "11-27 09:00, 11-30 09:00, 12-01 09:00" },
        { "every=2workday on=mon,tue,wed,thu,fri at=09:00 from=2026-11-28T00:00 " ZURICH, "2026-11-28 10:00",
          "11-30 09:00, 12-02 09:00, 12-04 09:00, 12-08 09:00" },
        { "every=2week on=tue,thu at=14:00 from=2026-11-25T10:00 " ZURICH, "2026-11-25 10:00",
          "11-26 14:00, 12-08 14:00, 12-10 14:00, 12-22 14:00" },
        /* A week begins on Monday: the Sunday is that of the week of the start. */
        { "every=2week on=mon,sun at=08:00 from=2026-11-24T00:00 " ZURICH, "2026-11-24 00:00",
          "11-29 08:00, 12-07 08:00, 12-13 08:00" },
        { "every=1month on=mon nth=1 at=09:00 from=2026-11-24T00:00 " ZURICH, "2026-11-24 00:00",
          "12-07 09:00, 01-04 09:00, 02-01 09:00" },
        { "every=1month on=fri nth=-1 at=16:00 from=2026-11-24T00:00 " ZURICH, "2026-11-24 00:00",
          "11-27 16:00, 12-25 16:00, 01-29 16:00" },
        { "every=1month day=31 at=12:00 from=2026-11-24T00:00 " ZURICH, "2026-11-24 00:00",
          "11-30 12:00, 12-31 12:00, 01-31 12:00, 02-28 12:00, 03-31 12:00" },
        { "every=1year day=29 month=2 at=12:00 from=2026-11-24T00:00 " ZURICH, "2026-11-24 00:00",
          "02-28 12:00, 02-29 12:00, 02-28 12:00" },
        { "every=2year on=thu nth=4 month=11 at=12:00 from=2026-11-27T00:00 " ZURICH, "2026-11-27 00:00",
          "11-23 12:00, 11-28 12:00" },
        /* Not on Christmas, nor on Saint Stephen's Day. */
        { "every=1workday on=mon,tue,wed,thu,fri,sat at=09:00 from=2026-12-24T00:00 " ZURICH " off=CH-ZH",
          "2026-12-24 10:00", "12-28 09:00, 12-29 09:00" },
        { "every=1workday on=mon,tue,wed,thu,fri at=09:00 from=2026-12-24T00:00 " ZURICH, "2026-12-24 10:00",
          "12-25 09:00, 12-28 09:00" },
        /* The nth working day, on no holiday: New Year, Berchtold's Day, Christmas. */
        { "every=1month on=mon,tue,wed,thu,fri nth=-1 at=09:00 from=2026-11-24T00:00 " ZURICH,
          "2026-11-24 10:00", "11-30 09:00, 12-31 09:00, 01-29 09:00" },
        { "every=1month on=mon,tue,wed,thu,fri nth=1 at=09:00 from=2026-12-02T00:00 " ZURICH,
          "2026-12-02 10:00", "01-01 09:00, 02-01 09:00, 03-01 09:00" },
        { "every=1month on=mon,tue,wed,thu,fri nth=1 at=09:00 from=2026-12-02T00:00 " ZURICH " off=FR",
          "2026-12-02 10:00", "01-04 09:00, 02-01 09:00, 03-01 09:00" },
        { "every=1year on=mon,tue,wed,thu,fri,sat nth=2 month=1 at=09:00 from=2026-12-02T00:00 " ZURICH
          " off=CH-BE",
          "2026-12-02 10:00", "01-05 09:00, 01-04 09:00" },
        { "every=1year on=thu,fri nth=4 month=12 at=09:00 from=2026-12-02T00:00 " ZURICH " off=FR",
          "2026-12-02 10:00", "12-11 09:00, 12-10 09:00" },
        { "every=4hour from=2026-11-24T09:10 " ZURICH, "2026-11-24 10:00",
          "11-24 10:10, 11-24 14:10, 11-24 18:10" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_next(rows[i][0], rows[i][1], rows[i][2]);
}

static void recur_next__heeds_end_count_exceptions_and_pause(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        { "every=1day at=09:00 from=2026-11-24T10:00 " ZURICH " until=2026-11-26T09:00", "2026-11-24 10:00",
          "11-25 09:00, 11-26 09:00, never" },
        { "every=1day at=09:00 from=2026-11-24T10:00 " ZURICH " until=2026-11-26T08:59", "2026-11-24 10:00",
          "11-25 09:00, never" },
        { "every=1day at=09:00,10:00 from=2026-11-24T09:30 " ZURICH " times=3", "2026-11-24 00:00",
          "11-24 10:00, 11-25 09:00, 11-25 10:00, never" },
        /* What is left out counts all the same. */
        { "every=1day at=09:00 from=2026-11-24T10:00 " ZURICH " times=3 except=2026-11-26T09:00",
          "2026-11-24 10:00", "11-25 09:00, 11-27 09:00, never" },
        { "every=1day at=09:00,10:00 from=2026-11-24T00:00 " ZURICH " except=2026-11-24,2026-11-25T10:00",
          "2026-11-24 00:00", "11-25 09:00, 11-26 09:00, 11-26 10:00" },
        { "every=1day at=09:00 from=2026-11-24T00:00 " ZURICH " pause=2026-11-25T09:00/2026-11-27T09:00",
          "2026-11-24 00:00", "11-24 09:00, 11-27 09:00" },
        { "every=1day at=09:00 from=2026-11-24T00:00 " ZURICH " pause=2026-11-25T09:01/", "2026-11-24 00:00",
          "11-24 09:00, 11-25 09:00, never" },
        { "every=1day at=09:00 from=2026-11-24T00:00 " ZURICH " pause=2026-11-20T00:00/2026-11-23T00:00",
          "2026-11-20 00:00", "11-24 09:00, 11-25 09:00" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_next(rows[i][0], rows[i][1], rows[i][2]);
}

static void recur_next__fires_once__when_clocks_change(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        /* 02:30 is skipped: the first minute after. */
        { "every=1day at=02:30 from=2026-03-28T00:00 " ZURICH, "2026-03-28 00:00",
          "03-28 02:30, 03-29 03:00, 03-30 02:30" },
        { "every=1day at=02:10,02:40,03:00 from=2026-03-29T00:00 " ZURICH, "2026-03-29 00:00",
          "03-29 03:00, 03-30 02:10" },
        { "every=1day at=02:30 from=2026-10-24T00:00 " ZURICH, "2026-10-24 00:00",
          "10-24 02:30, 10-25 02:30, 10-26 02:30" },
        /* Elapsed hours: 24 of them are at another time of day afterwards. */
        { "every=24hour from=2026-03-28T08:00 " ZURICH, "2026-03-28 09:00", "03-29 10:00, 03-30 10:00" },
        { "every=1day at=00:30 from=2026-04-23T00:00 zone=Africa/Cairo", "2026-04-23 12:00",
          "04-24 01:00, 04-25 00:30" },
        /* A day that the calendar of the place left out. */
        { "every=1day at=09:00 from=2011-12-29T00:00 zone=Pacific/Apia", "2011-12-29 12:00",
          "12-31 00:00, 12-31 09:00, 01-01 09:00" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_next(rows[i][0], rows[i][1], rows[i][2]);
    /* 02:30 comes twice: between the two it is over. */
    struct recur rule = rule_of("every=1day at=02:30 from=2026-10-24T00:00 " ZURICH);
    int64_t first_ms = at("Europe/Zurich", "2026-10-25 02:30");
    assert_int_equal(recur_next(&rule, first_ms - 1), first_ms);
    for (int64_t minute = 0; minute < 120; minute++)
        assert_int_equal(recur_next(&rule, first_ms + minute * 60000),
                         at("Europe/Zurich", "2026-10-26 02:30"));
}

static void recur_next__is_as_quick_far_off(void **state)
{
    (void)state;
    struct recur often = rule_of("every=1hour from=1970-01-01T00:00 zone=UTC");
    struct recur daily = rule_of(
        "every=1day at=00:00,03:00,06:00,09:00,12:00,15:00,18:00,21:00 from=1970-01-01T00:00 zone=UTC");
    struct recur working =
        rule_of("every=1workday on=mon,tue,wed,thu,fri at=09:00 from=2026-12-24T00:00 " ZURICH
                " off=FR except=2026-12-28 pause=2026-12-31T00:00/2027-01-01T00:00");
    struct recur seldom = rule_of("every=1000year day=31 month=12 at=23:59 from=1970-01-01T00:00 zone=UTC");
    int64_t far_ms = at("UTC", "9998-12-31 23:30");
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(recur_next(&often, far_ms), far_ms + INT64_C(30) * 60000);
        assert_int_equal(recur_count_between(&often, -1, far_ms), far_ms / 3600000 + 1);
        assert_int_equal(recur_next(&daily, far_ms), far_ms + INT64_C(30) * 60000);
    }
    /* The 24th, 29th, 30th, and 4 January. */
    assert_int_equal(recur_count_between(&working, 0, at("Europe/Zurich", "2027-01-04 09:00")), 4);
    assert_int_equal(recur_next(&seldom, far_ms), RECUR_NEVER);
    assert_int_equal(recur_next(&seldom, INT64_MIN), at("UTC", "1970-12-31 23:59"));
    assert_int_equal(recur_next(&often, INT64_MAX), RECUR_NEVER);
    assert_int_equal(recur_next(&often, INT64_MIN), 0);
    assert_int_equal(recur_count_between(&often, INT64_MAX, INT64_MAX), 0);
    assert_int_equal(recur_count_between(&often, far_ms, far_ms - 1), 0);
}

static void recur_skip__leaves_out_one(void **state)
{
    (void)state;
    struct recur rule = rule_of("every=1day at=09:00 from=2026-11-24T00:00 " ZURICH);
    int64_t now_ms = at("Europe/Zurich", "2026-11-24 10:00"), next_ms = recur_next(&rule, now_ms);
    assert_false(recur_skip(&rule, next_ms + 1, now_ms));
    assert_true(recur_skip(&rule, next_ms, now_ms));
    assert_int_equal(recur_next(&rule, now_ms), at("Europe/Zurich", "2026-11-26 09:00"));
    assert_false(recur_skip(&rule, next_ms, now_ms));
    for (int i = 1; i < RECUR_EXCEPTIONS_MAX; i++)
        assert_true(recur_skip(&rule, recur_next(&rule, now_ms), now_ms));
    /* The ninth to come is too many; when one is over, there is room again. */
    int64_t last_ms = recur_next(&rule, now_ms);
    assert_false(recur_skip(&rule, last_ms, now_ms));
    assert_int_equal(rule.n_exceptions, RECUR_EXCEPTIONS_MAX);
    assert_true(recur_skip(&rule, last_ms, at("Europe/Zurich", "2026-11-26 00:00")));
    assert_true(recur_is_valid(&rule));
    /* One that the clocks moved is left out too. */
    struct recur night = rule_of("every=1day at=02:30 from=2026-03-28T00:00 " ZURICH);
    int64_t moved_ms = at("Europe/Zurich", "2026-03-29 03:00");
    assert_true(recur_skip(&night, moved_ms, moved_ms - 1));
    assert_int_equal(recur_next(&night, moved_ms - 1), at("Europe/Zurich", "2026-03-30 02:30"));
}

static void recur_pause__is_over_when_it_is_said(void **state)
{
    (void)state;
    struct recur rule = rule_of("every=4hour from=2026-11-24T00:00 " ZURICH), before = rule;
    int64_t now_ms = at("UTC", "2026-11-24 09:00");
    recur_pause(&rule, now_ms, RECUR_NEVER);
    assert_int_equal(recur_next(&rule, now_ms), RECUR_NEVER);
    assert_int_equal(recur_count_between(&rule, now_ms, now_ms + 86400000), 0);
    assert_true(recur_is_valid(&rule));
    recur_pause(&rule, now_ms, at("UTC", "2026-11-26 00:00"));
    assert_int_equal(recur_next(&rule, now_ms), at("UTC", "2026-11-26 00:00"));
    assert_int_equal(recur_count_between(&rule, now_ms, at("UTC", "2026-11-26 04:00")), 2);
    recur_resume(&rule);
    assert_same(&rule, &before);
}

static void recur_parse__refuses__what_is_not_to_the_letter(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",
        " ",
        "every",
        "every=1day",
        "every=1day at=09:00 from=2026-11-24T10:00",
        "every=0day at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=01day at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1001day at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=99999999999day at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=-1day at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1days at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1day at=9:00 from=2026-11-24T10:00 " ZURICH,
        "every=1day at=24:00 from=2026-11-24T10:00 " ZURICH,
        "every=1day at=09:00,09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1day at=10:00,09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1day at=01:00,02:00,03:00,04:00,05:00,06:00,07:00,08:00,09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1day at=09:00 from=2026-02-30T10:00 " ZURICH,
        "every=1day at=09:00 from=1969-12-31T10:00 " ZURICH,
        "every=1day at=09:00 from=2026-11-24 " ZURICH,
        "every=1day at=09:00 from=2026-11-24T10:00 zone=Europe/Nowhere",
        "every=1day at=09:00 from=2026-11-24T10:00 zone=../etc/passwd",
        "every=1day at=09:00 from=2026-11-24T10:00 zone=",
        "every=1day at=09:00 from=2026-11-24T10:00 " ZURICH " ",
        "every=1day  at=09:00 from=2026-11-24T10:00 " ZURICH,
        " every=1day at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1day at=09:00 " ZURICH " from=2026-11-24T10:00",
        "every=1day at=09:00 from=2026-11-24T10:00 " ZURICH " until=2026-12-01",
        "every=1day at=09:00 from=2026-11-24T10:00 " ZURICH " times=0",
        "every=1day at=09:00 from=2026-11-24T10:00 " ZURICH " times=10001",
        "every=1day at=09:00 from=2026-11-24T10:00 " ZURICH " times=2 times=3",
        "every=1day at=09:00 from=2026-11-24T10:00 " ZURICH " except=2026-12-02,2026-12-01",
        "every=1day at=09:00 from=2026-11-24T10:00 " ZURICH " except=2026-12-01,2026-12-01T09:00",
        "every=1day at=09:00 from=2026-11-24T10:00 " ZURICH " pause=2026-12-01T09:00",
        "every=1day at=09:00 from=2026-11-24T10:00 " ZURICH " more=1",
        "every=1day at=09:00 from=2026-11-24T10:00 " ZURICH " off=FR",
        "every=1workday on=mon at=09:00 from=2026-11-24T10:00 " ZURICH " off=XX",
        "every=1workday on=mon at=09:00 from=2026-11-24T10:00 " ZURICH " off=FRFRFRFRFR",
        "every=1workday on=mon at=09:00 from=2026-11-24T10:00 " ZURICH " off=",
        "every=1day on=mon at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1week at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1week on=thu,mon at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1week on=mon,mon at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1week on=lun at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1month at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1month day=32 at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1month on=mon nth=5 at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1month on=mon nth=-2 at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1month on=tue nth=1 at=09:00 from=2026-11-24T10:00 " ZURICH " off=FR",
        "every=1month on=mon nth=1 day=3 at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1year day=30 month=2 at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1year day=1 month=13 at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1year day=1 at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=4hour at=09:00 from=2026-11-24T10:00 " ZURICH,
        "EVERY=1day at=09:00 from=2026-11-24T10:00 " ZURICH,
        "every=1day at=09:00 from=2026-11-24T10:00 " ZURICH "\n",
    };
    struct recur rule;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (recur_parse(refused[i], &rule))
            fail_msg("taken: %s", refused[i]);
    static char endless[100000];
    memset(endless, 'x', sizeof endless - 1);
    assert_false(recur_parse(endless, &rule));
    memcpy(endless, "every=1day at=09:00 from=2026-11-24T10:00 zone=", 46);
    assert_false(recur_parse(endless, &rule));
}

/* The longest rule there is still fits. */
static void recur_write__is_read_again(void **state)
{
    (void)state;
    struct recur rule = { .unit = RECUR_WORKDAY,
                          .every = RECUR_EVERY_MAX,
                          .weekdays = RECUR_EVERY_WEEKDAY,
                          .n_minutes = RECUR_TIMES_MAX,
                          .start = { 2932896, 1439 },
                          .zone = "America/Argentina/ComodRivadavia",
                          .off = "GB-SCT",
                          .has_end = true,
                          .end = { 2932896, 1439 },
                          .count = RECUR_COUNT_MAX,
                          .n_exceptions = RECUR_EXCEPTIONS_MAX,
                          .is_paused = true,
                          .pause_from = { 2932896, 1438 },
                          .pause_until = { 2932896, 1439 } },
                 again;
    for (int i = 0; i < RECUR_TIMES_MAX; i++)
        rule.minutes[i] = 1400 + i;
    for (int i = 0; i < RECUR_EXCEPTIONS_MAX; i++)
        rule.exceptions[i] = (struct recur_moment){ 2932896, 1400 + i };
    assert_true(recur_is_valid(&rule));
    assert_true(recur_parse(recur_write(&rule).text, &again));
    assert_same(&rule, &again);
    rule.day = 3;
    assert_false(recur_is_valid(&rule));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recur_next__counts_each_unit),
        cmocka_unit_test(recur_next__heeds_end_count_exceptions_and_pause),
        cmocka_unit_test(recur_next__fires_once__when_clocks_change),
        cmocka_unit_test(recur_next__is_as_quick_far_off),
        cmocka_unit_test(recur_skip__leaves_out_one),
        cmocka_unit_test(recur_pause__is_over_when_it_is_said),
        cmocka_unit_test(recur_parse__refuses__what_is_not_to_the_letter),
        cmocka_unit_test(recur_write__is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
