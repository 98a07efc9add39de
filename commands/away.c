/* !away, !back, !skip - who is not there, from when until when. What that means for what is said: engine/absence.h. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "commands/commands.h"
#include "engine/absence.h"
#include "engine/direct.h"
#include "engine/people.h"
#include "engine/personal.h"
#include "engine/range.h"
#include "time/hours.h"
#include "time/zone.h"

enum { DATE_WORDS_MAX = 8 };

/* --- Reading "until monday, conference" --- */

/* The longest date that begins with that word; where it ends, or 0. */
static size_t read_date(struct turn *turn, const struct range_words *words, size_t from, struct when *out)
{
    size_t to = words->n < from + DATE_WORDS_MAX ? words->n : from + DATE_WORDS_MAX;
    for (; to > from; to--) {
        *out = turn_read_day(turn, range_piece(turn, words, from, to));
        if (out->result == WHEN_AT || (out->result == WHEN_ASK && out->n_candidates))
            return to;
    }
    return 0;
}

/* A day begins where the person lives; days_later for the end of one that counts as well. */
static int64_t begin_of_day(const char *zone, struct civil day, int days_later)
{
    int64_t number = civil_day_number(day.year, day.month, day.day) + days_later;
    return zone_instant(zone, civil_from_day(number));
}

struct span {
    int64_t from_ms, until_ms;
    size_t n_words; /* that said so; what follows is the reason */
    struct when when; /* which date is in doubt, if until_ms is 0 */
    bool is_until; /* they are back on that day; else it is the only one */
};

/* Of days or weeks; 0: it is none that one is away for. */
static int read_number(const char *folded)
{
    enum { LONGEST = 366 };
    static const struct {
        const char *word;
        int n;
    } words[] = { { "a", 1 },    { "one", 1 },    { "un", 1 },    { "une", 1 },
                  { "two", 2 },  { "deux", 2 },   { "three", 3 }, { "trois", 3 },
                  { "four", 4 }, { "quatre", 4 }, { "five", 5 },  { "cinq", 5 } };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(folded, words[i].word) == 0)
            return words[i].n;
    size_t len = strlen(folded);
    bool is_number = len && len <= 3 && strspn(folded, "0123456789") == len;
    int n = is_number ? (int)strtol(folded, NULL, 10) : 0;
    return n <= LONGEST ? n : 0;
}

/* "from monday to wednesday", said on a tuesday: the wednesday after that monday. Without a figure in it the day comes back. */
static int64_t end_behind(int64_t from_ms, int64_t until_ms, const char *phrase, const char *zone)
{
    if (until_ms > from_ms || strpbrk(phrase, "0123456789"))
        return until_ms;
    return begin_of_day(zone, zone_local(zone, until_ms).civil, 7);
}

/* "from 1 dec to 5 dec", "24 dec - 2 jan", « du 1er au 5 décembre »: the last day is one of them; with "until" they are back on
 * it. */
static bool read_range(struct turn *turn, const struct range_words *words, const char *zone,
                       struct span *span)
{
    struct when first, last;
    size_t begin = range_is_from(words->folded[0]), middle = begin;
    while (middle < words->n && !range_is_until(words->folded[middle]) &&
           !range_is_through(words->folded[middle]))
        middle++;
    if (middle <= begin || middle + 1 >= words->n)
        return false;
    size_t to = read_date(turn, words, middle + 1, &last);
    first = turn_read_day(turn, range_piece(turn, words, begin, middle));
    /* « du 1er au 5 décembre »: the month is said once. */
    if (first.result != WHEN_AT && to > middle + 2)
        first =
            turn_read_day(turn, arena_printf(turn->arena, "%s %s", range_piece(turn, words, begin, middle),
                                             range_piece(turn, words, middle + 2, to)));
    if (!to || first.result != WHEN_AT || last.result != WHEN_AT)
        return false;
    bool is_through = range_is_through(words->folded[middle]);
    span->from_ms = first.has_clock ? first.at_ms : begin_of_day(zone, first.civil, 0);
    span->until_ms = last.has_clock ? last.at_ms : begin_of_day(zone, last.civil, is_through);
    span->until_ms =
        end_behind(span->from_ms, span->until_ms, range_piece(turn, words, middle + 1, to), zone);
    span->n_words = to;
    return span->from_ms < span->until_ms;
}

