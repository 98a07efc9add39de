/* What an event says of its days: dates, how long, how it repeats. */
#include "engine/ics_event.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "time/zone.h"

enum { LAST_MINUTE = 24 * 60 - 1, NAME_MAX_CHARS = DAYS_OFF_NAME_CHARS };

/* A text as it was before it was escaped, cleaned and short. */
static const char *read_text(struct arena *arena, const char *value)
{
    char *plain = arena_alloc(arena, strlen(value) + 1), *to = plain;
    for (; *value; value++) {
        bool is_escaped = *value == '\\' && value[1];
        value += is_escaped;
        *to = *value;
        if (is_escaped && (*value == 'n' || *value == 'N'))
            *to = ' ';
        to++;
    }
    return text_shorten(arena, text_trim(arena, text_clean(arena, plain)), NAME_MAX_CHARS);
}

/* --- Dates --- */

static bool read_digits(const char **at, int n, int *out)
{
    for (*out = 0; n > 0; n--, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        *out = *out * 10 + (**at - '0');
    }
    return true;
}

/* "20261224", "20261224T130000", "20261224T120000Z": UTC becomes the zone's, any other clock is taken as it is written. */
static bool read_moment(const char *zone, const char **at, struct ics_moment *out)
{
    struct civil c = { 0 };
    *out = (struct ics_moment){ .is_there = false };
    if (!read_digits(at, 4, &c.year) || !read_digits(at, 2, &c.month) || !read_digits(at, 2, &c.day) ||
        !civil_is_date(c.year, c.month, c.day))
        return false;
    *out = (struct ics_moment){ .is_there = true, .day = civil_day_number(c.year, c.month, c.day) };
    if (**at != 'T')
        return true;
    (*at)++;
    if (!read_digits(at, 2, &c.hour) || !read_digits(at, 2, &c.minute) || !read_digits(at, 2, &c.second) ||
        c.hour > 23 || c.minute > 59 || c.second > 60)
        return out->is_there = false;
    out->has_time = true;
    if (**at == 'Z') {
        (*at)++;
        c = zone_local(zone, zone_instant("UTC", c)).civil;
        out->day = civil_day_number(c.year, c.month, c.day);
    }
    out->minute = c.hour * 60 + c.minute;
    return true;
}

static void read_whole(const char *zone, const char *value, struct ics_moment *out)
{
    if (!read_moment(zone, &value, out) || *value)
        out->is_there = false;
}

/* "P1D", "P2W"; what has hours in it is no whole days. */
static int64_t read_duration(const char *value)
{
    enum { DIGITS_MAX = 4 };
    int n = 0, digits = 0;
    if (*value == '+')
        value++;
    if (*value++ != 'P')
        return -1;
    for (; digits < DIGITS_MAX && *value >= '0' && *value <= '9'; digits++)
        n = n * 10 + (*value++ - '0');
    bool is_days = strcmp(value, "D") == 0, is_weeks = strcmp(value, "W") == 0;
    return digits && (is_days || is_weeks) ? (int64_t)n * (is_weeks ? 7 : 1) : 0;
}

static void read_exceptions(struct ics_event *event, const char *value)
{
    struct ics_moment moment;
    while (event->n_exceptions < ICS_EXCEPTIONS_MAX && read_moment(event->zone, &value, &moment)) {
        event->exceptions[event->n_exceptions++] = moment.day;
        if (*value++ != ',')
            return;
    }
    event->is_other |= event->n_exceptions == ICS_EXCEPTIONS_MAX;
}

/* --- Repeats --- */

static bool read_number(const char *text, int most, int *out)
{
    char *end;
    long n = strtol(text, &end, 10);
    *out = n > 0 && n <= most ? (int)n : 0;
    return end != text && !*end && *out;
}

/* "4TH", "-1MO" */
static bool read_nth(const char *text, struct ics_rule *rule)
{
    static const char names[7][3] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };
    char *end;
    long nth = strtol(text, &end, 10);
    for (int day = 0; day < 7; day++) {
        if (strcasecmp(end, names[day]) != 0)
            continue;
        rule->weekday = day;
        rule->nth = (int)(nth >= -5 && nth <= 5 ? nth : 0);
    }
    return rule->nth != 0;
}

/* One part of a RRULE. Days that the start has too say nothing new. */
static bool read_part(const struct ics_event *event, const char *name, const char *value,
                      struct ics_rule *rule)
{
    enum { EVERY_MAX = 100, COUNT_MAX = 1000 };
    int n = 0;
    struct civil start = civil_from_day(event->start.day);
    if (strcasecmp(name, "FREQ") == 0)
        return strcasecmp(value, "YEARLY") == 0;
    if (strcasecmp(name, "INTERVAL") == 0)
        return read_number(value, EVERY_MAX, &rule->every);
    if (strcasecmp(name, "COUNT") == 0)
        return read_number(value, COUNT_MAX, &rule->count);
    if (strcasecmp(name, "UNTIL") == 0) {
        read_whole(event->zone, value, &rule->until);
        return rule->until.is_there;
    }
    if (strcasecmp(name, "BYMONTH") == 0)
        return read_number(value, 12, &rule->month);
    if (strcasecmp(name, "BYMONTHDAY") == 0)
        return read_number(value, 31, &n) && n == start.day;
    if (strcasecmp(name, "BYDAY") == 0)
        return read_nth(value, rule);
    return strcasecmp(name, "WKST") == 0;
}

