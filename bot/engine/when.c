#include "engine/when.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/hours.h"
#include "engine/when_parts.h"
#include "engine/zone.h"

#define DAY_MS  INT64_C(86400000)
#define HOUR_MS INT64_C(3600000)

enum { END_HOUR = 23, END_MINUTE = 59, RECENT_DAYS = 90, WORKING_DAYS_MAX = 260 };

/* What a phrase comes to, while it is being found. */
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
};

struct clock {
    int hour, minute, second;
    bool is_end; /* R11: the day has no clock time, its end counts */
};

static int64_t floor_second(int64_t ms)
{
    int64_t rest = ms % 1000;
    return ms - (rest < 0 ? rest + 1000 : rest);
}

static struct civil local_civil(const struct finding *f, int64_t at_ms)
{
    if (f->is_offset)
        return zone_local("UTC", at_ms + f->offset_s * INT64_C(1000)).civil;
    return zone_local(f->zone, at_ms).civil;
}

static int64_t instant(const struct finding *f, int64_t day_number, const struct clock *clock)
{
    struct civil civil = civil_from_day(day_number);
    civil.hour = clock->hour;
    civil.minute = clock->minute;
    civil.second = clock->second;
    if (f->is_offset)
        return zone_instant("UTC", civil) - f->offset_s * INT64_C(1000);
    return zone_instant(f->zone, civil);
}

static void add_candidate(struct finding *f, int64_t at_ms)
{
    struct when *when = f->when;
    size_t at = 0;
    if (at_ms <= f->now_ms) {
        f->is_past = true;
        return;
    }
    while (at < when->n_candidates && when->candidates[at] < at_ms)
        at++;
    if (when->n_candidates == WHEN_CANDIDATES_MAX ||
        (at < when->n_candidates && when->candidates[at] == at_ms))
        return;
    memmove(&when->candidates[at + 1], &when->candidates[at],
            (when->n_candidates - at) * sizeof *when->candidates);
    when->candidates[at] = at_ms;
    when->n_candidates++;
}

static int closing_minute(const struct finding *f, int64_t day_number)
{
    int weekday = civil_weekday(day_number);
    int n = f->hours.days[weekday].n;
    return n ? f->hours.days[weekday].to_minute[n - 1] : 0;
}

/* R11. False, and a doubt, on a day without working hours. */
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
    if (!is_working || (f->said->is_end_of_day && !f->has_hours))
        f->is_doubtful = true;
    add_candidate(f, instant(f, day_number, &end));
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

static void add_day(struct finding *f, int64_t day_number, const struct clock *clock)
{
    if (!clock->is_end) {
        add_candidate(f, instant(f, day_number, clock));
        return;
    }
    if (f->said->is_before)
        add_day_before(f, day_number);
    add_end_of_day(f, day_number);
}

static bool is_over(const struct finding *f, int64_t day_number, const struct clock *clock)
{
    bool is_working = false;
    struct clock end = *clock;
    if (clock->is_end)
        end = end_of_day(f, day_number, &is_working);
    return instant(f, day_number, &end) <= f->now_ms;
}

/* R8, R9 */
static void find_weekday(struct finding *f, const struct clock *clock)
{
    const struct said *said = f->said;
    int ahead = (said->weekday - civil_weekday(f->today_number) + 7) % 7;
    int64_t monday = f->today_number - civil_weekday(f->today_number);
    if (said->is_next_week || said->is_this_week) {
        add_day(f, monday + said->weekday + (said->is_next_week ? 7 : 0), clock);
        return;
    }
    if (said->is_next) {
        f->is_doubtful |= ahead != 0;
        if (ahead)
            add_day(f, f->today_number + ahead, clock);
        add_day(f, f->today_number + ahead + 7, clock);
        return;
    }
    if (said->later_days) {
        f->is_doubtful |= ahead == 0;
        add_day(f, f->today_number + ahead + said->later_days, clock);
        if (!ahead)
            add_day(f, f->today_number + 7 + said->later_days, clock);
        return;
    }
    if (ahead) {
        add_day(f, f->today_number + ahead, clock);
        return;
    }
    /* Today's own: with a clock time that has passed it is next week's. */
    if (clock->is_end || !is_over(f, f->today_number, clock)) {
        f->is_doubtful = true;
        add_day(f, f->today_number, clock);
    }
    add_day(f, f->today_number + 7, clock);
}

