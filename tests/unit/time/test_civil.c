/* time/civil: the calendar, against a day-by-day walk and against the C library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../sample.h"
#include "time/civil.h"

/* 0001-01-01 and 9999-12-31. */
#define FIRST_DAY (-719162)
#define LAST_DAY  2932896

static void days_count_up_without_gap(void **state)
{
    (void)state;
    int64_t number = FIRST_DAY;
    int last_year = sample_of(9999, 801), weekday = 0; /* 0001-01-01 was a Monday. */
    for (int year = 1; year <= last_year; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; civil_is_date(year, month, day); day++) {
                struct civil back = civil_from_day(number);
                if (civil_day_number(year, month, day) != number || back.year != year ||
                    back.month != month || back.day != day || civil_weekday(number) != weekday)
                    fail_msg("%04d-%02d-%02d", year, month, day);
                number++;
                weekday = (weekday + 1) % 7;
            }
    assert_int_equal(number, civil_day_number(last_year + 1, 1, 1));
    assert_int_equal(civil_day_number(10000, 1, 1), LAST_DAY + 1);
}

static void days_and_weeks_agree_with_the_c_library(void **state)
{
    (void)state;
    for (int64_t number = FIRST_DAY; number <= LAST_DAY; number += 1 + rand() % 13) {
        time_t at_s = (time_t)(number * 86400);
        struct tm tm;
        char expected[32], found[64];
        assert_non_null(gmtime_r(&at_s, &tm));
        snprintf(found, sizeof found, "%d-%d-%d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
        struct civil civil = civil_from_day(number);
        char own[64];
        snprintf(own, sizeof own, "%d-%d-%d", civil.year, civil.month, civil.day);
        assert_string_equal(own, found);
        assert_int_equal(civil.hour + civil.minute + civil.second, 0);

        int year = 0, week = 0;
        civil_iso_week(number, &year, &week);
        assert_true(strftime(expected, sizeof expected, "%V %u", &tm) > 0);
        snprintf(found, sizeof found, "%02d %d", week, civil_weekday(number) + 1);
        assert_string_equal(found, expected);
        assert_int_equal(civil_from_iso_week(year, week) + civil_weekday(number), number);
        assert_true(week <= civil_iso_weeks_in_year(year));
    }
}

static void iso_weeks_at_the_turn_of_the_year(void **state)
{
    (void)state;
    static const struct {
        int year, month, day, iso_year, iso_week;
    } rows[] = {
        { 2020, 12, 31, 2020, 53 }, { 2021, 1, 3, 2020, 53 }, { 2021, 1, 4, 2021, 1 },
        { 2024, 12, 30, 2025, 1 },  { 2026, 1, 1, 2026, 1 },  { 2026, 12, 31, 2026, 53 },
        { 2027, 1, 3, 2026, 53 },   { 2023, 1, 1, 2022, 52 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int year = 0, week = 0;
        civil_iso_week(civil_day_number(rows[i].year, rows[i].month, rows[i].day), &year, &week);
        assert_int_equal(year, rows[i].iso_year);
        assert_int_equal(week, rows[i].iso_week);
    }
    /* 71 years of 53 weeks in every 400. */
    int n_long = 0;
    for (int year = 2000; year < 2400; year++)
        n_long += civil_iso_weeks_in_year(year) == 53;
    assert_int_equal(n_long, 71);
    assert_int_equal(civil_iso_weeks_in_year(2026), 53);
    assert_int_equal(civil_iso_weeks_in_year(2025), 52);
}

static void dates_that_are_none(void **state)
{
    (void)state;
    static const int none[][3] = {
        { 2025, 2, 29 }, { 1900, 2, 29 }, { 2025, 4, 31 },  { 2025, 13, 1 },     { 2025, 0, 1 },
        { 2025, 1, 0 },  { 2025, 1, 32 }, { 0, 1, 1 },      { 10000, 1, 1 },     { 2025, -1, 1 },
        { 2025, 1, -1 }, { -5, 1, 1 },    { 2025, 12, 32 }, { INT32_MAX, 1, 1 }, { 2025, INT32_MIN, 1 },
    };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(civil_is_date(none[i][0], none[i][1], none[i][2]));
    assert_true(civil_is_date(2024, 2, 29));
    assert_true(civil_is_date(2000, 2, 29));
    assert_true(civil_is_date(1, 1, 1));
    assert_true(civil_is_date(9999, 12, 31));
}

static void days_and_months_are_carried_over(void **state)
{
    (void)state;
    assert_int_equal(civil_day_number(2025, 12, 32), civil_day_number(2026, 1, 1));
    assert_int_equal(civil_day_number(2025, 3, 0), civil_day_number(2025, 2, 28));
    assert_int_equal(civil_day_number(2025, 14, 1), civil_day_number(2026, 2, 1));
    assert_int_equal(civil_day_number(2025, 0, 1), civil_day_number(2024, 12, 1));
    assert_int_equal(civil_day_number(2025, -11, 1), civil_day_number(2024, 1, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_count_up_without_gap),
        cmocka_unit_test(days_and_weeks_agree_with_the_c_library),
        cmocka_unit_test(iso_weeks_at_the_turn_of_the_year),
        cmocka_unit_test(dates_that_are_none),
        cmocka_unit_test(days_and_months_are_carried_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
