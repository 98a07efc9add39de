/* From what a phrase says to a rule, or to those that it may mean; and where it stands in a text (R28). */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "time/hours.h"
#include "time/recur_parts.h"
#include "time/recur_words.h"
#include "time/when_edges.h"
#include "time/zone.h"

enum { MONDAY_TO_SATURDAY = 0x3f, DAY_MINUTES = 1440, HALVES = 2, RULE_TOKENS_MAX = 128 };

/* --- The days of a rule --- */

/* Those of the hours, without their holidays; else Monday to Friday. */
static void set_working_days(const struct when_context *context, struct recur *rule)
{
    struct hours hours;
    unsigned days = 0;
    rule->weekdays = RECUR_MONDAY_TO_FRIDAY;
    if (!context->hours || !hours_parse(context->hours, &hours))
        return;
    for (int day = 0; day < 7; day++)
        days |= hours.days[day].n ? 1U << day : 0;
    rule->weekdays = days;
    snprintf(rule->off, sizeof rule->off, "%s", hours.country);
}

static enum recur_unit unit_of(const struct every *e)
{
    if (e->has_unit)
        return e->unit;
    if (e->nth || e->day)
        return e->month ? RECUR_YEAR : RECUR_MONTH;
    return e->weekdays ? RECUR_WEEK : RECUR_DAY;
}

/* The days as they were said. False: every week, every month, every year, but on which day? Then on that of the start. */
static bool set_days(const struct every *e, struct recur *rule)
{
    struct civil start = civil_from_day(rule->start.day);
    bool has_date = e->nth || e->day;
    rule->unit = unit_of(e);
    rule->every = e->n ? e->n : 1;
    rule->weekdays = e->weekdays;
    rule->nth = e->nth;
    rule->day = e->day;
    rule->month = e->month;
    if (rule->unit == RECUR_WORKDAY || e->is_nth_working)
        set_working_days(e->context, rule);
    if (e->is_weekdays)
        rule->weekdays = RECUR_MONDAY_TO_FRIDAY;
    if (rule->unit == RECUR_WEEK && !rule->weekdays)
        rule->weekdays = 1U << civil_weekday(rule->start.day);
    else if (rule->unit >= RECUR_MONTH && !has_date) {
        rule->day = start.day;
        rule->month = rule->unit == RECUR_YEAR ? start.month : 0;
    } else
        return true;
    return e->is_weekdays || e->weekdays;
}

/* --- Its end and what is left out --- */

static bool set_bounds(const struct every *e, struct recur *rule)
{
    if (e->has_from && e->from.result == WHEN_AT) {
        rule->start = recur_moment_of(rule, e->from.at_ms);
        if (!e->from.has_clock && rule->unit != RECUR_HOUR)
            rule->start.minute = 0;
    }
    if (e->has_until && e->until.result == WHEN_AT) {
        rule->has_end = true;
        rule->end = recur_moment_of(rule, e->until.at_ms);
    }
    rule->count = e->count;
    for (int i = 0; i < e->n_except; i++) {
        int at = rule->n_exceptions++;
        for (; at > 0 && rule->exceptions[at - 1].day > e->except[i]; at--)
            rule->exceptions[at] = rule->exceptions[at - 1];
        rule->exceptions[at] = (struct recur_moment){ e->except[i], RECUR_WHOLE_DAY };
    }
    return !(e->has_from && e->from.result != WHEN_AT) && !(e->has_until && e->until.result != WHEN_AT);
}

/* --- Its times --- */

static void add_minute(struct recur *rule, int minute)
{
    int at = rule->n_minutes;
    for (; at > 0 && rule->minutes[at - 1] > minute; at--)
        ;
    if ((at > 0 && rule->minutes[at - 1] == minute) || rule->n_minutes == RECUR_TIMES_MAX)
        return;
    memmove(&rule->minutes[at + 1], &rule->minutes[at],
            (size_t)(rule->n_minutes - at) * sizeof *rule->minutes);
    rule->minutes[at] = minute;
    rule->n_minutes++;
}

/* The times as they were said, and again with the other half of the day where an hour may be of either. Returns how
 * many of the two there are. */
