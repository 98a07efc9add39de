/* time/hours: tables, then random hours against a count minute by minute over weeks with changes of clocks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "time/hours.h"
#include "time/zone.h"

#define OFFICE "mon-fri 09:00-12:00,13:00-17:00"
#define ZURICH "Europe/Zurich"
#define HOUR   ((int64_t)3600000)

static int64_t at(const char *zone, const char *text)
{
    struct civil c = { 0 };
    assert_int_equal(sscanf(text, "%d-%d-%d %d:%d", &c.year, &c.month, &c.day, &c.hour, &c.minute), 5);
    return zone_instant(zone, c);
}

/* "0:540-720,780-1020 ..." for the days that have any. */
static void show(const struct hours *hours, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (int day = 0; day < 7; day++)
        for (int i = 0; i < hours->days[day].n; i++)
            len += (size_t)snprintf(out + len, size - len, "%s%d:%d-%d", len ? " " : "", day,
                                    hours->days[day].from_minute[i], hours->days[day].to_minute[i]);
}

static void texts_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } rows[] = {
        { "mon 09:00-17:00", "0:540-1020" },
        { "mon,wed 9:00-12:00", "0:540-720 2:540-720" },
        { "tue-wed 09:00-12:00,13:00-17:00", "1:540-720 1:780-1020 2:540-720 2:780-1020" },
        { "sun-mon 08:00-09:00", "0:480-540 6:480-540" },
        { "sat-sat 08:00-09:00", "5:480-540" },
        { "mon-tue,sat 08:00-09:00", "0:480-540 1:480-540 5:480-540" },
        { "mon 13:00-17:00,09:00-12:00", "0:540-720 0:780-1020" },
        { "mon 09:00-12:00,12:00-17:00", "0:540-1020" },
        { "mon 09:00-12:00,11:00-17:00,10:00-11:00", "0:540-1020" },
        { "mon 09:00-10:00,12:00-13:00,09:30-12:30", "0:540-780" },
        { "mon-tue 09:00-12:00; tue 14:00-15:00", "0:540-720 1:540-720 1:840-900" },
        { " Mon - Tue 09:00 - 12:00 , 13:00 - 14:00 ; ", "0:540-720 0:780-840 1:540-720 1:780-840" },
        { "FRI 00:00-24:00", "4:0-1440" },
        { "mon 01:00-02:00,03:00-04:00,05:00-06:00,07:00-08:00,09:00-10:00,11:00-12:00,13:00-14:00",
          "0:60-120 0:180-240 0:300-360 0:420-480 0:540-600 0:660-720 0:780-840" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hours hours;
        char shown[1024];
        if (!hours_parse(rows[i].text, &hours))
            fail_msg("%s", rows[i].text);
        show(&hours, shown, sizeof shown);
        assert_string_equal(shown, rows[i].shown);
    }
}

