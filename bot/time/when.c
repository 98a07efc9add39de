#include "time/when.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "time/when_find.h"
#include "time/zone.h"

enum {
    NOON_HOUR = 12,
    EVENING_HOUR = 17,
    NIGHT_HOUR = 18,
    NIGHT_END_HOUR = 6,
    AFTERNOON_HOUR_MAX = 19,
    CLOCK_ALONE_MINUTES = 8 * 60
};

#define MINUTE_MS INT64_C(60000)

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

int64_t find_instant(const struct finding *f, int64_t day_number, const struct clock *clock)
{
    struct civil civil = civil_from_day(day_number);
    civil.hour = clock->hour;
    civil.minute = clock->minute;
    civil.second = clock->second;
    if (f->is_offset)
        return zone_instant("UTC", civil) - f->offset_s * INT64_C(1000);
    return zone_instant(f->zone, civil);
}

void find_add(struct finding *f, int64_t at_ms)
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

/* R6: alone or with tonight the coming one; with a day its start or its end. */
static void find_midnight(struct finding *f)
{
    const struct said *said = f->said;
    struct clock start = { 0 }, end = { .hour = 24 };
    bool is_tonight = said->day == DAY_RELATIVE && said->days_ahead == 0 && said->part == PART_EVENING;
    if (!when_has_day(said) || is_tonight) {
        find_add(f, find_instant(f, f->today_number, &end));
        return;
    }
    f->is_doubtful = true;
    find_days(f, &start);
    find_days(f, &end);
}

/* R12: the part of the day chooses the half. -1 if it contradicts the hour. */
static int hour_in_part(const struct said *said, int hour)
{
    bool is_free = !said->clock.has_meridiem && !said->clock.has_zero;
    switch (said->part) {
    case PART_MORNING:
        return hour < NOON_HOUR ? hour : -1;
    case PART_AFTERNOON:
        if (is_free && hour >= 1 && hour <= 7)
            hour += 12;
        return hour >= NOON_HOUR && hour <= AFTERNOON_HOUR_MAX ? hour : -1;
    case PART_EVENING:
        if (is_free && hour >= 5 && hour <= 11)
            hour += 12;
        return hour >= EVENING_HOUR ? hour : -1;
    case PART_NIGHT:
        return hour < NIGHT_END_HOUR || hour >= NIGHT_HOUR ? hour : -1;
    default:
        return hour;
    }
}

/* A night has two mornings: only what comes before midnight is certain. */
int when_list_hours(const struct said *said, int hours[2], bool *is_doubtful)
{
    const struct when_clock *clock = &said->clock;
    bool is_double = clock->is_half_open || clock->is_twelve_doubt ||
                     (clock->is_bare_number && clock->hour >= 1 && clock->hour < NOON_HOUR);
    /* Who takes 12pm for midnight means the one that ends the day. */
    int n = 0, other = clock->is_twelve_doubt && clock->hour == NOON_HOUR ? 24 : (clock->hour + 12) % 24;
    int first = hour_in_part(said, clock->hour), second = is_double ? hour_in_part(said, other) : -1;
    if (first >= 0)
        hours[n++] = first;
    if (second >= 0 && second != first)
        hours[n++] = second;
    *is_doubtful |= n > 1 || clock->is_twelve_doubt || clock->is_half_before_too || clock->is_bare_number ||
                    (said->part == PART_NIGHT && clock->hour < NIGHT_HOUR);
    return n;
}

/* Both halves of the day, and both of half four. */
static int list_all_hours(struct finding *f, int hours[4])
{
    struct said before = *f->said;
    int n = when_list_hours(f->said, hours, &f->is_doubtful);
    if (!before.clock.is_half_before_too)
        return n;
    f->is_doubtful = true;
    before.clock.hour = (before.clock.hour + 23) % 24;
    return n + when_list_hours(&before, hours + n, &f->is_doubtful);
}

static void find_clock(struct finding *f)
{
    const struct when_clock *said = &f->said->clock;
    int hours[4], n = list_all_hours(f, hours);
    if (said->is_midnight) {
        find_midnight(f);
        return;
    }
    if (said->hour > 24 || !n) {
        f->is_impossible = true;
        return;
    }
    for (int i = 0; i < n; i++) {
        struct clock clock = { hours[i], said->minute, said->second, false };
        find_days(f, &clock);
        /* The small hours of a night are the day's own, or the next one's. */
        clock.hour += 24;
        if (f->said->part == PART_NIGHT && hours[i] < NIGHT_END_HOUR)
            find_days(f, &clock);
    }
}

