/* A rule as the store keeps it. Reading is lenient in order and spelling, and what it made is then written again: only
 * what comes out to the letter is taken. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "time/recur.h"

static const char *const unit_names[] = { "hour", "day", "workday", "week", "month", "year" };
static const char weekday_names[7][4] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
enum { UNITS = sizeof unit_names / sizeof *unit_names };

/* --- Writing --- */

/* Text that grows inside its array. */
struct line {
    struct recur_text out;
    size_t len;
};

static void put(struct line *line, const char *text)
{
    size_t len = strlen(text);
    assert(line->len + len < RECUR_TEXT_MAX); /* a valid rule fits */
    memcpy(line->out.text + line->len, text, len + 1);
    line->len += len;
}

static void put_number(struct line *line, const char *before, int number)
{
    char text[32];
    snprintf(text, sizeof text, "%s%d", before, number);
    put(line, text);
}

static void put_clock(struct line *line, const char *before, int minute)
{
    char text[32];
    snprintf(text, sizeof text, "%s%02d:%02d", before, minute / 60, minute % 60);
    put(line, text);
}

static void put_moment(struct line *line, const char *before, struct recur_moment moment)
{
    char text[48];
    struct civil c = civil_from_day(moment.day);
    snprintf(text, sizeof text, "%s%04d-%02d-%02d", before, c.year, c.month, c.day);
    put(line, text);
    if (moment.minute != RECUR_WHOLE_DAY)
        put_clock(line, "T", moment.minute);
}

static void put_days(struct line *line, const struct recur *rule)
{
    const char *before = " on=";
    for (int day = 0; day < 7; day++) {
        if (!(rule->weekdays & 1U << day))
            continue;
        put(line, before);
        put(line, weekday_names[day]);
        before = ",";
    }
    if (rule->nth)
        put_number(line, " nth=", rule->nth);
    if (rule->day)
        put_number(line, " day=", rule->day);
    if (rule->month)
        put_number(line, " month=", rule->month);
}

struct recur_text recur_write(const struct recur *rule)
{
    struct line line = { .len = 0 };
    put_number(&line, "every=", rule->every);
    put(&line, unit_names[rule->unit]);
    put_days(&line, rule);
    for (int i = 0; i < rule->n_minutes; i++)
        put_clock(&line, i ? "," : " at=", rule->minutes[i]);
    put_moment(&line, " from=", rule->start);
    put(&line, " zone=");
    put(&line, rule->zone);
    if (rule->off[0]) {
        put(&line, " off=");
        put(&line, rule->off);
    }
    if (rule->has_end)
        put_moment(&line, " until=", rule->end);
    if (rule->count)
        put_number(&line, " times=", rule->count);
    for (int i = 0; i < rule->n_exceptions; i++)
        put_moment(&line, i ? "," : " except=", rule->exceptions[i]);
    if (rule->is_paused) {
        put_moment(&line, " pause=", rule->pause_from);
        put(&line, "/");
    }
    if (rule->is_paused && !rule->is_paused_for_good)
        put_moment(&line, "", rule->pause_until);
    return line.out;
}

/* --- Reading: each reader moves *at past what it took. --- */

static bool take(const char **at, const char *text)
{
    size_t len = strlen(text);
    if (strncmp(*at, text, len) != 0)
        return false;
    *at += len;
    return true;
}

static bool read_number(const char **at, int *out)
{
    enum { DIGITS_MAX = 6 };
    int n = 0;
    for (*out = 0; **at >= '0' && **at <= '9' && n < DIGITS_MAX; n++)
        *out = *out * 10 + (*(*at)++ - '0');
    return n > 0;
}

static bool read_clock(const char **at, int *minute_out)
{
    int hour = 0, minute = 0;
    if (!read_number(at, &hour) || !take(at, ":") || !read_number(at, &minute) || hour > 23 || minute > 59)
        return false;
    *minute_out = hour * 60 + minute;
    return true;
}

