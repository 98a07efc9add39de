/* The days that a phrase may mean, each with its clock time or its end. */
#include <string.h>

#include "time/when_find.h"

enum {
    END_HOUR = 23,
    END_MINUTE = 59,
    RECENT_DAYS = 90,
    WORKING_DAYS_MAX = 260,
    FRIDAY = 4,
    DAY_MINUTES = 1440
};

static int closing_minute(const struct finding *f, int64_t day_number)
{
    const struct hours_day *day = hours_on(&f->hours, day_number);
    return day->n ? day->to_minute[day->n - 1] : 0;
}

/* R11; *is_working_out is false on a day without working hours. */
static struct clock end_of_day(const struct finding *f, int64_t day_number, bool *is_working_out)
{
    int close = f->has_hours ? closing_minute(f, day_number) : 0;
    *is_working_out = !f->has_hours || close > 0;
    if (close)
        return (struct clock){ .hour = close / 60, .minute = close % 60 };
    return (struct clock){ .hour = END_HOUR, .minute = END_MINUTE };
}

static void add_end_of_day(struct finding *f, int64_t day_number)
{
    bool is_working = false;
    struct clock end = end_of_day(f, day_number, &is_working);
    if (!is_working || (f->said->end != END_UNSAID && !f->has_hours))
        f->is_doubtful = true;
    find_add(f, find_instant(f, day_number, &end));
}

/* before friday: friday is out for some readers, in for others. */
static void add_day_before(struct finding *f, int64_t day_number)
{
    int64_t day = day_number - 1;
    for (int i = 0; f->has_hours && i < 7 && !closing_minute(f, day); i++)
        day--;
    f->is_doubtful = true;
    add_end_of_day(f, day);
}

/* 1 January and 25 December, where nobody said which holidays are kept. */
bool find_is_likely_off(const struct finding *f, int64_t day_number)
{
    struct civil day = civil_from_day(day_number);
    bool is_feast = (day.month == 1 && day.day == 1) || (day.month == 12 && day.day == 25);
    return is_feast && !(f->has_hours && f->hours.country[0]);
}

bool find_is_working(const struct finding *f, int64_t day_number)
{
    return f->has_hours ? closing_minute(f, day_number) > 0 : civil_weekday(day_number) <= FRIDAY;
}

/* after friday: on the first day on which somebody works. */
static int64_t working_day_after(const struct finding *f, int64_t day_number)
{
    int64_t day = day_number + 1;
    for (int i = 0; i < 7 && !find_is_working(f, day); i++)
        day++;
    return day;
}

void find_add_day(struct finding *f, int64_t day_number, const struct clock *clock)
{
    if (!clock->is_end) {
        find_add(f, find_instant(f, day_number, clock));
        return;
    }
    if (f->said->is_before && f->said->end == END_UNSAID && f->said->day != DAY_PERIOD_END)
        add_day_before(f, day_number);
    add_end_of_day(f, f->said->is_after ? working_day_after(f, day_number) : day_number);
}

bool find_is_over(const struct finding *f, int64_t day_number, const struct clock *clock)
{
    bool is_working = false;
    struct clock end = *clock;
    if (clock->is_end)
        end = end_of_day(f, day_number, &is_working);
    return find_instant(f, day_number, &end) <= f->now_ms;
}

/* R8: a weekday that is today's own, with or without a length behind it. */
static void find_own_weekday(struct finding *f, const struct clock *clock)
{
    int later = f->said->later_days;
    if (later || clock->is_end || !find_is_over(f, f->today_number, clock)) {
        f->is_doubtful = true;
        find_add_day(f, f->today_number + later, clock);
    }
    find_add_day(f, f->today_number + 7 + later, clock);
}

/* R8, R9 */
static void find_weekday(struct finding *f, const struct clock *clock)
{
    const struct said *said = f->said;
    int ahead = (said->weekday - civil_weekday(f->today_number) + 7) % 7;
    int64_t first = f->today_number + (ahead ? ahead : 7);
    if (said->is_next) {
        find_add_day(f, first, clock);
        f->is_doubtful |= ahead != 0;
        if (ahead)
            find_add_day(f, first + 7, clock);
    } else if (said->is_following) {
        f->is_doubtful = true;
        find_add_day(f, first + INT64_C(7) * said->following_weeks, clock);
        find_add_day(f, first + INT64_C(7) * (said->following_weeks + 1), clock);
    } else if (ahead) {
        find_add_day(f, first + said->later_days, clock);
    } else {
        find_own_weekday(f, clock);
    }
}

/* monday 1 december, which is a tuesday: nobody knows which of the two was a slip, so both are asked. */
static void add_misfit(struct finding *f, int64_t day_number, const struct clock *clock)
{
    int ahead = (f->said->weekday - civil_weekday(day_number) + 7) % 7;
    f->is_impossible = f->is_misfit = true;
    find_add_day(f, day_number, clock);
    if (f->said->has_weekday)
        find_add_day(f, day_number + (ahead > 3 ? ahead - 7 : ahead), clock);
    if (f->said->is_relative_too)
        find_add_day(f, f->today_number + f->said->days_ahead, clock);
}

