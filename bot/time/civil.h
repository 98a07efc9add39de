/*
 * civil - calendar arithmetic without zones: the proleptic Gregorian calendar, years 1 to 9999.
 *
 * Units:   a day number counts days since 1970-01-01; weekdays are 0 = Monday to 6 = Sunday; months 1 to 12.
 */
#ifndef TIME_CIVIL_H
#define TIME_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

struct civil {
    int year, month, day, hour, minute, second;
};

int64_t civil_day_number(int year, int month, int day);
/* Hour, minute and second are 0. */
struct civil civil_from_day(int64_t day_number);
int civil_weekday(int64_t day_number);
int civil_days_in_month(int year, int month);
bool civil_is_date(int year, int month, int day);
/* "2026-12-24", to the letter, as a day number: *at moves past it. False: it is none. */
bool civil_read_date(const char **at, int64_t *day_out);
/* ISO 8601: the week (1 to 53) and the year it belongs to. */
void civil_iso_week(int64_t day_number, int *year_out, int *week_out);
/* The Monday of that week; the caller checks that the year has it. */
int64_t civil_from_iso_week(int year, int week);
int civil_iso_weeks_in_year(int year);

#endif
