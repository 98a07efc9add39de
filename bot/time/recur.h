/*
 * recur - what comes back: every second tuesday at 14:00, the last friday of the month, every four hours.
 *
 * Shape:   a rule is a small struct without pointers. Its occurrences are numbered from the start by arithmetic, so
 *          that the next one is found in constant time, however far off; what is looked at one by one is bounded by the
 *          exceptions. Days and times are civil ones of the rule's zone, and become instants as late as possible: a
 *          time that a change of clocks skips is the first instant after it, one that occurs twice is the first.
 *          Intervals of hours are elapsed time; their moments are civil times of UTC.
 * Units:   *_ms since 1970 UTC; a day is a day number (civil.h), a minute one of the day; weekdays bits from Monday.
 * Bounds:  years 1970 to 9999; the enum below.
 * Errors:  recur_parse refuses what recur_write would not have written, to the letter.
 * Source:  dates.md R14, R22; trust.md A.4. Count, exceptions and weeks (from Monday) mean what RFC 5545 means by
 *          COUNT, EXDATE and WKST=MO: an occurrence that is left out still counts.
 */
#ifndef TIME_RECUR_H
#define TIME_RECUR_H

#include <stdbool.h>
#include <stdint.h>

#include "time/civil.h"
#include "time/holidays.h"

enum {
    RECUR_EVERY_MAX = 1000,
    RECUR_TIMES_MAX = 8, /* of a day */
    RECUR_COUNT_MAX = 10000,
    RECUR_EXCEPTIONS_MAX = 8,
    RECUR_ZONE_MAX = 64,
    RECUR_TEXT_MAX = 640, /* of a rule's text, with its NUL */
    RECUR_LAST = -1, /* the last such weekday of a month */
    RECUR_NTH_MAX = 4, /* not every month has a fifth */
    RECUR_WHOLE_DAY = -1, /* as the minute of an exception */
    RECUR_OFF_MAX = 1000, /* holidays looked at one by one */
};
#define RECUR_NEVER INT64_MAX

enum recur_unit { RECUR_HOUR, RECUR_DAY, RECUR_WORKDAY, RECUR_WEEK, RECUR_MONTH, RECUR_YEAR };
enum { RECUR_MONDAY_TO_FRIDAY = 0x1f, RECUR_EVERY_WEEKDAY = 0x7f };

struct recur_moment {
    int64_t day;
    int minute;
};

struct recur {
    enum recur_unit unit;
    int every; /* of the unit; weeks, months and years are counted from the one in which the start lies */
    unsigned weekdays; /* RECUR_WORKDAY, RECUR_WEEK: a set; with nth: one, or those of working days */
    int nth; /* RECUR_MONTH, RECUR_YEAR: 1 to 4 or RECUR_LAST of that weekday, or working day; 0: by day */
    int day; /* RECUR_MONTH, RECUR_YEAR: 1 to 31; the last one where the month is shorter */
    int month; /* RECUR_YEAR: 1 to 12 */
    int minutes[RECUR_TIMES_MAX]; /* times of the day, in order; none for RECUR_HOUR */
    int n_minutes;
    struct recur_moment start; /* nothing before it; for RECUR_HOUR the first occurrence itself */
    char zone[RECUR_ZONE_MAX];
    char off[HOLIDAYS_CODE_MAX]; /* of working days: not on the holidays of that country; "": on all */
    bool has_end;
    struct recur_moment end; /* nothing after it */
    int count; /* so many in all; 0: without end */
    struct recur_moment exceptions[RECUR_EXCEPTIONS_MAX]; /* in order */
    int n_exceptions;
    bool is_paused, is_paused_for_good;
    struct recur_moment pause_from, pause_until; /* nothing from the first on, until before the second */
};

/* The first occurrence after an instant; RECUR_NEVER if none is left. */
int64_t recur_next(const struct recur *rule, int64_t after_ms);
/* How many occurrences lie after from_ms and not after to_ms; what is left out or paused is not one. Constant time, but for
 * holidays: of those in the first RECUR_OFF_MAX occurrences it knows, and counts any later as if they were none. */
int64_t recur_count_between(const struct recur *rule, int64_t from_ms, int64_t to_ms);
/* Leaves out the occurrence at that instant. False: there is none, or too many exceptions are still to come after now. */
bool recur_skip(struct recur *rule, int64_t at_ms, int64_t now_ms);
/* Nothing from now until then (RECUR_NEVER: until recur_resume). */
void recur_pause(struct recur *rule, int64_t now_ms, int64_t until_ms);
void recur_resume(struct recur *rule);

/* An instant as the rule counts it, the seconds dropped, and back. */
struct recur_moment recur_moment_of(const struct recur *rule, int64_t at_ms);
int64_t recur_instant(const struct recur *rule, struct recur_moment moment);

/* Every working day, or the nth one of a month. */
bool recur_counts_working_days(const struct recur *rule);
/* Whether all of it is in bounds and goes together: only such a rule may be asked or written. */
bool recur_is_valid(const struct recur *rule);
/* The text that the store keeps:
 *   every=2week on=tue,thu at=09:00,14:00 from=2026-11-24T10:00 zone=Europe/Zurich until=2027-01-31T23:59
 *   times=10 except=2026-12-24,2026-12-29T14:00 pause=2026-12-01T00:00/2026-12-05T00:00 */
struct recur_text {
    char text[RECUR_TEXT_MAX];
};
struct recur_text recur_write(const struct recur *rule);
bool recur_parse(const char *text, struct recur *out);

#endif