static void add_fitting(struct finding *f, int64_t day_number, const struct clock *clock)
{
    if (f->said->has_weekday && civil_weekday(day_number) != f->said->weekday)
        f->is_impossible = true;
    else
        add_day(f, day_number, clock);
}

/* the 28th: this month's or, if past, next month's. */
static void find_day_number(struct finding *f, const struct clock *clock)
{
    int year = f->today.year, month = f->today.month, day = f->said->day;
    bool is_this_month = day <= civil_days_in_month(year, month) &&
                         !is_over(f, civil_day_number(year, month, day), clock) && day >= f->today.day;
    if (!is_this_month && day > civil_days_in_month(year, month)) {
        f->is_impossible = true;
        return;
    }
    if (!is_this_month) {
        year += month == 12;
        month = month % 12 + 1;
        f->is_doubtful |= day == f->today.day;
    }
    if (!civil_is_date(year, month, day)) {
        f->is_impossible = true;
        return;
    }
    add_fitting(f, civil_day_number(year, month, day), clock);
}

/* R18 */
static void find_yearless(struct finding *f, int month, int day, const struct clock *clock)
{
    int year = f->today.year;
    if (month == 2 && day == 29) {
        f->is_doubtful = true;
        while (!civil_is_date(year, 2, 29) || is_over(f, civil_day_number(year, 2, 29), clock))
            year++;
        add_fitting(f, civil_day_number(year, 2, 29), clock);
        return;
    }
    if (!civil_is_date(year, month, day)) {
        f->is_impossible = true;
        return;
    }
    int64_t day_number = civil_day_number(year, month, day);
    if (is_over(f, day_number, clock)) {
        f->is_doubtful |= f->today_number - day_number <= RECENT_DAYS;
        day_number = civil_day_number(year + 1, month, day);
    } else {
        /* In January, last December is recent too. */
        int64_t last = civil_day_number(year - 1, month, day);
        f->is_doubtful |= f->today_number - last <= RECENT_DAYS;
    }
    add_fitting(f, day_number, clock);
}

static void find_date(struct finding *f, int month, int day, const struct clock *clock)
{
    int year = f->said->year;
    if (!month) {
        find_day_number(f, clock);
    } else if (!year) {
        find_yearless(f, month, day, clock);
    } else if (!civil_is_date(year, month, day)) {
        f->is_impossible = true;
    } else {
        add_fitting(f, civil_day_number(year, month, day), clock);
    }
}

static void find_day(struct finding *f, const struct clock *clock)
{
    const struct said *said = f->said;
    if (said->has_relative) {
        add_fitting(f, f->today_number + said->relative_days, clock);
    } else if (said->has_date) {
        find_date(f, said->month, said->day, clock);
        if (said->is_swappable) {
            f->is_doubtful = true;
            find_date(f, said->day, said->month, clock);
        }
    } else if (said->has_weekday) {
        find_weekday(f, clock);
    } else if (said->is_end_of_day) {
        add_day(f, f->today_number, clock);
    } else if (is_over(f, f->today_number, clock)) {
        f->is_doubtful = true;
        add_day(f, f->today_number + 1, clock);
    } else {
        add_day(f, f->today_number, clock);
    }
}

bool when_has_day(const struct said *said)
{
    return said->has_relative || said->has_date || said->has_weekday;
}