static int list_times(const struct every *e, const struct recur *bare, struct recur rules[HALVES],
                      bool *is_doubtful)
{
    int n_rules = 1;
    rules[0] = rules[1] = *bare;
    for (int i = 0; i < e->n_clocks; i++) {
        struct said said = { .clock = e->clocks[i], .part = e->part };
        int hours[2] = { 0, 0 }, n = when_list_hours(&said, hours, is_doubtful);
        /* The midnight of a day: its start or its end? Of every day it is the same. */
        *is_doubtful |= said.clock.is_midnight && (bare->unit != RECUR_DAY || bare->every > 1);
        if (!n || hours[0] > 23)
            return 0;
        n_rules = n > 1 ? HALVES : n_rules;
        add_minute(&rules[0], hours[0] * 60 + said.clock.minute);
        add_minute(&rules[1], hours[n > 1 && hours[1] < 24] * 60 + said.clock.minute);
    }
    return n_rules;
}

/* What a team would take where no time was said: when work begins, or ends, on such a day. */
static int offer_times(const struct every *e, const struct recur *bare, struct recur rules[HALVES])
{
    struct hours hours;
    if (!e->context->hours || !hours_parse(e->context->hours, &hours) || e->part != PART_NONE)
        return 0;
    for (int day = 0; day < 7; day++) {
        int n = hours.days[day].n;
        if (!n || (bare->weekdays && !(bare->weekdays & 1U << day)) ||
            hours.days[day].to_minute[n - 1] >= DAY_MINUTES)
            continue;
        rules[0] = rules[1] = *bare;
        add_minute(&rules[0], hours.days[day].from_minute[0]);
        add_minute(&rules[1], hours.days[day].to_minute[n - 1]);
        return HALVES;
    }
    return 0;
}

/* --- What it may mean --- */

static void add_candidate(struct recur_reading *reading, const struct recur *rule)
{
    for (size_t i = 0; i < reading->n_candidates; i++)
        if (!strcmp(recur_write(&reading->candidates[i]).text, recur_write(rule).text))
            return;
    if (reading->n_candidates < RECUR_CANDIDATES_MAX)
        reading->candidates[reading->n_candidates++] = *rule;
}

/* Other rules that the same words may name. */
static int list_others(const struct every *e, const struct recur *rule, struct recur others[2])
{
    if (e->is_open_days) {
        others[0] = others[1] = *rule;
        others[1].unit = RECUR_WEEK;
        others[1].off[0] = '\0';
        others[1].weekdays = MONDAY_TO_SATURDAY;
        return rule->every == 1 ? 2 : 1;
    }
    if (e->is_one_off) {
        others[0] = others[1] = *rule;
        others[0].every = e->n - 1;
        return 2;
    }
    if (e->is_nth_each && !e->is_of_month && !e->has_unit && !e->month && e->nth > 1) {
        others[0] = others[1] = *rule;
        others[0].unit = e->is_nth_working ? RECUR_WORKDAY : RECUR_WEEK;
        others[0].every = e->nth;
        others[0].nth = 0;
        return 2;
    }
    return 0;
}

static void conclude(struct recur_reading *reading, const struct every *e, const struct recur *rule,
                     bool is_sure)
{
    struct recur others[2];
    int n = list_others(e, rule, others);
    for (int i = 0; i < n; i++)
        add_candidate(reading, &others[i]);
    if (!n)
        add_candidate(reading, rule);
    reading->result = is_sure && !n ? WHEN_AT : WHEN_ASK;
    if (reading->result == WHEN_AT)
        reading->rule = *rule;
}

static void refuse(struct recur_reading *reading, enum when_fault fault)
{
    reading->result = WHEN_ERROR;
    reading->fault = fault;
    reading->n_candidates = 0;
}

static int64_t floor_minute(int64_t ms)
{
    return ms - ms % 60000;
}

/* Hours count from now, or from the moment that was said. */
static void start_now(const struct every *e, struct recur *rule)
{
    bool is_hours = unit_of(e) == RECUR_HOUR;
    rule->unit = unit_of(e);
    rule->every = e->n ? e->n : 1;
    int64_t now_ms = floor_minute(e->context->now_ms);
    if (is_hours)
        now_ms += rule->every * INT64_C(3600000);
    rule->start = recur_moment_of(rule, now_ms);
}

