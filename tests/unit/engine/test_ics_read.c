/* engine/ics_read: the days off of calendars as others write them, and why the rest is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "engine/ics_read.h"
#include "time/civil.h"

static int setup(void **state)
{
    *state = arena_create();
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

/* 26 November 2026 to the end of 2029, in Zurich. */
static struct ics_days read_from(struct arena *arena, const char *text, size_t len)
{
    return ics_read(arena, text, len, "Europe/Zurich",
                    (struct hours_off){ civil_day_number(2026, 11, 26), civil_day_number(2029, 12, 31) });
}

/* "2026-12-24/2027-01-01 Break; 2027-07-14 Day; -Half: it is no whole day", what came of it. */
static const char *told(struct arena *arena, const struct ics_days *days)
{
    const char *text = "", *between = "";
    for (size_t i = 0; i < days->n; i++, between = "; ") {
        struct civil from = civil_from_day(days->days[i].span.from_day),
                     to = civil_from_day(days->days[i].span.to_day);
        text = arena_printf(arena, "%s%s%04d-%02d-%02d", text, between, from.year, from.month, from.day);
        if (days->days[i].span.to_day > days->days[i].span.from_day)
            text = arena_printf(arena, "%s/%04d-%02d-%02d", text, to.year, to.month, to.day);
        text = arena_printf(arena, "%s %s", text, days->days[i].name);
    }
    for (size_t i = 0; i < days->n_left_out; i++, between = "; ")
        text = arena_printf(arena, "%s%s-%s: %s", text, between, days->left_out[i].name,
                            ics_why_text(days->left_out[i].why));
    return text;
}

static const char *in_calendar(struct arena *arena, const char *event)
{
    return arena_printf(arena, "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n%s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
                        event);
}

#define NO_DATE  "it has no date that can be read"
#define NO_DAY   "it is no whole day"
#define REPEATS  "it repeats in a way that is not read: write its dates one by one"
#define XMAS     "DTSTART;VALUE=DATE:20261225\r\nSUMMARY:X\r\n"
#define THE_24TH "DTSTART;VALUE=DATE:20261224\r\n"