static void add_fitting(struct finding *f, int64_t day_number, const struct clock *clock)
{
    const struct said *said = f->said;
    bool is_other_weekday = said->has_weekday && civil_weekday(day_number) != said->weekday;
    bool is_other_day = said->is_relative_too && day_number != f->today_number + said->days_ahead;
    if (is_other_weekday || is_other_day)
        add_misfit(f, day_number, clock);
    else
        find_add_day(f, day_number, clock);
}

static bool fits_weekday(const struct finding *f, int year, int month, int day)
{
    return civil_is_date(year, month, day) &&
           (!f->said->has_weekday || civil_weekday(civil_day_number(year, month, day)) == f->said->weekday);
}

/* the 28th: this month's or, if past, next month's. Where that month has no such day, or it is no monday, the month after
 * may be meant. */
static void find_day_number(struct finding *f, const struct clock *clock)
{
    int year = f->today.year, month = f->today.month, day = f->said->day_number;
    if (day < f->today.day ||
        (day == f->today.day && find_is_over(f, civil_day_number(year, month, day), clock))) {
        f->is_doubtful |= day == f->today.day;
        year += month == 12;
        month = month % 12 + 1;
    }
    int64_t first = civil_is_date(year, month, day) ? civil_day_number(year, month, day) : 0;
    if (!fits_weekday(f, year, month, day)) {
        f->is_impossible = true;
        year += month == 12;
        month = month % 12 + 1;
    }
    if (fits_weekday(f, year, month, day))
        add_fitting(f, civil_day_number(year, month, day), clock);
    else if (first && f->said->has_weekday)
        add_misfit(f, first, clock);
}

/* Every year has its 28 February, the 29th is asked for: the next one is but a candidate. */
static void find_leap_day(struct finding *f, const struct clock *clock)
{
    f->is_doubtful = true;
    for (int year = f->today.year; year <= f->today.year + 8; year++) {
        if (!civil_is_date(year, 2, 29) || find_is_over(f, civil_day_number(year, 2, 29), clock))
            continue;
        add_fitting(f, civil_day_number(year, 2, 29), clock);
        return;
    }
}

/* R18: in January, last December is recent too. */
static void find_yearless(struct finding *f, int month, int day, const struct clock *clock)
{
    int year = f->today.year;
    if (month == 2 && day == 29) {
        find_leap_day(f, clock);
        return;
    }
    if (!civil_is_date(year, month, day)) {
        f->is_impossible = true;
        return;
    }
    bool is_past = find_is_over(f, civil_day_number(year, month, day), clock);
    int64_t last = civil_day_number(is_past ? year : year - 1, month, day);
    bool is_recent = f->today_number - last <= RECENT_DAYS;
    /* friday 13 november, which it was. */
    if (is_past && is_recent && f->said->has_weekday && civil_weekday(last) == f->said->weekday &&
        civil_weekday(civil_day_number(year + 1, month, day)) != f->said->weekday) {
        f->is_past = true;
        return;
    }
    f->is_doubtful |= is_recent;
    add_fitting(f, civil_day_number(is_past ? year + 1 : year, month, day), clock);
}

static void find_date(struct finding *f, int month, int day, const struct clock *clock)
{
    int year = f->said->year;
    if (!month)
        find_day_number(f, clock);
    else if (!year)
        find_yearless(f, month, day, clock);
    else if (!civil_is_date(year, month, day))
        f->is_impossible = true;
    else
        add_fitting(f, civil_day_number(year, month, day), clock);
}

/* R16: the close of the week's last working day. */
static void add_end_of_week(struct finding *f, int64_t monday)
{
    int64_t day = monday + (f->has_hours ? 6 : FRIDAY);
    while (f->has_hours && day > monday && !closing_minute(f, day))
        day--;
    add_end_of_day(f, day);
}

/* R19: the week's Monday; false if there is no such week. */
static bool find_monday(const struct finding *f, int64_t *monday_out)
{
    const struct said *said = f->said;
    int year = said->week_year, present = 0;
    *monday_out = f->today_number - civil_weekday(f->today_number) + INT64_C(7) * said->weeks_ahead;
    if (!said->week)
        return true;
    if (!year) {
        civil_iso_week(f->today_number, &year, &present);
        year += said->week < present;
    }
    if (said->week > civil_iso_weeks_in_year(year))
        return false;
    *monday_out = civil_from_iso_week(year, said->week);
    return true;
}

static void find_in_week(struct finding *f, const struct clock *clock)
{
    int64_t monday = 0;
    if (!find_monday(f, &monday))
        f->is_impossible = true;
    else if (f->said->end == END_OF_WEEK)
        add_end_of_week(f, monday);
    else if (f->said->has_weekday)
        find_add_day(f, monday + f->said->weekday, clock);
    else
        f->is_doubtful = true;
}