static void settle(const struct every *e, struct recur_reading *reading)
{
    struct recur bare = { .every = 1 }, rules[HALVES];
    bool is_doubtful = e->is_doubtful;
    const char *zone = e->has_zone ? e->zone : e->context->zone;
    snprintf(bare.zone, sizeof bare.zone, "%s", zone && zone_is_known(zone) ? zone : "UTC");
    start_now(e, &bare);
    bool is_clear = set_bounds(e, &bare);
    is_clear = set_days(e, &bare) && is_clear;
    bool is_known =
        !(e->has_until && e->until.result == WHEN_ERROR) && !(e->has_from && e->from.result == WHEN_ERROR);
    if (!is_known || e->is_impossible || bare.every > RECUR_EVERY_MAX) {
        refuse(reading, is_known ? WHEN_IMPOSSIBLE : WHEN_PAST);
        return;
    }
    bool has_times = e->n_clocks || bare.unit == RECUR_HOUR;
    int n = has_times ? list_times(e, &bare, rules, &is_doubtful) : offer_times(e, &bare, rules);
    bool is_guess = e->is_range_only || e->is_polite;
    bool is_sure = has_times && is_clear && !is_doubtful && !is_guess && n == 1;
    for (int i = 0; i < n; i++) {
        if (!recur_is_valid(&rules[i])) {
            refuse(reading, WHEN_IMPOSSIBLE);
            return;
        }
        if (recur_next(&rules[i], e->context->now_ms) != RECUR_NEVER)
            conclude(reading, e, &rules[i], is_sure);
    }
    reading->has_no_time = !has_times && is_clear && !is_doubtful && !is_guess;
    if (has_times && !n)
        refuse(reading, WHEN_IMPOSSIBLE);
    else if (n && !reading->n_candidates)
        refuse(reading, WHEN_PAST);
    else if (reading->result != WHEN_AT)
        reading->result = WHEN_ASK;
    /* A date in it that may be two: which rule it is nobody can say. */
    if (e->is_doubtful || (e->has_until && e->until.result == WHEN_ASK) ||
        (e->has_from && e->from.result == WHEN_ASK))
        reading->n_candidates = 0;
}

/* --- Where it stands --- */

/* first and [third monday], not [every monday]: what stands before changes what was read. */
static bool is_cut(const struct when_tokens *tokens, size_t from)
{
    return from &&
           (when_word_at(tokens, from - 1, tokens->n).kind == WORD_OR || edge_is_hedged_before(tokens, from));
}

static void describe(struct arena *arena, const struct when_tokens *tokens, size_t from,
                     struct recur_reading *reading)
{
    size_t first = tokens->all[from].from, last = tokens->all[tokens->n - 1].to;
    reading->subject = when_subject(arena, tokens->text, first, last);
    reading->phrase = arena_strndup(arena, tokens->text + first, last - first);
}

struct recur_reading recur_read_tail(struct arena *arena, const struct when_context *context,
                                     const char *text)
{
    struct recur_reading reading = { .result = WHEN_NONE, .subject = text, .phrase = "" };
    struct when_tokens tokens;
    struct every every;
    if (when_is_too_long(text))
        return reading;
    when_cut(arena, text, context->lang, &tokens);
    struct every_text words = every_text(arena, context, &tokens);
    size_t first = tokens.n > RULE_TOKENS_MAX ? tokens.n - RULE_TOKENS_MAX : 0;
    for (size_t from = first; from < tokens.n; from++) {
        if (!edge_is_start(&tokens, from) || !every_parse(&words, from, &every))
            continue;
        settle(&every, &reading);
        if (is_cut(&tokens, from))
            refuse(&reading, WHEN_UNREAD);
        describe(arena, &tokens, from, &reading);
        return reading;
    }
    for (size_t from = first; from < tokens.n; from++) {
        if (!edge_is_start(&tokens, from) || !every_is_meant(&words, from))
            continue;
        refuse(&reading, WHEN_UNREAD);
        describe(arena, &tokens, from, &reading);
        return reading;
    }
    return reading;
}
