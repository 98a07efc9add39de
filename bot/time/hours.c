#include "time/hours.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "time/zone.h"

enum { DAY_MINUTES = 24 * 60, DAYS_AHEAD_MAX = 400 };

struct interval {
    int from_minute, to_minute;
};

/* --- Reading the text. Each reader moves *at past what it took. --- */

static void skip_spaces(const char **at)
{
    while (**at == ' ' || **at == '\t')
        (*at)++;
}

static bool take(const char **at, char c)
{
    skip_spaces(at);
    if (**at != c)
        return false;
    (*at)++;
    skip_spaces(at);
    return true;
}

static bool read_day(const char **at, int *day_out)
{
    static const char names[7][4] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
    for (int day = 0; day < 7; day++)
        if (strncasecmp(*at, names[day], 3) == 0) {
            *at += 3;
            *day_out = day;
            return true;
        }
    return false;
}

/* "mon-fri", "sun-thu" over the end of the week, "mon,wed", or a mixture. */
static bool read_days(const char **at, bool days[7])
{
    do {
        int from = 0, to = 0;
        if (!read_day(at, &from))
            return false;
        to = from;
        if (take(at, '-') && !read_day(at, &to))
            return false;
        for (int day = from; day != to; day = (day + 1) % 7)
            days[day] = true;
        days[to] = true;
    } while (take(at, ','));
    return true;
}

static bool read_number(const char **at, int n_digits_min, int *out)
{
    int n_digits = 0;
    for (*out = 0; n_digits < 2 && **at >= '0' && **at <= '9'; n_digits++)
        *out = *out * 10 + (*(*at)++ - '0');
    return n_digits >= n_digits_min;
}

static bool read_clock(const char **at, int *minute_out)
{
    int hour = 0, minute = 0;
    if (!read_number(at, 1, &hour) || *(*at)++ != ':' || !read_number(at, 2, &minute))
        return false;
    *minute_out = hour * 60 + minute;
    return minute < 60 && *minute_out <= DAY_MINUTES;
}

/* Puts the interval in its place; one that touches or overlaps others becomes one with them. */
static bool add_interval(struct hours *hours, int day, struct interval add)
{
    struct interval kept[HOURS_INTERVALS_MAX + 1];
    int n = 0;
    bool is_placed = false;
    for (int i = 0; i < hours->days[day].n; i++) {
        struct interval old = { hours->days[day].from_minute[i], hours->days[day].to_minute[i] };
        if (old.to_minute < add.from_minute) {
            kept[n++] = old;
        } else if (old.from_minute > add.to_minute) {
            if (!is_placed)
                kept[n++] = add;
            is_placed = true;
            kept[n++] = old;
        } else {
            add.from_minute = old.from_minute < add.from_minute ? old.from_minute : add.from_minute;
            add.to_minute = old.to_minute > add.to_minute ? old.to_minute : add.to_minute;
        }
    }
    if (!is_placed)
        kept[n++] = add;
    if (n > HOURS_INTERVALS_MAX)
        return false;
    hours->days[day].n = n;
    for (int i = 0; i < n; i++) {
        hours->days[day].from_minute[i] = kept[i].from_minute;
        hours->days[day].to_minute[i] = kept[i].to_minute;
    }
    return true;
}

static bool read_group(const char **at, struct hours *hours)
{
    bool days[7] = { false };
    if (!read_days(at, days))
        return false;
    do {
        struct interval read;
        if (!read_clock(at, &read.from_minute) || !take(at, '-') || !read_clock(at, &read.to_minute) ||
            read.from_minute >= read.to_minute)
            return false;
        for (int day = 0; day < 7; day++)
            if (days[day] && !add_interval(hours, day, read))
                return false;
    } while (take(at, ','));
    return true;
}