static bool is_in_hours(const struct finding *f, int64_t day_number, const struct clock *clock)
{
    const struct hours_day *day = hours_on(&f->hours, day_number);
    int second = (clock->hour * 60 + clock->minute) * 60 + clock->second;
    for (int i = 0; i < day->n; i++)
        if (second >= day->from_minute[i] * 60 && second <= day->to_minute[i] * 60)
            return true;
    return false;
}

/* The n-th day after today that has working hours or, without hours, is no later in its week than
 * last_weekday. False if it is too far off. */
static bool count_days(const struct finding *f, bool is_by_hours, int last_weekday, int64_t *day_out)
{
    int64_t day = f->today_number, last = day + INT64_C(8) * WORKING_DAYS_MAX;
    for (int64_t left = f->said->days; left > 0 && day < last;) {
        day++;
        left -= is_by_hours ? closing_minute(f, day) > 0 : civil_weekday(day) <= last_weekday;
    }
    *day_out = day;
    return day < last && f->said->days <= WORKING_DAYS_MAX;
}

/* R15: a clock time outside the hours is the day's end, unless it was said. */
static void find_working_days(struct finding *f, const struct clock *clock)
{
    int64_t day = 0;
    if (!count_days(f, f->has_hours, FRIDAY, &day)) {
        f->is_impossible = true;
        return;
    }
    if (f->said->is_whole_day && find_is_likely_off(f, day)) {
        f->is_doubtful = true;
        find_add_day(f, working_day_after(f, day), clock);
    }
    bool is_said = f->said->clock.is_said || clock->is_end, is_working = false;
    struct clock end = end_of_day(f, day, &is_working);
    find_add_day(f, day, is_said || !f->has_hours || is_in_hours(f, day, clock) ? clock : &end);
}

/* R15: jours ouvrables are Monday to Saturday in law, and often meant as Monday to Friday. */
static void find_open_days(struct finding *f, const struct clock *clock)
{
    int64_t day = 0;
    f->is_doubtful = true;
    for (int last_weekday = FRIDAY; last_weekday <= FRIDAY + 1; last_weekday++) {
        if (count_days(f, false, last_weekday, &day))
            find_add_day(f, day, clock);
        else
            f->is_impossible = true;
    }
}

/* R14: a month that lacks the day is asked. */
static void find_months(struct finding *f, const struct clock *clock)
{
    int64_t months = f->today.year * INT64_C(12) + f->today.month - 1 + f->said->months;
    int year = (int)(months / 12), month = (int)(months % 12) + 1;
    if (civil_is_date(year, month, f->today.day)) {
        find_add_day(f, civil_day_number(year, month, f->today.day), clock);
        return;
    }
    f->is_doubtful = true;
    int64_t last = civil_day_number(year, month, civil_days_in_month(year, month));
    find_add_day(f, last, clock);
    find_add_day(f, last + 1, clock);
}

/* Civil days: at the clock time said, or at the present one. */
static void find_length(struct finding *f, const struct clock *said_clock)
{
    const struct said *said = f->said;
    struct clock now = { f->today.hour, f->today.minute, f->today.second, false };
    bool has_time = said->clock.is_said || said->end == END_OF_DAY || said->is_whole_day;
    const struct clock *clock = has_time ? said_clock : &now;
    if (said->is_open_days) {
        find_open_days(f, clock);
    } else if (said->is_working) {
        find_working_days(f, clock);
    } else if (said->months) {
        find_months(f, clock);
    } else {
        f->is_doubtful |= said->is_one_off;
        find_add_day(f, f->today_number + said->days, clock);
        if (said->is_one_off)
            find_add_day(f, f->today_number + said->days - 1, clock);
    }
}

/* No day was said: today's or, if that has passed, tomorrow's as a candidate (R7). */
static void find_no_day(struct finding *f, const struct clock *clock)
{
    bool is_late = f->said->end == END_UNSAID && find_is_over(f, f->today_number, clock);
    f->is_doubtful |= is_late;
    find_add_day(f, f->today_number + (is_late ? 1 : 0), clock);
}

void find_days(struct finding *f, const struct clock *clock)
{
    const struct said *said = f->said;
    switch (said->day) {
    case DAY_RELATIVE:
        add_fitting(f, f->today_number + said->days_ahead, clock);
        return;
    case DAY_DATE:
        find_date(f, said->month, said->day_number, clock);
        f->is_doubtful |= said->is_swappable;
        if (said->is_swappable)
            find_date(f, said->day_number, said->month, clock);
        return;
    case DAY_WEEK:
        find_in_week(f, clock);
        return;
    case DAY_PERIOD_END:
        find_period_end(f, clock);
        return;
    case DAY_NTH:
        find_nth(f, clock);
        return;
    case DAY_FEAST:
        find_feast(f, clock);
        return;
    case DAY_LENGTH:
        find_length(f, clock);
        return;
    case DAY_UNSAID:
        break;
    }
    if (said->end == END_OF_WEEK)
        find_in_week(f, clock);
    else if (said->has_weekday)
        find_weekday(f, clock);
    else
        find_no_day(f, clock);
}