/* R15 */
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
        find_add(f, at_ms);
}

/* R13: 17h and 1h30 with nothing beside them may be a length too. */
static void find_bare_hours(struct finding *f)
{
    const struct said *said = f->said;
    int minutes = said->clock.bare_minutes;
    bool is_alone = minutes && !when_has_day(said) && said->part == PART_NONE && !said->has_zone;
    bool is_french = !strncmp(f->context->lang ? f->context->lang : "", "fr", 2);
    if (!is_alone || (said->lead && !(said->lead & LEAD_LENGTH)))
        return;
    /* A French bare 5h is a clock time, if one of two halves; 1h30 is how a length is written. */
    bool is_length_too = said->lead || minutes % 60 ? minutes < CLOCK_ALONE_MINUTES : !is_french;
    if (is_length_too) {
        f->is_doubtful = true;
        find_add(f, f->now_ms + minutes * MINUTE_MS);
    }
}

/* R14: huitaine is 7 or 8 days, quinzaine 14 or 15. */
static void find_vague(struct finding *f)
{
    f->is_doubtful = true;
    for (int64_t days = f->said->days; days && days >= f->said->days - 1; days--) {
        struct clock now = { f->today.hour, f->today.minute, f->today.second, false };
        find_add(f, find_instant(f, f->today_number + days, &now));
    }
}

/* Where a fin de semaine is the weekend (R16): the names of the zones of Canada that are in no folder of
 * its own. */
static bool is_canadian(const char *zone)
{
    static const char *const cities[] = {
        "Atikokan",     "Blanc-Sablon", "Cambridge_Bay", "Coral_Harbour", "Creston",   "Dawson",
        "Dawson_Creek", "Edmonton",     "Fort_Nelson",   "Glace_Bay",     "Goose_Bay", "Halifax",
        "Inuvik",       "Iqaluit",      "Moncton",       "Montreal",      "Nipigon",   "Pangnirtung",
        "Rainy_River",  "Rankin_Inlet", "Regina",        "Resolute",      "St_Johns",  "Swift_Current",
        "Thunder_Bay",  "Toronto",      "Vancouver",     "Whitehorse",    "Winnipeg",  "Yellowknife"
    };
    if (!strncmp(zone, "Canada/", strlen("Canada/")))
        return true;
    for (size_t i = 0; i < sizeof cities / sizeof *cities; i++)
        if (!strncmp(zone, "America/", strlen("America/")) && !strcmp(zone + strlen("America/"), cities[i]))
            return true;
    return false;
}

static void find(struct finding *f)
{
    const struct said *said = f->said;
    static const struct clock end = { .is_end = true };
    f->is_doubtful |= said->is_doubtful;
    f->is_doubtful |= said->is_weekend_too && f->context->zone && is_canadian(f->context->zone);
    if (said->is_past || said->is_impossible) {
        f->is_past = said->is_past;
        f->is_impossible = said->is_impossible;
    } else if (said->is_month_alone || said->is_vague) {
        find_vague(f);
    } else if (said->elapsed_ms && said->is_working) {
        find_working_hours(f);
    } else if (said->elapsed_ms) {
        find_add(f, f->now_ms + said->elapsed_ms);
    } else if (said->clock.is_said) {
        find_clock(f);
        find_bare_hours(f);
    } else if (said->part != PART_NONE) {
        f->is_doubtful = true;
    } else {
        find_days(f, &end);
    }
}

/* That name of a clock is what the clocks there show at each of the instants found. */
static bool is_in_force(const struct finding *f, const struct when_zone_word *word)
{
    const struct when *when = f->when;
    bool is_so = true;
    for (size_t i = 0; i < when->n_candidates; i++)
        is_so = is_so && zone_local(f->zone, when->candidates[i]).offset_s == word->offset_h * 3600;
    return is_so;
}

/* R21: in the hour that comes twice CET names the second one. CET in July is the clock on the wall or the literal offset,
 * nobody knows. */
static void check_zone_word(struct finding *f)
{
    const struct when_zone_word *word = f->said->zone_word;
    if (!word || !word->must_be_in_force || is_in_force(f, word))
        return;
    struct when by_the_wall = *f->when;
    f->is_offset = true;
    f->offset_s = word->offset_h * 3600;
    f->when->n_candidates = 0;
    find(f);
    if (is_in_force(f, word))
        return;
    f->is_doubtful = true;
    for (size_t i = 0; i < by_the_wall.n_candidates; i++)
        find_add(f, by_the_wall.candidates[i]);
}

