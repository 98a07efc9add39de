#include "engine/ics_event.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct reader {
    struct arena *arena;
    const char *at, *end; /* of the text */
    char *line; /* unfolded; ICS_LINE_BYTES and a NUL */
    const char *zone;
    struct hours_off window;
    struct ics_event event;
    int depth, n_events;
    int in_event; /* the depth of the event that is open; 0: none */
    struct ics_days *out;
};

/* --- Lines: NAME;PARAMETER=VALUE:value --- */

/* The next line, without its folds. False at the end. */
static bool next_line(struct reader *r)
{
    size_t len = 0;
    if (r->at == r->end)
        return false;
    for (; r->at < r->end; r->at++) {
        bool is_break = *r->at == '\n';
        if (is_break && r->at + 1 < r->end && (r->at[1] == ' ' || r->at[1] == '\t')) {
            r->at++;
            continue;
        }
        if (is_break)
            break;
        if (len < ICS_LINE_BYTES && *r->at != '\0' && *r->at != '\r')
            r->line[len++] = *r->at;
    }
    r->at += r->at < r->end;
    r->line[len] = '\0';
    return true;
}

struct property {
    const char *name, *value;
};

/* In place. False: the line is none. A colon within quotes is part of a parameter; what parameters say, the form of the value
 * says too. */
static bool split(char *line, struct property *out)
{
    bool is_quoted = false;
    char *colon = line;
    for (; *colon && (*colon != ':' || is_quoted); colon++)
        is_quoted ^= *colon == '"';
    if (!*colon)
        return false;
    *colon = '\0';
    line[strcspn(line, ";")] = '\0';
    *out = (struct property){ .name = line, .value = colon + 1 };
    return true;
}

static bool is_named(const struct property *property, const char *name)
{
    return strcasecmp(property->name, name) == 0;
}

/* --- What comes of an event --- */

static void leave_out(struct reader *r, const char *name, enum ics_why why)
{
    struct ics_days *out = r->out;
    if (out->n_left_out == ICS_LEFT_OUT_MAX)
        out->n_left_out_more++;
    else
        out->left_out[out->n_left_out++] = (struct ics_left_out){ name, why };
}

static void end_event(struct reader *r)
{
    enum ics_why why = ICS_TOO_MANY;
    struct hours_off span;
    if (r->n_events++ >= ICS_EVENTS_MAX || !ics_event_judge(&r->event, &why)) {
        leave_out(r, r->event.name, why);
        return;
    }
    while (ics_event_next(&r->event, civil_from_day(r->window.to_day).year, &span)) {
        if (span.to_day < r->window.from_day || span.from_day > r->window.to_day)
            r->out->n_outside++;
        else if (r->out->n < ICS_EVENTS_MAX)
            r->out->days[r->out->n++] = (struct days_off){ span, r->event.name };
        else
            leave_out(r, r->event.name, ICS_TOO_MANY);
    }
}

/* --- The calendar --- */

/* BEGIN and END. */
static void read_component(struct reader *r, const struct property *property)
{
    bool is_event = strcasecmp(property->value, "VEVENT") == 0;
    if (is_named(property, "BEGIN")) {
        r->depth++;
        r->out->is_calendar |= strcasecmp(property->value, "VCALENDAR") == 0;
        if (!is_event || r->in_event)
            return;
        ics_event_begin(&r->event, r->arena, r->zone);
        if (r->depth > ICS_DEPTH_MAX)
            leave_out(r, "", ICS_TOO_DEEP);
        else
            r->in_event = r->depth;
        return;
    }
    if (is_event && r->in_event == r->depth && r->in_event) {
        end_event(r);
        r->in_event = 0;
    }
    r->depth -= r->depth > 0;
}

static int by_day(const void *a, const void *b)
{
    const struct days_off *one = a, *other = b;
    if (one->span.from_day != other->span.from_day)
        return one->span.from_day < other->span.from_day ? -1 : 1;
    if (one->span.to_day != other->span.to_day)
        return one->span.to_day < other->span.to_day ? -1 : 1;
    return strcmp(one->name, other->name);
}

/* The first ones are kept: what is farthest off finds no place. */
static void put_in_order(struct reader *r)
{
    struct ics_days *out = r->out;
    size_t n = 0;
    if (out->n)
        qsort(out->days, out->n, sizeof *out->days, by_day);
    for (size_t i = 0; i < out->n; i++) {
        bool is_double = n && out->days[n - 1].span.from_day == out->days[i].span.from_day &&
                         out->days[n - 1].span.to_day == out->days[i].span.to_day;
        if (is_double)
            continue;
        if (n < ICS_DAYS_MAX) {
            out->days[n++] = out->days[i];
            continue;
        }
        leave_out(r, out->days[i].name, ICS_TOO_MANY);
    }
    out->n = n;
}

struct ics_days ics_read(struct arena *arena, const char *text, size_t len, const char *zone,
                         struct hours_off window)
{
    struct ics_days days = { .n = 0 };
    struct reader r = { .arena = arena,
                        .at = text,
                        .end = text ? text + (len < ICS_FILE_BYTES ? len : ICS_FILE_BYTES) : NULL,
                        .line = arena_alloc(arena, ICS_LINE_BYTES + 1),
                        .zone = zone,
                        .window = window,
                        .out = &days };
    days.days = arena_alloc(arena, ICS_EVENTS_MAX * sizeof *days.days);
    days.left_out = arena_alloc(arena, ICS_LEFT_OUT_MAX * sizeof *days.left_out);
    while (next_line(&r)) {
        struct property property;
        if (!split(r.line, &property))
            continue;
        if (is_named(&property, "BEGIN") || is_named(&property, "END"))
            read_component(&r, &property);
        else if (r.in_event && r.depth == r.in_event)
            ics_event_take(&r.event, property.name, property.value);
    }
    days.is_cut = r.depth > 0 || len > ICS_FILE_BYTES;
    put_in_order(&r);
    return days;
}

const char *ics_why_text(enum ics_why why)
{
    static const char *const texts[] = {
        [ICS_NO_DATE] = "it has no date that can be read",
        [ICS_PART_OF_A_DAY] = "it is no whole day",
        [ICS_TOO_LONG] = "it lasts more than a year",
        [ICS_REPEATS] = "it repeats in a way that is not read: write its dates one by one",
        [ICS_CANCELLED] = "it is cancelled",
        [ICS_TOO_MANY] = "there are too many",
        [ICS_TOO_DEEP] = "it lies within too many others",
    };
    return texts[why];
}
