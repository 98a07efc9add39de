#include "engine/slots.h"

#include <string.h>

#include "engine/absence.h"
#include "engine/personal.h"
#include "time/hours.h"
#include "time/zone.h"

enum {
    MINUTE_MS = 60 * 1000,
    HALF_HOUR_MS = 30 * MINUTE_MS,
    HOUR_MS = 60 * MINUTE_MS,
    LEAD_MS = 90 * MINUTE_MS, /* time to see the question */
    APART_MS = 2 * HOUR_MS,
    SPANS_MAX =
        9 * HOURS_INTERVALS_MAX, /* a week touches eight days, and an absence makes two spans of one */
};

static const char stretched_hours[] = "mon-sun 07:00-21:00";

struct spans {
    struct hours_span list[SPANS_MAX];
    size_t n;
};

/* --- When people work --- */

static void add_span(struct spans *spans, int64_t from_ms, int64_t to_ms)
{
    if (from_ms < to_ms && spans->n < SPANS_MAX)
        spans->list[spans->n++] = (struct hours_span){ from_ms, to_ms };
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

static int64_t later(int64_t a_ms, int64_t b_ms)
{
    return a_ms > b_ms ? a_ms : b_ms;
}

static struct spans spans_of(struct turn *turn, const char *person, const char *hours, int64_t from_ms)
{
    struct hours_span work[SPANS_MAX];
    struct absence away = { .from_ms = INT64_MAX, .until_ms = INT64_MAX };
    struct spans spans = { .n = 0 };
    size_t n = hours_spans(hours, personal_zone(turn, person),
                           (struct hours_span){ from_ms, from_ms + SLOTS_AHEAD_MS }, work, SPANS_MAX);
    (void)absence_get(turn, person, &away);
    for (size_t i = 0; i < n; i++) {
        add_span(&spans, work[i].from_ms, earlier(work[i].to_ms, away.from_ms));
        add_span(&spans, later(work[i].from_ms, away.until_ms), work[i].to_ms);
    }
    return spans;
}

static struct spans in_both(const struct spans *a, const struct spans *b)
{
    struct spans both = { .n = 0 };
    for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
        const struct hours_span *x = &a->list[i], *y = &b->list[j];
        add_span(&both, later(x->from_ms, y->from_ms), earlier(x->to_ms, y->to_ms));
        if (x->to_ms <= y->to_ms)
            i++;
        else
            j++;
    }
    return both;
}

/* Whose hours are stretched: the person at that place, nobody, or everybody. */
enum { NOBODY = -1, EVERYBODY = -2 };

static struct spans common(struct turn *turn, struct person_list people, int stretched, int64_t from_ms)
{
    struct spans all = { .n = 0 };
    for (size_t i = 0; i < people.n; i++) {
        bool is_stretched = stretched == EVERYBODY || stretched == (int)i;
        const char *hours = is_stretched ? stretched_hours : personal_hours(turn, people.ids[i]);
        struct spans theirs = spans_of(turn, people.ids[i], hours, from_ms);
        all = i == 0 ? theirs : in_both(&all, &theirs);
    }
    return all;
}

int64_t slots_together_ms(struct turn *turn, struct person_list people, int64_t from_ms)
{
    struct spans all = common(turn, people, NOBODY, from_ms);
    return all.n ? all.list[0].from_ms : SLOTS_NEVER;
}

bool slots_fits(struct turn *turn, const char *person, int64_t at_ms)
{
    return personal_work_between(turn, person, at_ms, at_ms + SLOT_MS) == SLOT_MS;
}

/* --- Choosing --- */

/* The first half hour of that clock from then on. */
static int64_t half_hour_from(const char *zone, int64_t at_ms)
{
    int64_t offset_ms = (int64_t)zone_local(zone, at_ms).offset_s * 1000;
    int64_t past_ms = (at_ms + offset_ms) % HALF_HOUR_MS;
    return past_ms ? at_ms + HALF_HOUR_MS - past_ms : at_ms;
}

/* Two are enough where they are on one day; else there is a third. */
static bool is_enough(struct turn *turn, const struct slots *slots)
{
    return slots->n == SLOTS_MAX || (slots->n == 2 && hours_day_of(turn->zone, slots->at_ms[0]) ==
                                                          hours_day_of(turn->zone, slots->at_ms[1]));
}

static void consider(struct turn *turn, struct slots *slots, const struct hours_span *span, int64_t at_ms,
                     int64_t earliest_ms)
{
    if (slots->n)
        earliest_ms = later(earliest_ms, slots->at_ms[slots->n - 1] + APART_MS);
    at_ms = half_hour_from(turn->zone, later(at_ms, span->from_ms));
    if (!is_enough(turn, slots) && at_ms >= earliest_ms && at_ms + SLOT_MS <= span->to_ms)
        slots->at_ms[slots->n++] = at_ms;
}

/* In a long span an hour after its begin, so that nobody comes from a closed door, and half an hour before its end; a short
 * one is taken as it is. */
static struct slots choose(struct turn *turn, const struct spans *spans, int64_t from_ms)
{
    struct slots slots = { .n = 0 };
    for (size_t i = 0; i < spans->n && !is_enough(turn, &slots); i++) {
        const struct hours_span *span = &spans->list[i];
        int64_t ease_ms = span->to_ms - span->from_ms >= APART_MS ? HOUR_MS : 0;
        consider(turn, &slots, span, span->from_ms + ease_ms, from_ms + LEAD_MS);
        consider(turn, &slots, span, span->to_ms - HALF_HOUR_MS, from_ms + LEAD_MS);
    }
    return slots;
}

struct slots slots_find(struct turn *turn, struct person_list people, int64_t from_ms)
{
    struct spans spans = common(turn, people, NOBODY, from_ms);
    struct slots slots = choose(turn, &spans, from_ms);
    for (size_t i = 1; i <= people.n && slots.n == 0; i++) {
        spans = common(turn, people, i < people.n ? (int)i : 0, from_ms);
        slots = choose(turn, &spans, from_ms);
    }
    if (slots.n == 0) {
        spans = common(turn, people, EVERYBODY, from_ms);
        slots = choose(turn, &spans, from_ms);
    }
    return slots;
}