static void days_off_are_read_and_heeded(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int year, month, day;
        bool is_worked;
    } rows[] = {
        { OFFICE "; off CH-ZH", 2026, 12, 25, false },
        { OFFICE "; off CH-ZH", 2026, 12, 24, true },
        { OFFICE ";OFF FR, 2026-12-24", 2026, 12, 24, false },
        { OFFICE "; off 2026-12-24,FR", 2026, 12, 25, false },
        { OFFICE "; off 2026-12-24", 2026, 12, 25, true },
        { "mon 09:00-12:00; tue 09:00-10:00; off DE-BY ", 2026, 1, 6, false },
        { "mon 09:00-12:00; tue 09:00-10:00; off DE-BY ", 2026, 1, 13, true },
        { OFFICE, 2026, 12, 25, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hours hours;
        assert_true(hours_parse(rows[i].text, &hours));
        int64_t day = civil_day_number(rows[i].year, rows[i].month, rows[i].day);
        if ((hours_on(&hours, day)->n > 0) != rows[i].is_worked)
            fail_msg("row %zu", i);
    }
    /* The 24th is a Thursday: what does not fit into it goes on on Monday, or on Tuesday in Zurich. */
    int64_t from_ms = at(ZURICH, "2026-12-24 16:00");
    assert_int_equal(hours_add(OFFICE "; off FR", ZURICH, from_ms, 2 * HOUR), at(ZURICH, "2026-12-28 10:00"));
    assert_int_equal(hours_between(OFFICE "; off FR", ZURICH, from_ms, at(ZURICH, "2026-12-28 10:00")),
                     2 * HOUR);
    assert_int_equal(hours_start_after(OFFICE "; off FR", ZURICH, at(ZURICH, "2026-12-24 17:00")),
                     at(ZURICH, "2026-12-28 09:00"));
    assert_int_equal(hours_start_after(OFFICE, ZURICH, from_ms), from_ms);
    assert_int_equal(
        hours_start_after("mon 09:00-09:01; off 2026-12-28", ZURICH, at(ZURICH, "2026-12-28 09:00")),
        at(ZURICH, "2027-01-04 09:00"));
    assert_int_equal(hours_close_of_day(OFFICE "; off FR", ZURICH, at(ZURICH, "2026-12-25 10:00")),
                     at(ZURICH, "2026-12-25 23:59"));
    assert_int_equal(hours_last_day_start(OFFICE "; off FR", ZURICH, at(ZURICH, "2026-12-27 10:00")),
                     at(ZURICH, "2026-12-24 09:00"));
    struct arena *arena = arena_create();
    assert_string_equal(hours_with_off(arena, "mon 09:00-12:00;", "FR", NULL, 0), "mon 09:00-12:00; off FR");
    assert_string_equal(hours_with_off(arena, OFFICE "; off BE", "FR", NULL, 0), OFFICE "; off BE");
    assert_string_equal(hours_with_off(arena, OFFICE, "XX", NULL, 0), OFFICE);
    assert_string_equal(hours_with_off(arena, "nonsense", "FR", NULL, 0), "nonsense");
    assert_null(hours_with_off(arena, NULL, "FR", NULL, 0));
    arena_destroy(arena);
}

static bool is_off_on(const struct hours *hours, const char *day)
{
    int year, month, number;
    assert_int_equal(sscanf(day, "%d-%d-%d", &year, &month, &number), 3);
    return hours_on(hours, civil_day_number(year, month, number))->n == 0;
}