/* Read when all is there: the start may stand behind it. */
static void read_rule(struct ics_event *event, char *value)
{
    struct ics_rule rule = { .is_there = true, .every = 1 };
    bool has_freq = false;
    for (char *part = value, *next; *part; part = next) {
        size_t len = strcspn(part, ";");
        next = part + len + (part[len] == ';');
        part[len] = '\0';
        char *equals = strchr(part, '=');
        if (!equals) {
            rule.is_unread |= *part != '\0';
            continue;
        }
        *equals = '\0';
        has_freq |= strcasecmp(part, "FREQ") == 0;
        rule.is_unread |= !read_part(event, part, equals + 1, &rule);
    }
    struct civil start = civil_from_day(event->start.day);
    rule.is_unread |=
        !has_freq || (rule.month && !rule.nth && rule.month != start.month) || (rule.nth && !rule.month);
    event->rule = rule;
}

static int64_t nth_weekday(int year, const struct ics_rule *rule)
{
    int n_days = civil_days_in_month(year, rule->month);
    int64_t first = civil_day_number(year, rule->month, 1), last = first + n_days - 1;
    int64_t weeks = rule->nth > 0 ? rule->nth - 1 : rule->nth + 1;
    int64_t nearest = rule->nth > 0 ? first + (rule->weekday - civil_weekday(first) + 7) % 7
                                    : last - (civil_weekday(last) - rule->weekday + 7) % 7;
    int64_t day = nearest + 7 * weeks;
    return day >= first && day <= last ? day : INT64_MIN;
}

/* The day of that year on which it begins; INT64_MIN: on none. */
static int64_t day_in_year(const struct ics_event *event, int year)
{
    struct civil start = civil_from_day(event->start.day);
    if (event->rule.nth)
        return nth_weekday(year, &event->rule);
    return civil_is_date(year, start.month, start.day) ? civil_day_number(year, start.month, start.day)
                                                       : INT64_MIN;
}

/* --- The whole of it --- */

/* Its whole days; none if it fills in no day. */
static void find_whole_days(struct ics_event *event)
{
    const struct ics_moment *start = &event->start, *end = &event->end;
    int64_t from = start->day + (start->minute > 0), to; /* behind the last */
    if (end->is_there)
        to = end->day + (end->has_time && end->minute >= LAST_MINUTE);
    else if (event->length_days >= 0)
        to = start->day + event->length_days;
    else
        to = start->day + !start->has_time;
    /* A date that ends when it begins is meant as that day. */
    if (!start->has_time && to == start->day)
        to++;
    event->shift = from - start->day;
    event->n_days = to > from ? to - from : 0;
}

void ics_event_begin(struct ics_event *event, struct arena *arena, const char *zone)
{
    *event = (struct ics_event){ .arena = arena, .zone = zone, .name = "", .length_days = -1 };
}

void ics_event_take(struct ics_event *event, const char *name, const char *value)
{
    if (strcasecmp(name, "DTSTART") == 0)
        read_whole(event->zone, value, &event->start);
    else if (strcasecmp(name, "DTEND") == 0)
        read_whole(event->zone, value, &event->end);
    else if (strcasecmp(name, "DURATION") == 0)
        event->length_days = read_duration(value);
    else if (strcasecmp(name, "SUMMARY") == 0)
        event->name = read_text(event->arena, value);
    else if (strcasecmp(name, "STATUS") == 0)
        event->is_cancelled = strcasecmp(value, "CANCELLED") == 0;
    else if (strcasecmp(name, "EXDATE") == 0)
        read_exceptions(event, value);
    else if (strcasecmp(name, "RDATE") == 0 || strcasecmp(name, "RECURRENCE-ID") == 0)
        event->is_other = true;
    else if (strcasecmp(name, "RRULE") == 0) {
        event->is_other |= event->rule_text != NULL;
        event->rule_text = arena_strdup(event->arena, value);
    }
}

bool ics_event_judge(struct ics_event *event, enum ics_why *why_out)
{
    if (event->start.is_there) {
        find_whole_days(event);
        event->year = civil_from_day(event->start.day).year;
        if (event->rule_text)
            read_rule(event, event->rule_text);
    }
    const struct {
        bool is_so;
        enum ics_why why;
    } rows[] = {
        { event->is_cancelled, ICS_CANCELLED },
        { !event->start.is_there, ICS_NO_DATE },
        { event->is_other || event->rule.is_unread, ICS_REPEATS },
        { event->n_days == 0, ICS_PART_OF_A_DAY },
        { event->n_days > DAYS_OFF_LONGEST, ICS_TOO_LONG },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].is_so) {
            *why_out = rows[i].why;
            return false;
        }
    return true;
}

static bool is_excepted(const struct ics_event *event, int64_t day)
{
    for (int i = 0; i < event->n_exceptions; i++)
        if (event->exceptions[i] == day)
            return true;
    return false;
}

bool ics_event_next(struct ics_event *event, int last_year, struct hours_off *out)
{
    const struct ics_rule *rule = &event->rule;
    int count = rule->is_there ? rule->count : 1, every = rule->is_there ? rule->every : 1;
    while (event->year <= last_year && (!count || event->n < count)) {
        int64_t day = rule->is_there ? day_in_year(event, event->year) : event->start.day;
        event->year += every;
        if (day == INT64_MIN || day < event->start.day)
            continue;
        if (rule->until.is_there && day > rule->until.day)
            return false;
        event->n++;
        if (is_excepted(event, day))
            continue;
        *out = (struct hours_off){ day + event->shift, day + event->shift + event->n_days - 1 };
        return true;
    }
    return false;
}
