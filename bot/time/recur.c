#include "time/recur.h"

#include <string.h>

#include "base/plant.h"
#include "time/zone.h"

enum { DAY_MINUTES = 1440, YEAR_MIN = 1970, YEAR_MAX = 9999 };
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)

/*
 * A slot is the number of an occurrence, exceptions and end not heard: periods of `every` units are counted from the
 * one in which the start lies, and each has as many slots as the next. That no month lacks a slot is why the 31st
 * is the last day of a shorter month, and why there is no fifth monday.
 */

/* Days and minutes are not negative here: the start lies in 1970 or later, and nothing before it is asked for. */

static int count_bits(unsigned set)
{
    int n = 0;
    for (; set; set &= set - 1)
        n++;
    return n;
}

/* The weekday of the i-th bit. */
static int nth_bit(unsigned set, int i)
{
    int weekday = 0;
    for (; weekday < 7; weekday++)
        if ((set & 1U << weekday) && i-- == 0)
            break;
    return weekday;
}

/* Weeks begin on Monday; week 0 is that of 1970-01-01, a Thursday. */
static int64_t week_of(int64_t day)
{
    return (day + 3) / 7;
}

/* The number of the first of these weekdays that is not before the day, and the day of a number. */
static int64_t workday_number(unsigned set, int64_t day)
{
    unsigned before = set & ((1U << civil_weekday(day)) - 1);
    return week_of(day) * count_bits(set) + count_bits(before);
}

static int64_t workday_of(unsigned set, int64_t number)
{
    int n = count_bits(set);
    return number / n * 7 - 3 + nth_bit(set, (int)(number % n));
}

static int64_t unit_number(const struct recur *rule, int64_t day)
{
    struct civil civil;
    switch (rule->unit) {
    case RECUR_WORKDAY:
        return workday_number(rule->weekdays, day);
    case RECUR_WEEK:
        return week_of(day);
    case RECUR_MONTH:
        civil = civil_from_day(day);
        return INT64_C(12) * civil.year + civil.month - 1;
    case RECUR_YEAR:
        return civil_from_day(day).year;
    default:
        return day;
    }
}

/* Several weekdays are those of working days, and what is a holiday is not counted. No country has a month with fewer than
 * four; nonsense gets the last day that is looked at. */
static int64_t nth_working_day(const struct recur *rule, int64_t first, int length)
{
    bool is_last = rule->nth == RECUR_LAST;
    int64_t day = is_last ? first + length - 1 : first;
    int left = is_last ? 1 : rule->nth;
    for (int i = 1; i < length; i++) {
        bool is_one = rule->weekdays & 1U << civil_weekday(day);
        if (is_one && !(rule->off[0] && holidays_is_off(rule->off, day)) && --left == 0)
            break;
        day += is_last ? -1 : 1;
    }
    return day;
}

static int64_t day_in_month(const struct recur *rule, int year, int month)
{
    int length = civil_days_in_month(year, month);
    int64_t first = civil_day_number(year, month, 1);
    if (!rule->nth)
        return first + (rule->day < length ? rule->day : length) - 1;
    if (count_bits(rule->weekdays) > 1)
        return nth_working_day(rule, first, length);
    int weekday = nth_bit(rule->weekdays, 0);
    if (rule->nth == RECUR_LAST) {
        int64_t last = first + length - 1;
        return last - (civil_weekday(last) - weekday + 7) % 7;
    }
    return first + (weekday - civil_weekday(first) + 7) % 7 + INT64_C(7) * (rule->nth - 1);
}

/* The i-th day of the period that begins with that unit. */
static int64_t day_of_unit(const struct recur *rule, int64_t number, int i)
{
    switch (rule->unit) {
    case RECUR_WORKDAY:
        return workday_of(rule->weekdays, number);
    case RECUR_WEEK:
        return number * 7 - 3 + nth_bit(rule->weekdays, i);
    case RECUR_MONTH:
        return day_in_month(rule, (int)(number / 12), (int)(number % 12) + 1);
    case RECUR_YEAR:
        return day_in_month(rule, (int)number, rule->month);
    default:
        return number;
    }
}

static int slots_in_period(const struct recur *rule)
{
    return rule->unit == RECUR_WEEK ? count_bits(rule->weekdays) * rule->n_minutes : rule->n_minutes;
}

static struct recur_moment to_moment(int64_t minutes)
{
    return (struct recur_moment){ minutes / DAY_MINUTES, (int)(minutes % DAY_MINUTES) };
}

