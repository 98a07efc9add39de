#include "time/civil.h"

#include <assert.h>

/* Rounds towards minus infinity, which C's division does not. */
static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* The day number of 1 January. 719162 days lie between 0001-01-01 and 1970-01-01. */
static int64_t year_start(int64_t year)
{
    int64_t past = year - 1;
    return 365 * past + floor_div(past, 4) - floor_div(past, 100) + floor_div(past, 400) - 719162;
}

int civil_days_in_month(int year, int month)
{
    static const int days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    assert(month >= 1 && month <= 12);
    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

int64_t civil_day_number(int year, int month, int day)
{
    static const int before[12] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    /* Month 13 is next January, so that a caller may add months first and look later. */
    int64_t carried = floor_div((int64_t)month - 1, 12);
    int index = (int)((int64_t)month - 1 - 12 * carried);
    int64_t real_year = year + carried;
    return year_start(real_year) + before[index] + (index >= 2 && is_leap(real_year) ? 1 : 0) + day - 1;
}

struct civil civil_from_day(int64_t day_number)
{
    /* 400 years are 146097 days; the estimate is at most one year off. */
    int64_t year = 1970 + floor_div(day_number * 400, 146097);
    while (year_start(year) > day_number)
        year--;
    while (year_start(year + 1) <= day_number)
        year++;
    struct civil civil = { .year = (int)year, .month = 1 };
    int left = (int)(day_number - year_start(year));
    while (left >= civil_days_in_month(civil.year, civil.month))
        left -= civil_days_in_month(civil.year, civil.month++);
    civil.day = left + 1;
    return civil;
}

int civil_weekday(int64_t day_number)
{
    /* 1970-01-01 was a Thursday. */
    return (int)(((day_number % 7) + 7 + 3) % 7);
}

bool civil_is_date(int year, int month, int day)
{
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= civil_days_in_month(year, month);
}

void civil_iso_week(int64_t day_number, int *year_out, int *week_out)
{
    /* A week belongs to the year of its Thursday. */
    int64_t thursday = day_number - civil_weekday(day_number) + 3;
    *year_out = civil_from_day(thursday).year;
    *week_out = (int)((thursday - year_start(*year_out)) / 7) + 1;
}

int64_t civil_from_iso_week(int year, int week)
{
    /* 4 January is always in week 1. */
    int64_t fourth = year_start(year) + 3;
    return fourth - civil_weekday(fourth) + 7 * ((int64_t)week - 1);
}

int civil_iso_weeks_in_year(int year)
{
    return (int)((civil_from_iso_week(year + 1, 1) - civil_from_iso_week(year, 1)) / 7);
}

bool civil_read_date(const char **at, int64_t *day_out)
{
    int part[3] = { 0 };
    for (int i = 0; i < 3; i++) {
        int n_digits = 0;
        for (; **at >= '0' && **at <= '9' && n_digits < 4; n_digits++)
            part[i] = part[i] * 10 + (*(*at)++ - '0');
        if (n_digits != (i ? 2 : 4) || (i < 2 && *(*at)++ != '-'))
            return false;
    }
    if (!civil_is_date(part[0], part[1], part[2]))
        return false;
    *day_out = civil_day_number(part[0], part[1], part[2]);
    return true;
}
