/*
 * when_find - inside when: what a phrase comes to, while it is being found.
 *
 * Shape:   when.c knows clocks and zones and concludes; when_days.c and when_period.c find the days a phrase may mean and,
 *          with a clock time or the end of the day, add them as candidates.
 * Source:  dates.md R8-R11, R14-R20.
 */
#ifndef TIME_WHEN_FIND_H
#define TIME_WHEN_FIND_H

#include "time/hours.h"
#include "time/when_parts.h"

struct finding {
    const struct when_context *context;
    const struct said *said;
    int64_t now_ms; /* whole seconds */
    const char *zone; /* that of the phrase, or the room's */
    bool is_offset;
    int offset_s;
    struct civil today; /* in that zone */
    int64_t today_number;
    bool has_hours;
    struct hours hours;
    struct when *when;
    bool is_doubtful; /* ask, even if there is one candidate */
    bool is_past, is_impossible;
    bool is_misfit; /* a date that is no such weekday */
};

struct clock {
    int hour, minute, second;
    bool is_end; /* R11: the day has no clock time, its end counts */
};

int64_t find_instant(const struct finding *f, int64_t day_number, const struct clock *clock);
/* In order of time, each once; what is past is noted, not added. */
void find_add(struct finding *f, int64_t at_ms);
/* Every day that the phrase may mean, at that time. */
void find_days(struct finding *f, const struct clock *clock);

/* Inside find_days: one day, at that time or its end; whether that is over. */
void find_add_day(struct finding *f, int64_t day_number, const struct clock *clock);
bool find_is_over(const struct finding *f, int64_t day_number, const struct clock *clock);
/* A day with working hours; without hours, Monday to Friday. */
bool find_is_working(const struct finding *f, int64_t day_number);
/* One that is, but hardly for anybody: working days around it are asked. */
bool find_is_likely_off(const struct finding *f, int64_t day_number);
/* when_period.c: the end of a month, a quarter, a year; the nth day in one; feasts. */
void find_period_end(struct finding *f, const struct clock *clock);
void find_nth(struct finding *f, const struct clock *clock);
void find_feast(struct finding *f, const struct clock *clock);

#endif