/* R6: alone or with tonight the coming one; with a day its start or its end. */
static void find_midnight(struct finding *f)
{
    struct clock start = { 0 }, end = { .hour = 24 };
    bool is_tonight = f->said->part == PART_EVENING && f->said->has_relative && f->said->relative_days == 0;
    if (!when_has_day(f->said) || is_tonight) {
        add_candidate(f, instant(f, f->today_number, &end));
        return;
    }
    f->is_doubtful = true;
    find_day(f, &start);
    find_day(f, &end);
}

/* R12: the part of the day chooses the half. False if it contradicts the hour. */
static bool apply_part(struct finding *f, int *hour, bool *is_half_open)
{
    const struct said *said = f->said;
    int first = said->part == PART_EVENING ? 5 : 1, last = said->part == PART_EVENING ? 11 : 7;
    switch (said->part) {
    case PART_NONE:
        return true;
    case PART_OTHER:
        f->is_doubtful = true;
        return true;
    case PART_MORNING:
        *is_half_open = false;
        return *hour < 12;
    default:
        if (!said->has_meridiem && *hour >= first && *hour <= last)
            *hour += 12;
        *is_half_open = false;
        return *hour >= (said->part == PART_EVENING ? 17 : 12) && *hour <= 24;
    }
}

static void find_clock(struct finding *f)
{
    const struct said *said = f->said;
    struct clock clock = { said->hour, said->minute, said->second, false };
    bool is_half_open = said->is_half_open || (said->is_bare_number && said->hour >= 1 && said->hour <= 11);
    if (said->is_midnight) {
        find_midnight(f);
        return;
    }
    if (said->is_bare_number)
        f->is_doubtful = true;
    if (!apply_part(f, &clock.hour, &is_half_open)) {
        f->is_impossible = true;
        return;
    }
    find_day(f, &clock);
    if (is_half_open || said->is_twelve_doubt) {
        f->is_doubtful = true;
        clock.hour = (clock.hour + 12) % 24;
        find_day(f, &clock);
    }
}

static bool is_working_minute(const struct finding *f, int64_t day_number, int minute)
{
    int weekday = civil_weekday(day_number);
    for (int i = 0; i < f->hours.days[weekday].n; i++)
        if (minute >= f->hours.days[weekday].from_minute[i] && minute <= f->hours.days[weekday].to_minute[i])
            return true;
    return false;
}

static bool is_working_day(const struct finding *f, int64_t day_number)
{
    return f->has_hours ? closing_minute(f, day_number) > 0 : civil_weekday(day_number) < 5;
}

static struct clock clock_of(const struct civil *civil)
{
    return (struct clock){ civil->hour, civil->minute, civil->second, false };
}

static struct clock clock_said(const struct finding *f, const struct civil *otherwise)
{
    const struct said *said = f->said;
    if (said->has_clock)
        return (struct clock){ said->hour, said->minute, said->second, false };
    return clock_of(otherwise);
}

/* R15, days */
static void find_working_days(struct finding *f)
{
    int64_t day = f->today_number;
    if (f->said->days > WORKING_DAYS_MAX) {
        f->is_impossible = true;
        return;
    }
    for (int64_t left = f->said->days, looked = 0; left > 0; looked++) {
        if (looked > WORKING_DAYS_MAX * 8) {
            f->is_impossible = true;
            return;
        }
        day++;
        left -= is_working_day(f, day);
    }
    struct clock clock = clock_said(f, &f->today);
    bool is_working = false;
    if (f->has_hours && !f->said->has_clock && !is_working_minute(f, day, clock.hour * 60 + clock.minute))
        clock = end_of_day(f, day, &is_working);
    add_candidate(f, instant(f, day, &clock));
}