/* Who types CET where it is in force means their own clock, not that of the city by which the letters are known. */
static void keep_own_zone(struct finding *f)
{
    struct when *when = f->when;
    const char *own = f->context->zone;
    if (f->said->zone_word && own &&
        zone_local(own, when->at_ms).offset_s == zone_local(when->zone, when->at_ms).offset_s)
        snprintf(when->zone, sizeof when->zone, "%s", own);
}

static void conclude(struct finding *f)
{
    struct when *when = f->when;
    if (when->n_candidates == 1 && !f->is_doubtful && !f->is_impossible) {
        when->result = WHEN_AT;
        when->at_ms = when->candidates[0];
        when->n_candidates = 0;
        keep_own_zone(f);
        when->civil = zone_local(when->zone, when->at_ms).civil;
        when->has_clock = f->said->clock.is_said || f->said->elapsed_ms ||
                          (f->said->day == DAY_LENGTH && !f->said->is_whole_day);
        return;
    }
    bool is_ask = when->n_candidates > 0 || (f->is_doubtful && !f->is_past && !f->is_impossible);
    when->result = is_ask ? WHEN_ASK : WHEN_ERROR;
    if (is_ask && f->is_misfit)
        when->fault = WHEN_MISFIT;
    if (!is_ask)
        when->fault = f->is_impossible ? WHEN_IMPOSSIBLE : WHEN_PAST;
}

static void place_in_zone(struct finding *f, const char *zone)
{
    const struct said *said = f->said;
    f->zone = zone;
    f->is_offset = said->is_offset;
    f->offset_s = said->offset_s;
    f->today = local_civil(f, f->now_ms);
    f->today_number = civil_day_number(f->today.year, f->today.month, f->today.day);
}

struct when when_settle(const struct when_context *context, const struct said *said)
{
    struct when when = { .result = WHEN_ERROR };
    struct finding finding = { .context = context, .said = said, .when = &when };
    const char *own = context->zone ? context->zone : "UTC",
               *zone = said->has_zone && !said->is_offset ? said->zone : own;
    finding.now_ms = floor_second(context->now_ms);
    finding.has_hours = context->hours && *context->hours && hours_parse(context->hours, &finding.hours);
    snprintf(when.zone, sizeof when.zone, "%s", zone);
    place_in_zone(&finding, zone);
    find(&finding);
    check_zone_word(&finding);
    const char *const *zones = said->zone_word ? said->zone_word->zones : NULL;
    for (size_t i = 1; zones && i < WHEN_ZONES_MAX && zones[i]; i++) {
        finding.is_doubtful = true;
        place_in_zone(&finding, zones[i]);
        find(&finding);
    }
    conclude(&finding);
    return when;
}

static struct when unread(const char *text, enum when_fault fault)
{
    return (struct when){ .result = WHEN_ERROR, .fault = fault, .phrase = text };
}

bool when_is_too_long(const char *text)
{
    static const size_t bytes_max = (size_t)WHEN_TEXT_CHARS_MAX * 4;
    return strnlen(text, bytes_max + 1) > bytes_max || text_chars(text) > WHEN_TEXT_CHARS_MAX;
}

struct when when_read(struct arena *arena, const struct when_context *context, const char *phrase)
{
    struct when_tokens tokens;
    struct said said;
    if (when_is_too_long(phrase))
        return unread(phrase, WHEN_TOO_LONG);
    when_cut(arena, phrase, context->lang, &tokens);
    bool is_read = when_parse(&tokens, 0, tokens.n, &said);
    struct when when = is_read ? when_settle(context, &said) : unread(phrase, WHEN_UNREAD), loose;
    /* friday 9, where the 9th is no friday, may be nine o'clock. */
    bool is_bare_day =
        is_read && said.day == DAY_DATE && !said.month && said.has_weekday && !said.clock.is_said;
    bool has_choices = when.n_candidates > 0 && !is_bare_day;
    bool is_certain = when.result == WHEN_AT || has_choices || when.fault == WHEN_PAST;
    if (!is_certain && !context->is_strict && when_read_loosely(context, &tokens, 0, tokens.n, &loose) &&
        (!is_read || loose.n_candidates))
        when = loose;
    when.phrase = text_trim(arena, phrase);
    return when;
}