static bool read_country(const char **at, struct hours *hours)
{
    size_t len = strspn(*at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    if (hours->country[0] || len == 0 || len >= sizeof hours->country)
        return false;
    memcpy(hours->country, *at, len);
    hours->country[len] = '\0';
    *at += len;
    return holidays_is_known(hours->country);
}

static bool is_off_group(const char *at)
{
    return strncasecmp(at, "off ", strlen("off ")) == 0;
}

/* Puts the span in its place; those that touch or overlap it become one with it. */
static bool add_off(struct hours *hours, struct hours_off add)
{
    int from = 0, to;
    while (from < hours->n_off && hours->off[from].to_day + 1 < add.from_day)
        from++;
    for (to = from; to < hours->n_off && hours->off[to].from_day <= add.to_day + 1; to++) {
        add.from_day = hours->off[to].from_day < add.from_day ? hours->off[to].from_day : add.from_day;
        add.to_day = hours->off[to].to_day > add.to_day ? hours->off[to].to_day : add.to_day;
    }
    if (hours->n_off - (to - from) == HOURS_OFF_MAX)
        return false;
    memmove(&hours->off[from + 1], &hours->off[to], (size_t)(hours->n_off - to) * sizeof add);
    hours->off[from] = add;
    hours->n_off += 1 - (to - from);
    return true;
}

static bool read_off_days(const char **at, struct hours *hours)
{
    struct hours_off span;
    if (!civil_read_date(at, &span.from_day))
        return false;
    span.to_day = span.from_day;
    if (take(at, '/') && !civil_read_date(at, &span.to_day))
        return false;
    return span.from_day <= span.to_day && add_off(hours, span);
}

/* "off CH-ZH,2026-12-24,2026-12-28/2026-12-31" */
static bool read_off(const char **at, struct hours *hours)
{
    *at += strlen("off ");
    do {
        skip_spaces(at);
        bool is_date = **at >= '0' && **at <= '9';
        if (!(is_date ? read_off_days(at, hours) : read_country(at, hours)))
            return false;
    } while (take(at, ','));
    return true;
}

bool hours_parse(const char *text, struct hours *out)
{
    struct hours read = { 0 };
    const char *at = text ? text : "";
    bool is_read = true, is_off = false;
    skip_spaces(&at);
    do
        is_read = read_group(&at, &read);
    while (is_read && take(&at, ';') && *at && !(is_off = is_off_group(at)));
    is_read = is_read && (!is_off || read_off(&at, &read)) && *at == '\0';
    if (!is_read)
        read = (struct hours){ 0 };
    for (int day = 0; day < 7 && !is_read; day++) {
        read.days[day].n = 1;
        read.days[day].from_minute[0] = 0;
        read.days[day].to_minute[0] = DAY_MINUTES;
    }
    *out = read;
    return is_read;
}

static bool is_off_day(const struct hours *hours, int64_t day_number)
{
    int from = 0, to = hours->n_off;
    while (from < to) {
        int middle = from + (to - from) / 2;
        if (hours->off[middle].to_day < day_number)
            from = middle + 1;
        else
            to = middle;
    }
    return from < hours->n_off && hours->off[from].from_day <= day_number;
}

const struct hours_day *hours_on(const struct hours *hours, int64_t day_number)
{
    static const struct hours_day none = { .n = 0 };
    const struct hours_day *day = &hours->days[civil_weekday(day_number)];
    bool is_off = day->n > 0 && (is_off_day(hours, day_number) ||
                                 (hours->country[0] && holidays_is_off(hours->country, day_number)));
    return is_off ? &none : day;
}

static void put_day(struct buf *out, const char *before, int64_t day_number)
{
    struct civil c = civil_from_day(day_number);
    buf_printf(out, "%s%04d-%02d-%02d", before, c.year, c.month, c.day);
}

/* Only what hours_parse takes: with one span too many it would take nothing. */
static void put_spans(struct buf *out, const struct hours *hours, const struct hours_off *spans, size_t n)
{
    size_t most = (size_t)(HOURS_OFF_MAX - hours->n_off);
    for (size_t i = 0; i < n && i < most; i++) {
        put_day(out, ",", spans[i].from_day);
        if (spans[i].to_day > spans[i].from_day)
            put_day(out, "/", spans[i].to_day);
    }
}

const char *hours_with_off(struct arena *arena, const char *text, const char *country,
                           const struct hours_off *spans, size_t n)
{
    enum { SPAN_BYTES = 24 };
    struct hours hours;
    bool has_country = country && holidays_is_known(country);
    if (!text || (!has_country && n == 0) || !hours_parse(text, &hours))
        return text;
    bool has_off = hours.country[0] || hours.n_off;
    size_t len = strlen(text);
    while (len && strchr("; \t", text[len - 1]))
        len--;
    struct buf out, off;
    buf_init(&out, len + (n + 2) * SPAN_BYTES);
    buf_init(&off, (n + 2) * SPAN_BYTES);
    if (has_country && !has_off)
        buf_printf(&off, ",%s", country);
    put_spans(&off, &hours, spans, n);
    buf_add(&out, text, len);
    if (off.len) {
        buf_puts(&out, has_off ? "," : "; off ");
        buf_puts(&out, off.text + 1);
    }
    const char *whole = arena_strdup(arena, out.text);
    buf_finish(&off);
    buf_finish(&out);
    return whole;
}

/* --- Instants. --- */

/* A day's clock becomes an instant only here: on a day of change an interval is as long as it really is. */
static int64_t minute_instant(const char *zone, int64_t day_number, int minute)
{
    struct civil civil = civil_from_day(day_number);
    civil.hour = minute / 60;
    civil.minute = minute % 60;
    return zone_instant(zone, civil);
}

int64_t hours_day_of(const char *zone, int64_t at_ms)
{
    struct civil civil = zone_local(zone, at_ms).civil;
    return civil_day_number(civil.year, civil.month, civil.day);
}

bool hours_is_off(const char *text, const char *zone, int64_t at_ms)
{
    struct hours hours;
    int64_t day = hours_day_of(zone, at_ms);
    return hours_parse(text, &hours) && hours.days[civil_weekday(day)].n > 0 && hours_on(&hours, day)->n == 0;
}

/* The working time of a calendar, span by span in order; those of a day that touches the next one are two. */
struct walk {
    struct hours hours;
    const char *zone;
    int64_t day_number, last_day;
    int i; /* the next interval of that day */
};

static struct walk walk_from(const char *text, const char *zone, int64_t from_ms)
{
    struct walk walk = { .zone = zone, .day_number = hours_day_of(zone, from_ms) };
    (void)hours_parse(text, &walk.hours);
    walk.last_day = walk.day_number + DAYS_AHEAD_MAX;
    return walk;
}

/* Yesterday need not be looked at: both ends of an interval are the first time that the clock shows them. */
static bool walk_next(struct walk *walk, struct hours_span *out)
{
    for (; walk->day_number <= walk->last_day; walk->day_number++, walk->i = 0) {
        const struct hours_day *day = hours_on(&walk->hours, walk->day_number);
        if (walk->i >= day->n)
            continue;
        out->from_ms = minute_instant(walk->zone, walk->day_number, day->from_minute[walk->i]);
        out->to_ms = minute_instant(walk->zone, walk->day_number, day->to_minute[walk->i]);
        walk->i++;
        return true;
    }
    return false;
}

static void cut(struct hours_span *span, int64_t from_ms, int64_t to_ms)
{
    span->from_ms = from_ms > span->from_ms ? from_ms : span->from_ms;
    span->to_ms = to_ms < span->to_ms ? to_ms : span->to_ms;
}

/* The working time of a span, but no more than most_ms of it: stops there and leaves the instant in *end_ms_out. */
static int64_t run(const char *text, const char *zone, struct hours_span span, int64_t most_ms,
                   int64_t *end_ms_out)
{
    struct walk walk = walk_from(text, zone, span.from_ms);
    struct hours_span work;
    int64_t run_ms = 0;
    while (walk_next(&walk, &work) && work.from_ms < span.to_ms) {
        cut(&work, span.from_ms, span.to_ms);
        if (work.to_ms <= work.from_ms)
            continue;
        if (work.to_ms - work.from_ms >= most_ms - run_ms) {
            *end_ms_out = work.from_ms + (most_ms - run_ms);
            return most_ms;
        }
        run_ms += work.to_ms - work.from_ms;
    }
    return run_ms;
}

size_t hours_spans(const char *text, const char *zone, struct hours_span within, struct hours_span *out,
                   size_t max)
{
    struct walk walk = walk_from(text, zone, within.from_ms);
    struct hours_span work;
    size_t n = 0;
    while (n < max && walk_next(&walk, &work) && work.from_ms < within.to_ms) {
        cut(&work, within.from_ms, within.to_ms);
        if (work.to_ms > work.from_ms)
            out[n++] = work;
    }
    return n;
}

int64_t hours_add(const char *text, const char *zone, int64_t from_ms, int64_t work_ms)
{
    int64_t end_ms = from_ms;
    if (work_ms > 0)
        (void)run(text, zone, (struct hours_span){ from_ms, INT64_MAX }, work_ms, &end_ms);
    return end_ms;
}

int64_t hours_between(const char *text, const char *zone, int64_t a_ms, int64_t b_ms)
{
    int64_t end_ms = 0;
    return b_ms > a_ms ? run(text, zone, (struct hours_span){ a_ms, b_ms }, INT64_MAX, &end_ms) : 0;
}

int64_t hours_start_after(const char *text, const char *zone, int64_t at_ms)
{
    /* The end of the first millisecond of work, less that. */
    int64_t end_ms = hours_add(text, zone, at_ms, 1);
    return end_ms > at_ms ? end_ms - 1 : at_ms;
}

int64_t hours_end_of(const char *text, const char *zone, int64_t at_ms)
{
    struct hours hours;
    (void)hours_parse(text, &hours);
    int64_t number = hours_day_of(zone, at_ms);
    const struct hours_day *day = hours_on(&hours, number);
    for (int i = 0; i < day->n; i++) {
        int64_t to_ms = minute_instant(zone, number, day->to_minute[i]);
        if (minute_instant(zone, number, day->from_minute[i]) <= at_ms && at_ms < to_ms)
            return to_ms;
    }
    return at_ms;
}

int64_t hours_close_of_day(const char *text, const char *zone, int64_t at_ms)
{
    struct hours hours;
    (void)hours_parse(text, &hours);
    int64_t number = hours_day_of(zone, at_ms);
    const struct hours_day *day = hours_on(&hours, number);
    /* Midnight would be shown with tomorrow's date. */
    int minute = day->n > 0 ? day->to_minute[day->n - 1] : DAY_MINUTES;
    return minute_instant(zone, number, minute < DAY_MINUTES ? minute : DAY_MINUTES - 1);
}

int64_t hours_last_day_start(const char *text, const char *zone, int64_t at_ms)
{
    struct hours hours;
    (void)hours_parse(text, &hours);
    int64_t last = hours_day_of(zone, at_ms);
    for (int64_t number = last; number >= last - DAYS_AHEAD_MAX; number--) {
        const struct hours_day *day = hours_on(&hours, number);
        if (day->n == 0)
            continue;
        int64_t from_ms = minute_instant(zone, number, day->from_minute[0]);
        if (from_ms < at_ms)
            return from_ms;
    }
    return at_ms;
}

int64_t hours_before(const char *text, const char *zone, int64_t at_ms, int64_t work_ms)
{
    struct hours hours;
    (void)hours_parse(text, &hours);
    int64_t last = hours_day_of(zone, at_ms), left_ms = work_ms;
    for (int64_t number = last; number >= last - DAYS_AHEAD_MAX && work_ms > 0; number--) {
        const struct hours_day *day = hours_on(&hours, number);
        for (int i = day->n; i-- > 0;) {
            int64_t from_ms = minute_instant(zone, number, day->from_minute[i]);
            int64_t to_ms = minute_instant(zone, number, day->to_minute[i]);
            to_ms = to_ms < at_ms ? to_ms : at_ms;
            if (to_ms <= from_ms)
                continue;
            if (to_ms - from_ms >= left_ms)
                return to_ms - left_ms;
            left_ms -= to_ms - from_ms;
        }
    }
    return at_ms;
}

int64_t hours_days_before(const char *text, const char *zone, int64_t at_ms, int n_days)
{
    struct hours hours;
    (void)hours_parse(text, &hours);
    struct civil clock = zone_local(zone, at_ms).civil;
    int64_t last = hours_day_of(zone, at_ms);
    for (int64_t number = last - 1; number >= last - DAYS_AHEAD_MAX; number--) {
        if (hours_on(&hours, number)->n == 0 || --n_days > 0)
            continue;
        return hours_start_after(text, zone, minute_instant(zone, number, clock.hour * 60 + clock.minute));
    }
    return at_ms;
}