/* R15, hours */
static void find_working_hours(struct finding *f)
{
    const char *hours = f->context->hours;
    int64_t work_ms = f->said->elapsed_ms;
    if (!f->has_hours) {
        f->is_doubtful = true;
        return;
    }
    int64_t at_ms = hours_add(hours, f->zone, f->now_ms, work_ms);
    if (hours_between(hours, f->zone, f->now_ms, at_ms) != work_ms)
        f->is_impossible = true;
    else
        add_candidate(f, at_ms);
}

static void find_months(struct finding *f)
{
    int64_t months = f->today.year * INT64_C(12) + f->today.month - 1 + f->said->months;
    int year = (int)(months / 12), month = (int)(months % 12) + 1;
    struct clock clock = clock_said(f, &f->today);
    if (civil_is_date(year, month, f->today.day)) {
        add_candidate(f, instant(f, civil_day_number(year, month, f->today.day), &clock));
        return;
    }
    f->is_doubtful = true;
    int64_t last = civil_day_number(year, month, civil_days_in_month(year, month));
    add_candidate(f, instant(f, last, &clock));
    add_candidate(f, instant(f, last + 1, &clock));
}

static void find_days(struct finding *f)
{
    struct clock clock = clock_said(f, &f->today);
    add_candidate(f, instant(f, f->today_number + f->said->days, &clock));
    if (f->said->is_one_off) {
        f->is_doubtful = true;
        add_candidate(f, instant(f, f->today_number + f->said->days - 1, &clock));
    }
}

static void find_duration(struct finding *f)
{
    const struct said *said = f->said;
    bool is_open = said->is_half_open || said->is_twelve_doubt || said->is_bare_number || said->is_midnight;
    if (said->has_clock && is_open)
        f->is_doubtful = true;
    if (said->is_working && said->months)
        f->is_impossible = true;
    else if (said->is_working && said->days)
        find_working_days(f);
    else if (said->is_working)
        find_working_hours(f);
    else if (said->elapsed_ms)
        add_candidate(f, f->now_ms + said->elapsed_ms);
    else if (said->months)
        find_months(f);
    else
        find_days(f);
}

/* R13: 17h alone. True if it was settled here. */
static bool find_bare_hours(struct finding *f)
{
    const struct said *said = f->said;
    bool is_alone = said->bare_hours && !when_has_day(said) && said->part == PART_NONE && !said->has_zone &&
                    (said->lead == LEAD_NONE || said->lead == LEAD_BY);
    bool is_french = !strncmp(f->context->lang ? f->context->lang : "", "fr", 2);
    int minutes = said->bare_hours;
    if (!is_alone)
        return false;
    if (minutes >= 24 * 60) {
        add_candidate(f, f->now_ms + minutes * INT64_C(60000));
        return true;
    }
    bool is_length_too = said->lead == LEAD_NONE && (!is_french || minutes < 8 * 60);
    if (is_length_too) {
        f->is_doubtful = true;
        add_candidate(f, f->now_ms + minutes * INT64_C(60000));
    }
    return false;
}

/* CET in July: the wall clock or the literal offset, nobody knows. */
static void check_zone_word(struct finding *f)
{
    static const struct {
        const char *name;
        int offset_h;
    } offsets[] = { { "cet", 1 }, { "cest", 2 }, { "est", -5 }, { "edt", -4 }, { "pst", -8 }, { "pdt", -7 },
                    { "bst", 1 }, { "wet", 0 },  { "west", 1 }, { "eet", 2 },  { "eest", 3 } };
    const struct when_zone_word *word = f->said->zone_word;
    if (!word || !word->must_be_in_force)
        return;
    struct when *when = f->when;
    for (size_t k = 0; k < sizeof offsets / sizeof *offsets; k++) {
        if (strcmp(offsets[k].name, word->name))
            continue;
        int64_t walls[WHEN_CANDIDATES_MAX];
        size_t n = when->n_candidates;
        memcpy(walls, when->candidates, sizeof walls);
        for (size_t i = 0; i < n; i++) {
            int in_force_s = zone_local(word->zone, walls[i]).offset_s;
            if (in_force_s == offsets[k].offset_h * 3600)
                continue;
            f->is_doubtful = true;
            add_candidate(f, walls[i] + (in_force_s - offsets[k].offset_h * 3600) * INT64_C(1000));
        }
    }
}