static int64_t to_minutes(struct recur_moment moment)
{
    return moment.day * DAY_MINUTES + moment.minute;
}

static bool is_before(struct recur_moment a, struct recur_moment b)
{
    return a.day != b.day ? a.day < b.day : a.minute < b.minute;
}

static struct recur_moment slot_moment(const struct recur *rule, int64_t slot)
{
    if (rule->unit == RECUR_HOUR)
        return to_moment(to_minutes(rule->start) + slot * rule->every * 60);
    int n = slots_in_period(rule), in_period = (int)(slot % n);
    int64_t number = unit_number(rule, rule->start.day) + slot / n * rule->every;
    return (struct recur_moment){ day_of_unit(rule, number, in_period / rule->n_minutes),
                                  rule->minutes[in_period % rule->n_minutes] };
}

/* The first slot that is before neither the moment nor the start. */
static int64_t first_slot(const struct recur *rule, struct recur_moment moment)
{
    if (is_before(moment, rule->start))
        moment = rule->start;
    if (rule->unit == RECUR_HOUR) {
        int64_t step = INT64_C(60) * rule->every;
        return (to_minutes(moment) - to_minutes(rule->start) + step - 1) / step;
    }
    int64_t past = unit_number(rule, moment.day) - unit_number(rule, rule->start.day);
    int n = slots_in_period(rule);
    int64_t slot = past / rule->every * n;
    for (int i = 0; i < n && is_before(slot_moment(rule, slot), moment); i++)
        slot++;
    return slot;
}

struct recur_moment recur_moment_of(const struct recur *rule, int64_t at_ms)
{
    struct civil c = zone_local(rule->unit == RECUR_HOUR ? "UTC" : rule->zone, at_ms).civil;
    return (struct recur_moment){ civil_day_number(c.year, c.month, c.day), c.hour * 60 + c.minute };
}

int64_t recur_instant(const struct recur *rule, struct recur_moment moment)
{
    struct civil civil = civil_from_day(moment.day);
    civil.hour = moment.minute / 60;
    civil.minute = moment.minute % 60;
    if (PLANTED(CLOCK_CHANGE_FORGOTTEN))
        return zone_instant("UTC", civil) -
               zone_local(rule->zone, zone_instant(rule->zone, civil_from_day(rule->start.day))).offset_s *
                   INT64_C(1000);
    return zone_instant(rule->unit == RECUR_HOUR ? "UTC" : rule->zone, civil);
}

static int64_t end_of_time(void)
{
    return civil_day_number(YEAR_MAX, 12, 31);
}

/* The first slot whose instant is later; -1 if the calendar ends before. */
static int64_t slot_after(const struct recur *rule, int64_t after_ms)
{
    if (after_ms >= recur_instant(rule, (struct recur_moment){ end_of_time(), 0 }))
        return -1;
    bool is_before_start = after_ms < recur_instant(rule, rule->start);
    int64_t slot = first_slot(rule, is_before_start ? rule->start : recur_moment_of(rule, after_ms));
    /* What the clock shows for the second time was there before: no more than a day is passed over. */
    while (slot_moment(rule, slot).day <= end_of_time() &&
           recur_instant(rule, slot_moment(rule, slot)) <= after_ms)
        slot++;
    return slot;
}

static bool is_excepted(const struct recur *rule, struct recur_moment moment)
{
    for (int i = 0; i < rule->n_exceptions; i++) {
        const struct recur_moment *out = &rule->exceptions[i];
        if (out->day == moment.day && (out->minute == moment.minute || out->minute == RECUR_WHOLE_DAY))
            return true;
    }
    return false;
}

/* Only the weekdays are numbered: a holiday is one of them, and is left out. */
static bool is_holiday(const struct recur *rule, struct recur_moment moment)
{
    return rule->off[0] && holidays_is_off(rule->off, moment.day);
}

static bool is_in_pause(const struct recur *rule, struct recur_moment moment)
{
    return rule->is_paused && !is_before(moment, rule->pause_from) &&
           (rule->is_paused_for_good || is_before(moment, rule->pause_until));
}

static bool is_over(const struct recur *rule, int64_t slot)
{
    struct recur_moment moment = slot_moment(rule, slot);
    if (moment.day > end_of_time() || (rule->has_end && is_before(rule->end, moment)))
        return true;
    return rule->count && slot - first_slot(rule, rule->start) >= rule->count;
}

