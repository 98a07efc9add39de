/*
 * hours - working time: weekly intervals in a zone without holidays, adding and counting them.
 *
 * Shape:   a text of groups by ';', each days (mon-fri, sun-thu, mon,wed) and intervals by ',':
 *          "mon-fri 09:00-12:00,13:00-17:00". NULL or unreadable: every day, all day. The last group may say when nobody
 *          works: "off CH-ZH", "off FR,2026-12-24,2026-12-28/2026-12-31", the holidays of a country (holidays.h) and days of
 *          one's own, the last of a span included.
 * Units:   *_ms; at_ms instants since 1970 UTC, work_ms working time.
 * Bounds:  7 intervals a day, 256 spans of days of one's own; looks at most 400 days ahead (then at_ms itself).
 * Source:  dates.md R11, R15, R16; method.md 2.
 */
#ifndef TIME_HOURS_H
#define TIME_HOURS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "time/civil.h"
#include "time/holidays.h"

enum { HOURS_INTERVALS_MAX = 7, HOURS_OFF_MAX = 256 };

/* Minutes of the day in order, without overlaps. */
struct hours_day {
    int n;
    int from_minute[HOURS_INTERVALS_MAX];
    int to_minute[HOURS_INTERVALS_MAX];
};

/* Day numbers; the last is one of them. */
struct hours_off {
    int64_t from_day, to_day;
};

struct hours {
    struct hours_day days[7]; /* 0 = Monday */
    char country[HOLIDAYS_CODE_MAX]; /* "": no holidays */
    struct hours_off off[HOURS_OFF_MAX]; /* in order, none touches the next: found by halves */
    int n_off;
};

/* False if the text cannot be read; *out is then every day, all day. */
bool hours_parse(const char *text, struct hours *out);
/* The intervals of a day of the calendar; none on a holiday. */
const struct hours_day *hours_on(const struct hours *hours, int64_t day_number);
/* Nobody works on the day of that instant, though somebody does on such a weekday. */
bool hours_is_off(const char *text, const char *zone, int64_t at_ms);
/* The text with the holidays of a country (NULL, or none that is known: as it is), unless it says itself whose are kept, and with
 * these spans; those that find no place any more are the last ones. In the arena, or the text itself. */
const char *hours_with_off(struct arena *arena, const char *text, const char *country,
                           const struct hours_off *spans, size_t n);

/* The earliest instant when work_ms have run since from_ms (so it may be exactly a closing time). */
int64_t hours_add(const char *text, const char *zone, int64_t from_ms, int64_t work_ms);
/* Working time from a to b; 0 if b is before a. */
int64_t hours_between(const char *text, const char *zone, int64_t a_ms, int64_t b_ms);
/* The working time within a span, span by span in order, at most max of them; returns how many. */
struct hours_span {
    int64_t from_ms, to_ms;
};
size_t hours_spans(const char *text, const char *zone, struct hours_span within, struct hours_span *out,
                   size_t max);
/* The first instant not before at_ms at which somebody works; at_ms itself if there is none. */
int64_t hours_start_after(const char *text, const char *zone, int64_t at_ms);
/* The end of the interval in which at_ms lies; at_ms itself if it lies in none. */
int64_t hours_end_of(const char *text, const char *zone, int64_t at_ms);
/* Close of work on that day; end of the day (23:59) if nobody works on it. */
int64_t hours_close_of_day(const char *text, const char *zone, int64_t at_ms);
/* Start of work on the last working day before at_ms: the day of at_ms itself if work begins before it. */
int64_t hours_last_day_start(const char *text, const char *zone, int64_t at_ms);
/* The latest instant at which work_ms of working time are still to run until at_ms: so it is within somebody's hours, or their
 * beginning. at_ms itself if there is not so much. */
int64_t hours_before(const char *text, const char *zone, int64_t at_ms, int64_t work_ms);
/* The same clock n_days working days before at_ms, or the first moment of work after it. */
int64_t hours_days_before(const char *text, const char *zone, int64_t at_ms, int n_days);
/* The day number (civil.h) on which the instant falls in that zone. */
int64_t hours_day_of(const char *zone, int64_t at_ms);

#endif