static void events__become_days__or_are_left_out(void **state)
{
    static const struct {
        const char *event, *told;
    } rows[] = {
        { "DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20270102\r\nSUMMARY:Winter\\, bre\r\n ak",
          "2026-12-24/2027-01-01 Winter, break" },
        { "DTSTART;VALUE=DATE:20261224\nSUMMARY:one\n\t line\n", "2026-12-24 one line" },
        { THE_24TH "DTEND;VALUE=DATE:20261224\r\nSUMMARY:ends when it begins",
          "2026-12-24 ends when it begins" },
        { THE_24TH "DURATION:P3D\r\nSUMMARY:three", "2026-12-24/2026-12-26 three" },
        { THE_24TH "DURATION:P1W\r\nSUMMARY:week", "2026-12-24/2026-12-30 week" },
        { THE_24TH "SUMMARY:a\\\\b\\;c\\nd \xff", "2026-12-24 a\\b;c d \xef\xbf\xbd" },
        { "dtstart;value=date:20261224\r\nsummary;language=en;x=\"a:b;c\":quoted", "2026-12-24 quoted" },
        { THE_24TH "X-NOTHING\r\nTRANSP:TRANSPARENT\r\nSTATUS:CONFIRMED", "2026-12-24 " },
        { "SUMMARY:timed\r\nDTSTART:20261224T000000\r\nDTEND:20261226T000000",
          "2026-12-24/2026-12-25 timed" },
        { "SUMMARY:evening\r\nDTSTART;TZID=Europe/Zurich:20261224T150000\r\nDTEND:20261226T235900",
          "2026-12-25/2026-12-26 evening" },
        { "SUMMARY:utc\r\nDTSTART:20261223T230000Z\r\nDTEND:20261224T230000Z", "2026-12-24 utc" },
        { "SUMMARY:half\r\nDTSTART:20261224T120000\r\nDTEND:20261224T170000", "-half: " NO_DAY },
        { "SUMMARY:moment\r\nDTSTART:20261224T000000", "-moment: " NO_DAY },
        { "SUMMARY:hours\r\nDTSTART:20261224T090000\r\nDURATION:PT8H", "-hours: " NO_DAY },
        { "SUMMARY:back\r\n" THE_24TH "DTEND;VALUE=DATE:20261220", "-back: " NO_DAY },
        { "SUMMARY:none", "-none: " NO_DATE },
        { "SUMMARY:bad\r\nDTSTART:20260230", "-bad: " NO_DATE },
        { "SUMMARY:tail\r\nDTSTART:20261224x", "-tail: " NO_DATE },
        { "SUMMARY:clock\r\nDTSTART:20261224T250000", "-clock: " NO_DATE },
        { "SUMMARY:dashes\r\nDTSTART:2026-12-24", "-dashes: " NO_DATE },
        { "SUMMARY:year\r\nDTSTART:202x1224", "-year: " NO_DATE },
        { "SUMMARY:month\r\nDTSTART:20261x24", "-month: " NO_DATE },
        { "SUMMARY:day\r\nDTSTART:2026122x", "-day: " NO_DATE },
        { "SUMMARY:hour\r\nDTSTART:20261224T1x0000", "-hour: " NO_DATE },
        { "SUMMARY:minute\r\nDTSTART:20261224T10x000", "-minute: " NO_DATE },
        { "SUMMARY:minutes\r\nDTSTART:20261224T106000", "-minutes: " NO_DATE },
        { "SUMMARY:second\r\nDTSTART:20261224T10000x", "-second: " NO_DATE },
        { "SUMMARY:seconds\r\nDTSTART:20261224T100061", "-seconds: " NO_DATE },
        { THE_24TH "DURATION:+P2D\r\nSUMMARY:plus", "2026-12-24/2026-12-25 plus" },
        { THE_24TH "DURATION:2D\r\nSUMMARY:bare", "2026-12-24 bare" },
        { THE_24TH "DURATION:PD\r\nSUMMARY:none", "2026-12-24 none" },
        { THE_24TH "DURATION:P00001D\r\nSUMMARY:digits", "2026-12-24 digits" },
        { THE_24TH "SUMMARY:two\\Nlines", "2026-12-24 two lines" },
        { "SUMMARY:off\r\nSTATUS:CANCELLED\r\n" THE_24TH, "-off: it is cancelled" },
        { "SUMMARY:long\r\n" THE_24TH "DTEND;VALUE=DATE:20281224", "-long: it lasts more than a year" },
        { "DTSTART:20200714\r\nSUMMARY:F\r\nRRULE:FREQ=YEARLY", "2027-07-14 F; 2028-07-14 F; 2029-07-14 F" },
        { "RRULE:FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=14\r\nDTSTART:20200714\r\nSUMMARY:F",
          "2027-07-14 F; 2028-07-14 F; 2029-07-14 F" },
        { XMAS "RRULE:FREQ=YEARLY;COUNT=2", "2026-12-25 X; 2027-12-25 X" },
        { XMAS "RRULE:FREQ=YEARLY;UNTIL=20271224", "2026-12-25 X" },
        { XMAS "RRULE:FREQ=YEARLY;UNTIL=20271225T120000Z;INTERVAL=1;WKST=MO", "2026-12-25 X; 2027-12-25 X" },
        { XMAS "RRULE:FREQ=YEARLY;INTERVAL=2", "2026-12-25 X; 2028-12-25 X" },
        { XMAS "RRULE:FREQ=YEARLY\r\nEXDATE;VALUE=DATE:20271225,20281225", "2026-12-25 X; 2029-12-25 X" },
        { "DTSTART:20240229\r\nSUMMARY:leap\r\nRRULE:FREQ=YEARLY", "2028-02-29 leap" },
        { "DTSTART:20261126\r\nSUMMARY:T\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
          "2026-11-26 T; 2027-11-25 T; 2028-11-23 T; 2029-11-22 T" },
        { "DTSTART:20260525\r\nSUMMARY:M\r\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO",
          "2027-05-31 M; 2028-05-29 M; 2029-05-28 M" },
        { "DTSTART:20261130\r\nSUMMARY:5\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=5MO",
          "2026-11-30 5; 2027-11-29 5" },
        { XMAS "RRULE:FREQ=YEARLY;;COUNT=1;", "2026-12-25 X" },
        { XMAS "RRULE:FREQ=YEARLY;COUNT", "-X: " REPEATS },
        { XMAS "RRULE:FREQ=YEARLY;COUNT=two", "-X: " REPEATS },
        { XMAS "RRULE:FREQ=YEARLY;COUNT=2x", "-X: " REPEATS },
        { XMAS "RRULE:FREQ=YEARLY;COUNT=1001", "-X: " REPEATS },
        { XMAS "RRULE:FREQ=YEARLY;BYMONTHDAY=32", "-X: " REPEATS },
        { XMAS "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=-6TH", "-X: " REPEATS },
        { XMAS "RRULE:FREQ=WEEKLY", "-X: " REPEATS },
        { XMAS "RRULE:FREQ=YEARLY;BYDAY=MO", "-X: " REPEATS },
        { XMAS "RRULE:FREQ=YEARLY;BYDAY=4TH", "-X: " REPEATS },
        { XMAS "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4XX", "-X: " REPEATS },
        { XMAS "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=6TH", "-X: " REPEATS },
        { XMAS "RRULE:FREQ=YEARLY;BYMONTH=6", "-X: " REPEATS },
        { XMAS "RRULE:FREQ=YEARLY;BYMONTHDAY=24", "-X: " REPEATS },
        { XMAS "RRULE:FREQ=YEARLY;COUNT=0", "-X: " REPEATS },
        { XMAS "RRULE:FREQ=YEARLY;BYSETPOS=1", "-X: " REPEATS },
        { XMAS "RRULE:", "-X: " REPEATS },
        { XMAS "RRULE:FREQ=YEARLY\r\nRRULE:FREQ=YEARLY", "-X: " REPEATS },
        { XMAS "RDATE:20261226", "-X: " REPEATS },
        { XMAS "RECURRENCE-ID:20261225", "-X: " REPEATS },
        { "BEGIN:VALARM\r\nDTSTART:20261201\r\nSUMMARY:no\r\nEND:VALARM\r\n" XMAS, "2026-12-25 X" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = in_calendar(*state, rows[i].event);
        struct ics_days days = read_from(*state, text, strlen(text));
        assert_true(days.is_calendar && !days.is_cut);
        if (strcmp(told(*state, &days), rows[i].told) != 0)
            fail_msg("%s\n%s\n%s", rows[i].event, rows[i].told, told(*state, &days));
        arena_reset(*state);
    }
}

static void days__are_in_order__and_none_twice(void **state)
{
    static const char text[] = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\nSUMMARY:b\nEND:VEVENT\n"
                               "BEGIN:VEVENT\nDTSTART:20261224\nSUMMARY:a\nEND:VEVENT\nEND:VCALENDAR\n"
                               "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\nSUMMARY:again\nEND:VEVENT\n"
                               "BEGIN:VEVENT\nDTSTART:20261120\nSUMMARY:past\nEND:VEVENT\nEND:VCALENDAR\n";
    struct ics_days days = read_from(*state, text, sizeof text - 1);
    assert_string_equal(told(*state, &days), "2026-12-24 a; 2026-12-25 again");
    assert_int_equal(days.n_outside, 1);
}

static void what_is_no_calendar__or_half_of_one__says_so(void **state)
{
    static const char no_calendar[] = "[homeserver]\nurl = 1\n";
    static const char half[] = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\n";
    assert_false(read_from(*state, no_calendar, sizeof no_calendar - 1).is_calendar);
    assert_false(read_from(*state, "", 0).is_calendar);
    assert_true(read_from(*state, half, sizeof half - 1).is_cut);
    assert_int_equal(read_from(*state, half, sizeof half - 1).n, 0);
}

/* Too many events, too long lines, components within components: what is read stays bounded, and the rest is told. */
static void hostile_calendars__are_bounded(void **state)
{
    enum { EVENTS = ICS_EVENTS_MAX + 300, BYTES = 1 << 20 };
    struct buf text;
    buf_init(&text, BYTES);
    buf_puts(&text, "BEGIN:VCALENDAR\n");
    for (int i = 0; i < EVENTS; i++)
        buf_printf(&text, "BEGIN:VEVENT\nDTSTART:2027%02d%02d\nDURATION:P%dD\nEND:VEVENT\n", 1 + i % 12,
                   1 + i / 12 % 28, 1 + i / 336);
    buf_puts(&text, "END:VCALENDAR\n");
    struct ics_days days = read_from(*state, text.text, text.len);
    assert_false(text.is_full);
    assert_int_equal(days.n, ICS_DAYS_MAX);
    assert_int_equal(days.n_left_out, ICS_LEFT_OUT_MAX);
    assert_int_equal(days.n + days.n_left_out + days.n_left_out_more, EVENTS);
    buf_clear(&text);
    buf_puts(&text, "BEGIN:VCALENDAR\n");
    for (int i = 0; i < ICS_DEPTH_MAX; i++)
        buf_puts(&text, "BEGIN:X\n");
    buf_puts(&text, "BEGIN:VEVENT\nDTSTART:20261225\nEND:VEVENT\n");
    for (int i = 0; i < ICS_DEPTH_MAX; i++)
        buf_puts(&text, "END:X\n");
    buf_puts(&text, "BEGIN:VEVENT\nDTSTART:20261225\nSUMMARY:");
    for (int i = 0; i < 4 * ICS_LINE_BYTES; i++)
        buf_puts(&text, i % 70 ? "é" : "é\n ");
    buf_puts(&text, "\nEND:VEVENT\nEND:VCALENDAR\n");
    days = read_from(*state, text.text, text.len);
    assert_int_equal(days.n, 1);
    assert_true(strlen(days.days[0].name) < 100);
    assert_string_equal(ics_why_text(days.left_out[0].why), "it lies within too many others");
    buf_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(events__become_days__or_are_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(days__are_in_order__and_none_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_calendar__or_half_of_one__says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(hostile_calendars__are_bounded, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