int64_t recur_next(const struct recur *rule, int64_t after_ms)
{
    int64_t slot = slot_after(rule, after_ms);
    int n_off = 0; /* no calendar has so many in a row: the bound is for nonsense */
    while (slot >= 0 && !is_over(rule, slot)) {
        struct recur_moment moment = slot_moment(rule, slot);
        if (is_in_pause(rule, moment)) {
            if (rule->is_paused_for_good)
                return RECUR_NEVER;
            slot = first_slot(rule, rule->pause_until);
        } else if (is_excepted(rule, moment) || (is_holiday(rule, moment) && n_off++ < RECUR_OFF_MAX)) {
            slot++;
        } else {
            return recur_instant(rule, moment);
        }
    }
    return RECUR_NEVER;
}

/* The first slot behind the end. */
static int64_t end_slot(const struct recur *rule)
{
    int64_t first = first_slot(rule, rule->start), slot = INT64_MAX;
    if (rule->count)
        slot = first + rule->count;
    if (rule->has_end) {
        int64_t behind = first_slot(rule, to_moment(to_minutes(rule->end) + 1));
        slot = behind < slot ? behind : slot;
    }
    return slot;
}

/* How many of the slots [from, to) the pause leaves out. */
static int64_t count_paused(const struct recur *rule, int64_t from, int64_t to)
{
    if (!rule->is_paused)
        return 0;
    int64_t first = first_slot(rule, rule->pause_from);
    int64_t behind = rule->is_paused_for_good ? to : first_slot(rule, rule->pause_until);
    first = first > from ? first : from;
    behind = behind < to ? behind : to;
    return behind > first ? behind - first : 0;
}

/* How many of them the exceptions leave out, and the pause does not. */
static int64_t count_excepted(const struct recur *rule, int64_t from, int64_t to)
{
    int64_t n = 0;
    for (int i = 0; i < rule->n_exceptions; i++) {
        struct recur_moment out = rule->exceptions[i];
        bool is_whole_day = out.minute == RECUR_WHOLE_DAY;
        int64_t slot = first_slot(rule, (struct recur_moment){ out.day, is_whole_day ? 0 : out.minute });
        for (; slot < to; slot++) {
            struct recur_moment moment = slot_moment(rule, slot);
            if (moment.day != out.day || (!is_whole_day && moment.minute != out.minute))
                break;
            n += slot >= from && !is_in_pause(rule, moment);
        }
    }
    return n;
}

/* How many of them fall on a holiday, and are left out by nothing else. */
static int64_t count_holidays(const struct recur *rule, int64_t from, int64_t to)
{
    int64_t n = 0;
    for (int64_t slot = from; rule->off[0] && slot < to && slot < from + RECUR_OFF_MAX; slot++) {
        struct recur_moment moment = slot_moment(rule, slot);
        n += is_holiday(rule, moment) && !is_excepted(rule, moment) && !is_in_pause(rule, moment);
    }
    return n;
}

int64_t recur_count_between(const struct recur *rule, int64_t from_ms, int64_t to_ms)
{
    int64_t from = slot_after(rule, from_ms), to = slot_after(rule, to_ms), end = end_slot(rule);
    to = to < end ? to : end;
    if (from < 0 || to <= from)
        return 0;
    return to - from - count_paused(rule, from, to) - count_excepted(rule, from, to) -
           count_holidays(rule, from, to);
}

bool recur_skip(struct recur *rule, int64_t at_ms, int64_t now_ms)
{
    if (recur_next(rule, at_ms - 1) != at_ms)
        return false;
    struct recur_moment now = recur_moment_of(rule, now_ms);
    int kept = 0;
    for (int i = 0; i < rule->n_exceptions; i++)
        if (rule->exceptions[i].day >= now.day)
            rule->exceptions[kept++] = rule->exceptions[i];
    rule->n_exceptions = kept;
    if (kept == RECUR_EXCEPTIONS_MAX)
        return false;
    /* The moment of the slot, not of the instant: a 02:30 that the clocks skip is at 03:00. */
    int64_t slot = slot_after(rule, at_ms - 1);
    while (is_excepted(rule, slot_moment(rule, slot)) || is_holiday(rule, slot_moment(rule, slot)))
        slot++;
    struct recur_moment moment = slot_moment(rule, slot);
    int at = kept;
    for (; at > 0 && is_before(moment, rule->exceptions[at - 1]); at--)
        rule->exceptions[at] = rule->exceptions[at - 1];
    rule->exceptions[at] = moment;
    rule->n_exceptions++;
    return true;
}