static void days_off_are_spans(void **state)
{
    (void)state;
    struct hours hours;
    assert_true(
        hours_parse(OFFICE "; off 2026-12-28/2026-12-31,2026-12-24,FR,2026-12-25/2026-12-25", &hours));
    assert_int_equal(hours.n_off, 2); /* the 24th and 25th touch */
    static const struct {
        const char *day;
        bool is_off;
    } rows[] = {
        { "2026-12-23", false }, { "2026-12-24", true },  { "2026-12-25", true },
        { "2026-12-28", true },  { "2026-12-30", true },  { "2026-12-31", true },
        { "2027-01-01", true },  { "2027-01-04", false }, { "2026-11-11", true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(is_off_on(&hours, rows[i].day), rows[i].is_off);
    assert_true(hours_parse(OFFICE "; off 2026-12-24,2026-12-20/2026-12-30,2026-12-28", &hours));
    assert_int_equal(hours.n_off, 1);
    assert_false(hours_parse(OFFICE "; off 2026-12-24/2026-12-23", &hours));
    assert_false(hours_parse(OFFICE "; off 2026-12-24/", &hours));
    assert_false(hours_parse(OFFICE "; off 2026-12-24/2026-02-30", &hours));
    assert_true(hours_is_off(OFFICE "; off 2026-12-24", ZURICH, at(ZURICH, "2026-12-24 23:00")));
    assert_false(hours_is_off(OFFICE "; off 2026-12-24", ZURICH, at(ZURICH, "2026-12-25 00:00")));
    assert_false(
        hours_is_off(OFFICE "; off 2026-12-26", ZURICH, at(ZURICH, "2026-12-26 12:00"))); /* Saturday */
}

/* More than there is room for: the last ones are left out, and what comes of it can be read. */
static void days_off_that_find_no_place_are_the_last(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct hours_off spans[HOURS_OFF_MAX + 8];
    struct hours hours;
    for (int i = 0; i < HOURS_OFF_MAX + 8; i++)
        spans[i] = (struct hours_off){ 20800 + 7 * i, 20801 + 7 * i };
    const char *text = hours_with_off(arena, OFFICE "; off 1999-01-01", "FR", spans, HOURS_OFF_MAX + 8);
    assert_true(hours_parse(text, &hours));
    assert_int_equal(hours.n_off, HOURS_OFF_MAX);
    assert_int_equal(hours.off[HOURS_OFF_MAX - 1].from_day, spans[HOURS_OFF_MAX - 2].from_day);
    assert_string_equal(hours.country, ""); /* it says itself whose are kept */
    assert_string_equal(hours_with_off(arena, "mon 09:00-12:00", "FR", spans, 1),
                        "mon 09:00-12:00; off FR,2026-12-13/2026-12-14");
    assert_string_equal(
        hours_with_off(arena, "mon 09:00-12:00", NULL, &(struct hours_off){ 20800, 20800 }, 1),
        "mon 09:00-12:00; off 2026-12-13");
    assert_false(hours_parse(arena_printf(arena, "%s,1990-01-01", text), &hours));
    arena_destroy(arena);
}

static void other_texts_mean_every_day_all_day(void **state)
{
    (void)state;
    static const char *const texts[] = {
        NULL,
        "",
        " ",
        ";",
        "mon",
        "mon ",
        "mon-",
        "mon-fri",
        "mon,",
        "mon, 09:00-12:00",
        "lundi 09:00-12:00",
        "09:00-12:00",
        "mon 09:00",
        "mon 09:00-",
        "mon 09:00-12:00,",
        "mon 09:00-12:00 tue 09:00-12:00",
        "mon 09:00-12:00;;tue 09:00-12:00",
        "; mon 09:00-12:00",
        "mon 12:00-09:00",
        "mon 09:00-09:00",
        "mon 22:00-06:00",
        "mon 09:60-12:00",
        "mon 09:00-25:00",
        "mon 09:00-24:01",
        "mon 9-12",
        "off FR",
        "mon 09:00-12:00; off",
        "mon 09:00-12:00; off XX",
        "mon 09:00-12:00; off fr",
        "mon 09:00-12:00; off FR,BE",
        "mon 09:00-12:00; off FR; tue 09:00-12:00",
        "mon 09:00-12:00; off 2026-02-30",
        "mon 09:00-12:00; off 26-02-03",
        "mon 09:00-12:00; off 2026-2-3",
        "mon 09:00-12:00; off 2026-12-24,",
        "mon 09:00-12:00; off AAAAAAAAAAAAAAAAAAAA",
        "mon 09:0-12:00",
        "mon 009:00-12:00",
        "mon 09:00-12:000",
        "mon -9:00-12:00",
        "mon 09.00-12.00",
        "mon 09:00-12:00 x",
        "mon-fri-sat 09:00-12:00",
        "monday 09:00-12:00",
        "mon 99999999999999:00-12:00",
        "m\xc3\xb6n 09:00-12:00",
        "mon 01:00-02:00,03:00-04:00,05:00-06:00,07:00-08:00,09:00-10:00,11:00-12:00,13:00-14:00,15:00-16:00",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct hours hours;
        char shown[1024];
        if (hours_parse(texts[i], &hours))
            fail_msg("read: %s", texts[i]);
        show(&hours, shown, sizeof shown);
        assert_string_equal(shown, "0:0-1440 1:0-1440 2:0-1440 3:0-1440 4:0-1440 5:0-1440 6:0-1440");
    }
}

static void hours_run_inside_the_intervals(void **state)
{
    (void)state;
    static const struct {
        const char *hours, *from;
        int n_minutes;
        const char *end;
    } rows[] = {
        { OFFICE, "2025-06-02 09:00", 60, "2025-06-02 10:00" },
        { OFFICE, "2025-06-02 09:00", 180, "2025-06-02 12:00" },
        { OFFICE, "2025-06-02 09:00", 181, "2025-06-02 13:01" },
        { OFFICE, "2025-06-02 12:30", 60, "2025-06-02 14:00" },
        { OFFICE, "2025-06-02 16:00", 60, "2025-06-02 17:00" },
        { OFFICE, "2025-06-06 16:30", 8 * 60, "2025-06-10 09:30" },
        { OFFICE, "2025-06-07 10:00", 60, "2025-06-09 10:00" },
        { OFFICE, "2025-06-02 08:00", 0, "2025-06-02 08:00" },
        { OFFICE, "2025-06-02 08:00", -60, "2025-06-02 08:00" },
        { OFFICE, "2025-12-31 16:00", 120, "2026-01-01 10:00" },
        { NULL, "2025-06-07 10:00", 24 * 60, "2025-06-08 10:00" },
        /* The nights of change have 23 and 25 hours. */
        { NULL, "2025-03-29 12:00", 24 * 60, "2025-03-30 13:00" },
        { NULL, "2025-10-25 12:00", 24 * 60, "2025-10-26 11:00" },
        { "sun 01:00-04:00", "2025-03-29 12:00", 120, "2025-03-30 04:00" },
        { "sun 01:00-04:00", "2025-10-25 12:00", 240, "2025-10-26 04:00" },
        /* An interval inside the gap has no length. */
        { "sun 02:10-02:50,10:00-11:00", "2025-03-29 12:00", 30, "2025-03-30 10:30" },
        /* Longer than 400 days of it: the start itself. */
        { "mon 09:00-09:01", "2025-06-02 00:00", 100, "2025-06-02 00:00" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t from_ms = at(ZURICH, rows[i].from), end_ms = at(ZURICH, rows[i].end);
        int64_t found_ms = hours_add(rows[i].hours, ZURICH, from_ms, rows[i].n_minutes * (int64_t)60000);
        if (found_ms != end_ms)
            fail_msg("row %zu: off by %lld min", i, (long long)(found_ms - end_ms) / 60000);
        if (end_ms > from_ms)
            assert_int_equal(hours_between(rows[i].hours, ZURICH, from_ms, end_ms),
                             rows[i].n_minutes * (int64_t)60000);
    }
}

static void working_time_between(void **state)
{
    (void)state;
    int64_t a_ms = at(ZURICH, "2025-06-02 09:00"), b_ms = at(ZURICH, "2025-06-09 09:00");
    assert_int_equal(hours_between(OFFICE, ZURICH, a_ms, b_ms), 35 * HOUR);
    assert_int_equal(hours_between(OFFICE, ZURICH, b_ms, a_ms), 0);
    assert_int_equal(hours_between(OFFICE, ZURICH, a_ms, a_ms), 0);
    assert_int_equal(hours_between(NULL, ZURICH, a_ms, b_ms), 7 * 24 * HOUR);
    assert_int_equal(hours_between(OFFICE, ZURICH, a_ms + 1, a_ms + 3), 2);
    assert_int_equal(hours_between(OFFICE, "Asia/Tokyo", a_ms, b_ms), 35 * HOUR);
    /* Far ends neither overflow nor take long. */
    assert_true(hours_between(OFFICE, ZURICH, INT64_MIN, INT64_MAX) > 0);
    assert_true(hours_between(OFFICE, ZURICH, a_ms, INT64_MAX) > 57 * 35 * HOUR);
    assert_int_equal(hours_add(OFFICE, ZURICH, INT64_MAX, INT64_MAX), INT64_MAX);
}

static void the_day_and_its_close(void **state)
{
    (void)state;
    static const struct {
        const char *hours, *at, *close, *start;
    } rows[] = {
        { OFFICE, "2025-06-02 10:00", "2025-06-02 17:00", "2025-06-02 09:00" },
        { OFFICE, "2025-06-02 18:00", "2025-06-02 17:00", "2025-06-02 09:00" },
        { OFFICE, "2025-06-02 09:00", "2025-06-02 17:00", "2025-05-30 09:00" },
        { OFFICE, "2025-06-02 00:00", "2025-06-02 17:00", "2025-05-30 09:00" },
        { OFFICE, "2025-06-07 10:00", "2025-06-07 23:59", "2025-06-06 09:00" },
        { "mon-thu 09:00-17:00; fri 08:00-12:00", "2025-06-08 10:00", "2025-06-08 23:59",
          "2025-06-06 08:00" },
        { "mon 20:00-24:00", "2025-06-02 21:00", "2025-06-02 23:59", "2025-06-02 20:00" },
        { NULL, "2025-06-07 10:00", "2025-06-07 23:59", "2025-06-07 00:00" },
        { NULL, "2025-06-07 00:00", "2025-06-07 23:59", "2025-06-06 00:00" },
        { "sun 02:30-05:00", "2025-03-30 04:00", "2025-03-30 05:00", "2025-03-30 03:00" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t at_ms = at(ZURICH, rows[i].at);
        assert_int_equal(hours_close_of_day(rows[i].hours, ZURICH, at_ms), at(ZURICH, rows[i].close));
        assert_int_equal(hours_last_day_start(rows[i].hours, ZURICH, at_ms), at(ZURICH, rows[i].start));
    }
    /* 23:00 in Zurich is tomorrow in Kolkata. */
    int64_t late_ms = at(ZURICH, "2025-06-02 23:00");
    assert_int_equal(hours_day_of(ZURICH, late_ms), civil_day_number(2025, 6, 2));
    assert_int_equal(hours_day_of("Asia/Kolkata", late_ms), civil_day_number(2025, 6, 3));
    assert_int_equal(hours_close_of_day(OFFICE, "Asia/Kolkata", late_ms),
                     at("Asia/Kolkata", "2025-06-03 17:00"));
}

/* --- Backwards. --- */

static void so_much_work_before(void **state)
{
    (void)state;
    static const struct {
        const char *until;
        int hours;
        const char *at;
    } rows[] = {
        { "2026-11-27 17:00", 1, "2026-11-27 16:00" }, { "2026-11-27 17:00", 7, "2026-11-27 09:00" },
        { "2026-11-27 17:00", 4, "2026-11-27 13:00" }, { "2026-11-27 17:00", 5, "2026-11-27 11:00" },
        { "2026-11-27 13:00", 1, "2026-11-27 11:00" }, { "2026-11-30 09:00", 1, "2026-11-27 16:00" },
        { "2026-11-29 03:00", 1, "2026-11-27 16:00" }, { "2026-11-27 17:00", 0, "2026-11-27 17:00" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(hours_before(OFFICE, ZURICH, at(ZURICH, rows[i].until), rows[i].hours * HOUR),
                         at(ZURICH, rows[i].at));
    assert_int_equal(hours_before("mon 09:00-09:01", ZURICH, 0, 100 * HOUR), 0);
}

static void so_many_days_before(void **state)
{
    (void)state;
    static const struct {
        const char *until;
        int days;
        const char *at;
    } rows[] = {
        { "2026-11-27 17:00", 1, "2026-11-27 09:00" }, { "2026-11-27 12:00", 1, "2026-11-26 13:00" },
        { "2026-11-27 10:30", 1, "2026-11-26 10:30" }, { "2026-11-30 09:00", 1, "2026-11-27 09:00" },
        { "2026-11-29 11:00", 1, "2026-11-27 11:00" }, { "2026-12-02 10:00", 3, "2026-11-27 10:00" },
        { "2026-11-27 20:00", 1, "2026-11-27 09:00" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(hours_days_before(OFFICE, ZURICH, at(ZURICH, rows[i].until), rows[i].days),
                         at(ZURICH, rows[i].at));
}

/* What is left from there on is what was asked for, and a moment later it is less. */
static void before_is_the_converse_of_between(void **state)
{
    (void)state;
    int64_t until_ms = at(ZURICH, "2026-10-20 00:00");
    for (int i = 0; i < 400; i++, until_ms += 47 * 60000 + 13) {
        int64_t work_ms = 1 + (int64_t)i * 577 * 1000;
        int64_t from_ms = hours_before(OFFICE, ZURICH, until_ms, work_ms);
        assert_int_equal(hours_between(OFFICE, ZURICH, from_ms, until_ms), work_ms);
        assert_int_equal(hours_between(OFFICE, ZURICH, from_ms + 1, until_ms), work_ms - 1);
    }
}

/* --- The count minute by minute. --- */

enum { WINDOW = 21 * 1440, N_HOURS = 12, N_CHECKS = 25 };

struct window {
    const char *zone;
    int64_t from_ms;
    int clock[WINDOW]; /* the minute of the week that the clock on the wall shows */
    int64_t day[WINDOW]; /* and its day */
    int n_before[WINDOW + 1]; /* working minutes before this one */
};

/*
 * A door that opens when the clock first shows nine and closes when it first shows noon stays as it is when
 * the clock is put back: what counts is the furthest that the clock has come.
 */
static void watch_the_clock(struct window *window)
{
    int64_t furthest = INT64_MIN;
    for (int i = 0; i < WINDOW; i++) {
        struct civil c = zone_local(window->zone, window->from_ms + i * (int64_t)60000).civil;
        int64_t shown = civil_day_number(c.year, c.month, c.day) * 1440 + c.hour * 60 + c.minute;
        furthest = shown > furthest ? shown : furthest;
        window->clock[i] = civil_weekday(furthest / 1440) * 1440 + (int)(furthest % 1440);
        window->day[i] = furthest / 1440;
    }
}

/* Groups of one to three, which may overlap, as text and as minutes of the week. */
static void make_hours(char *text, size_t size, bool works[7 * 1440])
{
    static const char *const names[7] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
    size_t len = 0;
    memset(works, 0, 7 * 1440 * sizeof *works);
    for (int group = rand() % 3; group >= 0; group--) {
        int first = rand() % 7, n_days = 1 + rand() % 6;
        len +=
            (size_t)snprintf(text + len, size - len, "%s-%s ", names[first], names[(first + n_days - 1) % 7]);
        for (int i = rand() % 2; i >= 0; i--) {
            /* Often at the hours when clocks change. */
            int from = rand() % 3 ? rand() % 1439 : rand() % 240;
            int to = rand() % 3 ? from + 1 + rand() % (1440 - from) : 1 + from + rand() % 60;
            to = to > 1440 ? 1440 : to;
            len += (size_t)snprintf(text + len, size - len, "%02d:%02d-%02d:%02d%s", from / 60, from % 60,
                                    to / 60, to % 60,
                                    i       ? ","
                                    : group ? "; "
                                            : "");
            for (int day = first; day < first + n_days; day++)
                for (int minute = from; minute < to; minute++)
                    works[day % 7 * 1440 + minute] = true;
        }
    }
}

/* For one in two: a country with holidays in the window, or a day of one's own. */
static void make_off(const struct window *window, char *text, size_t size, struct hours *off)
{
    static const char *const countries[] = { "FR", "CH-ZH", "DE-BY", "GB-SCT", "US", "CA-QC" };
    *off = (struct hours){ .n_off = 0 };
    size_t len = strlen(text);
    if (rand() % 2)
        return;
    struct civil c = civil_from_day(window->day[rand() % WINDOW]);
    off->off[0].from_day = off->off[0].to_day = civil_day_number(c.year, c.month, c.day);
    off->n_off = 1;
    len += (size_t)snprintf(text + len, size - len, "; off %04d-%02d-%02d", c.year, c.month, c.day);
    if (rand() % 2) {
        snprintf(off->country, sizeof off->country, "%s", countries[rand() % 6]);
        snprintf(text + len, size - len, ",%s", off->country);
    }
}

static bool is_off(const struct hours *off, int64_t day)
{
    return (off->n_off && off->off[0].from_day == day) || holidays_is_off(off->country, day);
}

static void check_pair(const struct window *window, const char *text)
{
    int a = rand() % WINDOW, b = rand() % (WINDOW + 1);
    int n_between = b > a ? window->n_before[b] - window->n_before[a] : 0;
    int64_t a_ms = window->from_ms + a * (int64_t)60000, b_ms = window->from_ms + b * (int64_t)60000;
    int64_t found_ms = hours_between(text, window->zone, a_ms, b_ms);
    if (found_ms != n_between * (int64_t)60000)
        fail_msg("%s '%s' from %lld to %lld: %lld, not %d min", window->zone, text, (long long)a_ms,
                 (long long)b_ms, (long long)found_ms, n_between);
    if (n_between == 0)
        return;
    /* The last minute that is worked on, and how much of it. */
    int n_minutes = 1 + rand() % n_between, part_ms = rand() % 2 ? 60000 : 1 + rand() % 60000, last = a;
    while (window->n_before[last + 1] - window->n_before[a] < n_minutes)
        last++;
    int64_t end_ms = window->from_ms + last * (int64_t)60000 + part_ms;
    found_ms = hours_add(text, window->zone, a_ms, (n_minutes - 1) * (int64_t)60000 + part_ms);
    if (found_ms != end_ms)
        fail_msg("%s '%s' %d min from %lld: %lld, not %lld", window->zone, text, n_minutes, (long long)a_ms,
                 (long long)found_ms, (long long)end_ms);
}

static void random_hours_agree_with_a_count(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *from;
    } rows[] = {
        { ZURICH, "2025-03-20 00:00" },
        { ZURICH, "2025-10-15 00:00" },
        { ZURICH, "2026-12-20 00:00" },
        { "America/New_York", "2025-03-01 00:00" },
        { "America/New_York", "2025-10-25 00:00" },
        { "Australia/Lord_Howe", "2025-03-28 00:00" },
        { "Australia/Lord_Howe", "2025-09-28 00:00" },
        { "Asia/Kolkata", "2025-03-20 00:00" },
        { "America/Havana", "2025-10-25 00:00" }, /* 01:00 becomes 00:00 */
        { "Africa/Cairo", "2025-04-15 00:00" }, /* 00:00 becomes 01:00 */
        { "Africa/Cairo", "2025-10-20 00:00" }, /* 24:00 becomes 23:00 */
        { "America/St_Johns", "2010-10-28 00:00" }, /* 00:01 becomes 23:01 */
        { "Pacific/Apia", "2011-12-20 00:00" }, /* no 30 December */
    };
    static struct window window;
    static bool works[7 * 1440];
    struct hours off;
    srand(1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        window.zone = rows[i].zone;
        window.from_ms = at(rows[i].zone, rows[i].from);
        watch_the_clock(&window);
        for (int n = 0; n < N_HOURS; n++) {
            char text[256];
            make_hours(text, sizeof text, works);
            make_off(&window, text, sizeof text, &off);
            bool is_free = false;
            for (int minute = 0; minute < WINDOW; minute++) {
                if (minute == 0 || window.day[minute] != window.day[minute - 1])
                    is_free = is_off(&off, window.day[minute]);
                window.n_before[minute + 1] =
                    window.n_before[minute] + (works[window.clock[minute]] && !is_free);
            }
            for (int check = 0; check < N_CHECKS; check++)
                check_pair(&window, text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read),
        cmocka_unit_test(days_off_are_read_and_heeded),
        cmocka_unit_test(days_off_are_spans),
        cmocka_unit_test(days_off_that_find_no_place_are_the_last),
        cmocka_unit_test(other_texts_mean_every_day_all_day),
        cmocka_unit_test(hours_run_inside_the_intervals),
        cmocka_unit_test(working_time_between),
        cmocka_unit_test(the_day_and_its_close),
        cmocka_unit_test(so_much_work_before),
        cmocka_unit_test(so_many_days_before),
        cmocka_unit_test(before_is_the_converse_of_between),
        cmocka_unit_test(random_hours_agree_with_a_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