static void find(struct finding *f)
{
    const struct said *said = f->said;
    static const struct clock end = { .is_end = true };
    if (said->is_past || said->is_impossible) {
        f->is_past = said->is_past;
        f->is_impossible = said->is_impossible;
        return;
    }
    if (said->is_vague || ((said->is_next_week || said->is_this_week) && !said->has_weekday)) {
        f->is_doubtful = true;
        return;
    }
    if (said->has_duration) {
        find_duration(f);
    } else if (said->has_clock) {
        if (said->bare_hours && find_bare_hours(f))
            return;
        if (said->hour > 24)
            f->is_impossible = true;
        else
            find_clock(f);
    } else if (said->part != PART_NONE) {
        f->is_doubtful = true;
    } else {
        find_day(f, &end);
    }
    check_zone_word(f);
}

static void conclude(struct finding *f)
{
    struct when *when = f->when;
    if (when->n_candidates == 1 && !f->is_doubtful && !f->is_impossible) {
        when->result = WHEN_AT;
        when->at_ms = when->candidates[0];
        when->n_candidates = 0;
        when->civil = zone_local(when->zone, when->at_ms).civil;
        when->has_clock = f->said->has_clock || f->said->has_duration;
        return;
    }
    bool is_ask = when->n_candidates > 0 || (f->is_doubtful && !f->is_past && !f->is_impossible);
    when->result = is_ask ? WHEN_ASK : WHEN_ERROR;
    if (!is_ask)
        when->fault = f->is_impossible ? WHEN_IMPOSSIBLE : WHEN_PAST;
}

static void place_in_zone(struct finding *f)
{
    const struct said *said = f->said;
    f->zone = f->context->zone ? f->context->zone : "UTC";
    if (said->has_zone && !said->is_offset)
        f->zone = said->zone;
    f->is_offset = said->is_offset;
    f->offset_s = said->offset_s;
    const char *announced = said->has_zone && said->is_offset ? f->context->zone : f->zone;
    snprintf(f->when->zone, sizeof f->when->zone, "%s", announced ? announced : "UTC");
    f->today = local_civil(f, f->now_ms);
    f->today_number = civil_day_number(f->today.year, f->today.month, f->today.day);
}

struct when when_settle(const struct when_context *context, const struct said *said)
{
    struct when when = { .result = WHEN_ERROR };
    struct finding finding = { .context = context, .said = said, .when = &when };
    finding.now_ms = floor_second(context->now_ms);
    finding.has_hours = context->hours && *context->hours && hours_parse(context->hours, &finding.hours);
    place_in_zone(&finding);
    find(&finding);
    conclude(&finding);
    return when;
}

static struct when unread(const char *text, enum when_fault fault)
{
    return (struct when){ .result = WHEN_ERROR, .fault = fault, .phrase = text };
}

bool when_is_too_long(const char *text)
{
    return strnlen(text, WHEN_TEXT_CHARS_MAX * 4 + 1) > WHEN_TEXT_CHARS_MAX * 4 ||
           text_chars(text) > WHEN_TEXT_CHARS_MAX;
}

struct when when_read(struct arena *arena, const struct when_context *context, const char *phrase)
{
    struct when_tokens tokens;
    struct said said;
    if (when_is_too_long(phrase))
        return unread(phrase, WHEN_TOO_LONG);
    when_cut(arena, phrase, context->lang, &tokens);
    if (!when_parse(&tokens, 0, tokens.n, &said))
        return unread(phrase, WHEN_UNREAD);
    struct when when = when_settle(context, &said);
    when.phrase = text_trim(arena, phrase);
    return when;
}