void recur_pause(struct recur *rule, int64_t now_ms, int64_t until_ms)
{
    rule->is_paused = true;
    rule->is_paused_for_good = until_ms == RECUR_NEVER;
    rule->pause_from = recur_moment_of(rule, now_ms);
    rule->pause_until = (struct recur_moment){ 0, 0 };
    if (!rule->is_paused_for_good)
        rule->pause_until = recur_moment_of(rule, until_ms);
}

void recur_resume(struct recur *rule)
{
    rule->is_paused = rule->is_paused_for_good = false;
    rule->pause_from = rule->pause_until = (struct recur_moment){ 0, 0 };
}

/* --- Bounds --- */

static bool is_moment(struct recur_moment moment, int minute_min)
{
    return moment.day >= civil_day_number(YEAR_MIN, 1, 1) && moment.day <= end_of_time() &&
           moment.minute >= minute_min && moment.minute < DAY_MINUTES;
}

static bool are_days_valid(const struct recur *rule)
{
    bool has_day = rule->day >= 1 && rule->day <= 31 && !rule->nth && !rule->weekdays;
    bool has_nth = !rule->day && rule->weekdays &&
                   (rule->nth == RECUR_LAST || (rule->nth >= 1 && rule->nth <= RECUR_NTH_MAX));
    bool is_plain = !rule->nth && !rule->day && !rule->month;
    switch (rule->unit) {
    case RECUR_HOUR:
    case RECUR_DAY:
        return is_plain && !rule->weekdays;
    case RECUR_WORKDAY:
    case RECUR_WEEK:
        return is_plain && rule->weekdays;
    case RECUR_MONTH:
        return !rule->month && (has_day || has_nth);
    case RECUR_YEAR:
        /* 2028 has a 29 February; in other years it is the 28th. */
        return rule->month >= 1 && rule->month <= 12 &&
               (has_nth || (has_day && rule->day <= civil_days_in_month(2028, rule->month)));
    }
    return false;
}

static bool are_times_valid(const struct recur *rule)
{
    if (rule->unit == RECUR_HOUR)
        return rule->n_minutes == 0;
    if (rule->n_minutes < 1 || rule->n_minutes > RECUR_TIMES_MAX)
        return false;
    for (int i = 0; i < rule->n_minutes; i++)
        if (rule->minutes[i] < (i ? rule->minutes[i - 1] + 1 : 0) || rule->minutes[i] >= DAY_MINUTES)
            return false;
    return true;
}

/* Behind a whole day comes another day. */
static bool is_behind(struct recur_moment moment, struct recur_moment other)
{
    return is_before(other, moment) && !(other.day == moment.day && other.minute == RECUR_WHOLE_DAY);
}

static bool are_exceptions_valid(const struct recur *rule)
{
    if (rule->n_exceptions < 0 || rule->n_exceptions > RECUR_EXCEPTIONS_MAX)
        return false;
    for (int i = 0; i < rule->n_exceptions; i++)
        if (!is_moment(rule->exceptions[i], RECUR_WHOLE_DAY) ||
            (i && !is_behind(rule->exceptions[i], rule->exceptions[i - 1])))
            return false;
    return true;
}

static bool is_pause_valid(const struct recur *rule)
{
    if (!rule->is_paused)
        return !rule->is_paused_for_good;
    return is_moment(rule->pause_from, 0) && (rule->is_paused_for_good || is_moment(rule->pause_until, 0));
}

bool recur_counts_working_days(const struct recur *rule)
{
    return rule->unit == RECUR_WORKDAY || (rule->nth && count_bits(rule->weekdays) > 1);
}

bool recur_is_valid(const struct recur *rule)
{
    return rule->every >= 1 && rule->every <= RECUR_EVERY_MAX && rule->weekdays <= RECUR_EVERY_WEEKDAY &&
           are_days_valid(rule) && are_times_valid(rule) && is_moment(rule->start, 0) &&
           memchr(rule->zone, '\0', sizeof rule->zone) && zone_is_known(rule->zone) &&
           (!rule->off[0] || (recur_counts_working_days(rule) && holidays_is_known(rule->off))) &&
           (!rule->has_end || is_moment(rule->end, 0)) && rule->count >= 0 &&
           rule->count <= RECUR_COUNT_MAX && are_exceptions_valid(rule) && is_pause_valid(rule);
}