static bool read_moment(const char **at, struct recur_moment *out)
{
    int year = 0, month = 0, day = 0;
    if (!read_number(at, &year) || !take(at, "-") || !read_number(at, &month) || !take(at, "-") ||
        !read_number(at, &day) || !civil_is_date(year, month, day))
        return false;
    out->day = civil_day_number(year, month, day);
    out->minute = RECUR_WHOLE_DAY;
    return !take(at, "T") || read_clock(at, &out->minute);
}

static bool read_unit(const char **at, struct recur *rule)
{
    if (!read_number(at, &rule->every))
        return false;
    for (int unit = 0; unit < UNITS; unit++)
        if (take(at, unit_names[unit])) {
            rule->unit = (enum recur_unit)unit;
            return true;
        }
    return false;
}

static bool read_weekdays(const char **at, struct recur *rule)
{
    do {
        int day = 0;
        while (day < 7 && !take(at, weekday_names[day]))
            day++;
        if (day == 7)
            return false;
        rule->weekdays |= 1U << day;
    } while (take(at, ","));
    return true;
}

static bool read_times(const char **at, struct recur *rule)
{
    do
        if (rule->n_minutes == RECUR_TIMES_MAX || !read_clock(at, &rule->minutes[rule->n_minutes++]))
            return false;
    while (take(at, ","));
    return true;
}

static bool read_exceptions(const char **at, struct recur *rule)
{
    do
        if (rule->n_exceptions == RECUR_EXCEPTIONS_MAX ||
            !read_moment(at, &rule->exceptions[rule->n_exceptions++]))
            return false;
    while (take(at, ","));
    return true;
}

static bool read_pause(const char **at, struct recur *rule)
{
    rule->is_paused = true;
    if (!read_moment(at, &rule->pause_from) || !take(at, "/"))
        return false;
    rule->is_paused_for_good = **at == '\0';
    return rule->is_paused_for_good || read_moment(at, &rule->pause_until);
}

static bool read_name(const char **at, char *name, size_t size)
{
    size_t len = strcspn(*at, " ");
    if (len >= size)
        return false;
    memcpy(name, *at, len);
    name[len] = '\0';
    *at += len;
    return true;
}

static bool read_part(const char **at, struct recur *rule)
{
    if (take(at, "every="))
        return read_unit(at, rule);
    if (take(at, "on="))
        return read_weekdays(at, rule);
    if (take(at, "nth=-1")) {
        rule->nth = RECUR_LAST;
        return true;
    }
    if (take(at, "nth="))
        return read_number(at, &rule->nth);
    if (take(at, "day="))
        return read_number(at, &rule->day);
    if (take(at, "month="))
        return read_number(at, &rule->month);
    if (take(at, "at="))
        return read_times(at, rule);
    if (take(at, "from="))
        return read_moment(at, &rule->start);
    if (take(at, "zone="))
        return read_name(at, rule->zone, sizeof rule->zone);
    if (take(at, "off="))
        return read_name(at, rule->off, sizeof rule->off);
    rule->has_end |= strncmp(*at, "until=", strlen("until=")) == 0;
    if (take(at, "until="))
        return read_moment(at, &rule->end);
    if (take(at, "times="))
        return read_number(at, &rule->count);
    if (take(at, "except="))
        return read_exceptions(at, rule);
    return take(at, "pause=") && read_pause(at, rule);
}

bool recur_parse(const char *text, struct recur *out)
{
    struct recur rule = { .every = 0 };
    const char *at = text;
    if (strnlen(text, RECUR_TEXT_MAX) == RECUR_TEXT_MAX)
        return false;
    do
        if (!read_part(&at, &rule))
            return false;
    while (take(&at, " "));
    if (*at || !recur_is_valid(&rule))
        return false;
    if (strcmp(text, recur_write(&rule).text) != 0)
        return false;
    *out = rule;
    return true;
}