/* "for 3 days", « pendant une semaine », « 2 jours »: the first is the day on which they would work next. */
static bool read_length(struct turn *turn, const struct range_words *words, const char *person,
                        struct span *span)
{
    static const char *const leads[] = { "for", "pendant", "pour", "durant", NULL };
    static const char *const days[] = { "day", "days", "jour", "jours", NULL };
    static const char *const weeks[] = { "week", "weeks", "semaine", "semaines", NULL };
    size_t at = words->n && text_is_one_of(words->folded[0], leads);
    if (words->n < at + 2)
        return false;
    int n = read_number(words->folded[at]);
    if (text_is_one_of(words->folded[at + 1], weeks))
        n *= 7;
    else if (!text_is_one_of(words->folded[at + 1], days))
        n = 0;
    if (n <= 0)
        return false;
    const char *zone = personal_zone(turn, person);
    /* An absence that is there is replaced, and does not count. */
    int64_t first_ms = hours_add(personal_hours(turn, person), zone, turn->now_ms, 1);
    span->until_ms = begin_of_day(zone, zone_local(zone, first_ms).civil, n);
    span->n_words = at + 2;
    return true;
}

/* "next week", « la semaine prochaine », "this week": from its Monday, or from now, to the Monday after. */
static bool read_week(struct turn *turn, const struct range_words *words, const char *zone, struct span *span)
{
    static const struct {
        const char *words;
        size_t n_words;
        int n_weeks;
    } rows[] = { { "next week", 2, 1 },
                 { "la semaine prochaine", 3, 1 },
                 { "semaine prochaine", 2, 1 },
                 { "this week", 2, 0 },
                 { "cette semaine", 2, 0 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (words->n < rows[i].n_words ||
            strcmp(text_fold(turn->arena, range_piece(turn, words, 0, rows[i].n_words)), rows[i].words) != 0)
            continue;
        struct zone_local now = zone_local(zone, turn->now_ms);
        int to_monday = 7 - now.weekday;
        if (rows[i].n_weeks)
            span->from_ms = begin_of_day(zone, now.civil, to_monday);
        span->until_ms = begin_of_day(zone, now.civil, to_monday + 7 * rows[i].n_weeks);
        span->n_words = rows[i].n_words;
        return true;
    }
    return false;
}

static bool read_span(struct turn *turn, const struct range_words *words, const char *person,
                      struct span *span)
{
    const char *zone = personal_zone(turn, person);
    *span = (struct span){ .from_ms = turn->now_ms, .until_ms = ABSENCE_FOR_GOOD };
    if (words->n == 0)
        return true;
    bool is_until = span->is_until = range_is_until(words->folded[0]);
    struct span range = *span;
    if (!is_until && read_range(turn, words, zone, &range)) {
        *span = range;
        return true;
    }
    if (range_is_from(words->folded[0]))
        return false;
    if (read_length(turn, words, person, span) || read_week(turn, words, zone, span))
        return true;
    span->n_words = read_date(turn, words, 0, &span->when);
    if (!span->n_words)
        return false;
    span->until_ms = 0;
    if (span->when.result != WHEN_AT)
        return true;
    if (is_until && span->when.has_clock)
        span->until_ms = span->when.at_ms;
    else
        span->until_ms = begin_of_day(zone, span->when.civil, !is_until);
    int64_t begins_ms = begin_of_day(zone, span->when.civil, 0);
    if (!is_until && begins_ms > span->from_ms)
        span->from_ms = begins_ms;
    return span->until_ms > turn->now_ms;
}

/* --- Saying --- */

static struct json_object *basics(struct turn *turn, const char *person)
{
    struct json_object *values = values_new();
    json_set_str(values, "prefix", turn_prefix(turn));
    if (turn->event && strcmp(person, turn->event->sender) != 0)
        json_set(values, "other", values_person(turn, person));
    return values;
}

static struct json_object *away_values(struct turn *turn, const char *person, const struct absence *absence)
{
    struct json_object *values = basics(turn, person);
    const char *zone = personal_zone(turn, person);
    if (absence->from_ms > turn->now_ms)
        json_set(values, "from", values_time(turn, absence->from_ms, zone));
    if (absence->until_ms != ABSENCE_FOR_GOOD)
        json_set(values, "back",
                 values_time(turn, personal_next_work_ms(turn, person, absence->until_ms), zone));
    return values;
}

/* Somebody else said so: the person hears it once, alone. */
static void tell(struct turn *turn, const char *person, const struct absence *absence)
{
    personal_address(turn, person);
    struct json_object *values = away_values(turn, person, absence);
    json_set(values, "by", values_person(turn, turn->event->sender));
    turn_say(turn, (struct say){ .step = "told",
                                 .template_name = "away/told",
                                 .values = values,
                                 .room = direct_room(turn, person) });
    turn_enter_room(turn, turn->room.id);
}

static void ask_which(struct turn *turn, const struct span *span, const char *whose, const char *reason)
{
    const char *choices[WHEN_CANDIDATES_MAX + 1] = { NULL };
    struct json_object *values = basics(turn, turn->event->sender), *list = json_object_new_array();
    const char *name = command_shown_name(command_away.names, turn->lang);
    for (size_t i = 0; i < span->when.n_candidates; i++) {
        struct civil day = zone_local(turn->typed.zone, span->when.candidates[i]).civil;
        struct json_object *row = json_object_new_object();
        choices[i] = arena_printf(turn->arena, "%s%s %s%s%04d-%02d-%02d, %s", turn_prefix(turn), name, whose,
                                  span->is_until ? "until " : "", day.year, day.month, day.day, reason);
        json_set(row, "time", values_time(turn, span->when.candidates[i], turn->typed.zone));
        json_object_array_add(list, row);
    }
    json_set_str(values, "phrase", text_shorten(turn->arena, text_clean(turn->arena, span->when.phrase), 60));
    json_set(values, "choices", list);
    json_set_bool(values, "until", span->is_until);
    turn_ask(turn, (struct question){ .template_name = "away/which", .values = values, .choices = choices });
}

/* --- Doing --- */

static void go_away(struct turn *turn, const char *person, const struct absence *absence)
{
    absence_set(turn, person, absence);
    if (strcmp(person, turn->event->sender) != 0)
        tell(turn, person, absence);
    turn_answer(turn, "away/noted", away_values(turn, person, absence));
}

static enum outcome away(struct turn *turn, const struct request *request)
{
    const char *rest = request->rest;
    const char *person = people_take_whose(turn, &rest);
    struct range_words words;
    struct span span;
    if (!person)
        return OUTCOME_DONE;
    range_split(turn, rest, &words);
    if (!read_span(turn, &words, person, &span))
        return OUTCOME_USAGE;
    const char *reason = span.n_words && span.n_words < words.n
                             ? text_trim(turn->arena, rest + words.start[span.n_words])
                             : "";
    if (span.until_ms == 0) {
        bool is_own = strcmp(person, turn->event->sender) == 0;
        ask_which(turn, &span, is_own ? "" : arena_printf(turn->arena, "%s ", person), reason);
        return OUTCOME_DONE;
    }
    go_away(turn, person,
            &(struct absence){ .from_ms = span.from_ms,
                               .until_ms = span.until_ms,
                               .reason = *reason ? text_add(turn, turn->event->sender, reason) : 0,
                               .room = turn->room.id });
    return OUTCOME_DONE;
}

static enum outcome skip(struct turn *turn, const struct request *request)
{
    static const char *const words[] = { "", "today", "aujourd'hui", "aujourdhui", NULL };
    const char *person = turn->event->sender;
    if (!text_is_one_of(text_fold(turn->arena, request->rest), words))
        return OUTCOME_USAGE;
    const char *zone = personal_zone(turn, person);
    go_away(turn, person,
            &(struct absence){ .from_ms = turn->now_ms,
                               .until_ms = begin_of_day(zone, zone_local(zone, turn->now_ms).civil, 1),
                               .room = turn->room.id });
    return OUTCOME_DONE;
}

static enum outcome back(struct turn *turn, const struct request *request)
{
    const char *rest = request->rest;
    const char *person = people_take_whose(turn, &rest);
    if (!person)
        return OUTCOME_DONE;
    struct json_object *values = basics(turn, person);
    json_set_bool(values, "was_away", absence_end(turn, person));
    turn_answer(turn, "away/back", values);
    return OUTCOME_DONE;
}

const struct command command_away = {
    .topic = "away",
    .names = { { "away", "absent" }, { "absent", "absence" } },
    .who = WHO_ANYBODY,
    .run = away,
};

const struct command command_back = {
    .topic = "back",
    .names = { { "back" }, { "présent" } },
    .who = WHO_ANYBODY,
    .run = back,
};

const struct command command_skip = {
    .topic = "skip",
    .names = { { "skip" }, { "sauter" } },
    .who = WHO_ANYBODY,
    .run = skip,
};
