/* On which days a routine is: days of the week, or a rule of another rhythm, as people type them. */
#include <string.h>

#include "base/text.h"
#include "commands/standup_private.h"
#include "time/hours.h"
#include "time/hours_words.h"
#include "time/recur_words.h"

enum { DAY_MS = 24 * HOUR_MS };

int64_t routine_dated_from(const struct routine *routine, int64_t day)
{
    struct recur rule;
    if (routine->rule && recur_parse(routine->rule, &rule)) {
        int64_t next_ms = recur_next(&rule, day * DAY_MS - 1);
        return next_ms == RECUR_NEVER ? INT64_MAX : next_ms / DAY_MS;
    }
    for (int i = 0; i < 7; i++, day++)
        if (routine->weekdays & (1U << civil_weekday(day)))
            return day;
    return INT64_MAX;
}

/* --- Days of the week --- */

/* Without what only leads to them: "every", « le ». */
static const char *without_leading(struct turn *turn, const char *text)
{
    static const char *const leading[] = { "on", "every", "each", "from", "chaque",
                                           "le", "les",   "du",   "tous", NULL };
    const char *days = "";
    for (const char *at = text_fold(turn->arena, text); *at;) {
        size_t len = strcspn(at, " ");
        const char *word = arena_strndup(turn->arena, at, len);
        at = text_skip_space(at + len);
        if (!text_is_one_of(word, leading))
            days = arena_printf(turn->arena, "%s%s%s", days, *days ? " " : "", word);
    }
    return days;
}

/* "mondays", « lundis », as "monday": the days of hours_words.h have no plural. */
static const char *in_singular(struct turn *turn, const char *text)
{
    char *copy = arena_strdup(turn->arena, text), *to = copy;
    for (const char *c = text; *c; c++)
        if (*c != 's' || (c[1] && !strchr(" ,;&-", c[1])))
            *to++ = *c;
    *to = '\0';
    return copy;
}

/* Bits from Monday, of days in the singular; 0: it names none. Hours without a day are those of the working week. */
static unsigned days_named(struct turn *turn, const char *days)
{
    struct hours hours;
    unsigned bits = 0;
    const char *read = hours_words_read(turn->arena, arena_printf(turn->arena, "%s 9:00-10:00", days));
    if (!*days || !read || !hours_parse(read, &hours))
        return 0;
    for (int day = 0; day < 7; day++)
        bits |= hours.days[day].n ? 1U << day : 0;
    return bits;
}

/* "de", "et" lead to hours as well. */
bool routine_is_day_name(struct turn *turn, const char *word)
{
    enum { WORKING_WEEK = 0x1f };
    size_t len = strlen(word);
    const char *typed = arena_strndup(turn->arena, word, len - (len && word[len - 1] == ','));
    const char *days = in_singular(turn, text_fold(turn->arena, typed));
    unsigned bits = strchr(days, ' ') ? 0 : days_named(turn, days);
    return bits && (bits != WORKING_WEEK || strchr(days, '-'));
}

static unsigned read_weekdays(struct turn *turn, const char *text)
{
    static const char *const working[] = {
        "day",        "working day",   "workday",     "weekday",         "daily",
        "jour",       "quotidien",     "quotidienne", "jour de travail", "jour travaille",
        "jour ouvre", "jour ouvrable", NULL
    };
    const char *days = in_singular(turn, without_leading(turn, text));
    return text_is_one_of(days, working) ? EVERY_DAY : days_named(turn, days);
}

/* --- Another rhythm --- */

/* With that behind the days, and before what bounds them: "from 30 november". */
static const char *with_words(struct turn *turn, const char *text, const char *words)
{
    static const char *const bounds[] = { "from", "starting", "a", "except", "sauf", NULL };
    const char *at = strchr(text, ' ');
    while (at &&
           !text_is_one_of(text_fold(turn->arena, arena_strndup(turn->arena, at + 1, strcspn(at + 1, " "))),
                           bounds))
        at = strchr(at + 1, ' ');
    size_t len = at ? (size_t)(at - text) : strlen(text);
    return arena_printf(turn->arena, "%.*s %s%s", (int)len, text, words, text + len);
}

/* The days alone count: a time of its own makes a rule that is in no doubt. */
static struct recur_reading read_rule(struct turn *turn, const struct routine *routine, const char *text)
{
    struct recur_reading reading = turn_read_rule(turn, with_words(turn, text, "at 09:00"));
    /* "every two weeks": a weekly is of Mondays. */
    if (reading.result == WHEN_ASK && reading.n_candidates == 1 && strcmp(routine->kind, "weekly") == 0) {
        struct recur_reading monday = turn_read_rule(turn, with_words(turn, text, "on monday at 09:00"));
        if (monday.result == WHEN_AT)
            return monday;
    }
    return reading;
}

/* Hours are no days, and a routine goes on until somebody ends it. */
static bool is_of_days(const struct recur *rule)
{
    return rule->unit != RECUR_HOUR && !rule->has_end && !rule->count;
}

static void keep_rule(struct turn *turn, const struct recur *read, struct routine *routine)
{
    struct recur rule = *read;
    routine->weekdays = EVERY_DAY;
    routine->rule = NULL;
    if (rule.every == 1 && rule.unit <= RECUR_WEEK) {
        routine->weekdays = rule.unit == RECUR_WEEK ? rule.weekdays : EVERY_DAY;
        return;
    }
    memcpy(rule.zone, "UTC", sizeof "UTC");
    rule.n_minutes = 1;
    rule.minutes[0] = rule.start.minute = 0;
    routine->rule = arena_strdup(turn->arena, recur_write(&rule).text);
}

static void ask_which(struct turn *turn, const struct routine_options *options, struct recur_reading *reading)
{
    const char *choices[RECUR_CANDIDATES_MAX + 1] = { NULL }, *line[] = { "", "", "", "" };
    struct json_object *values = values_new(), *list = json_object_new_array();
    const char *const typed[] = { options->command, options->before_days, options->behind_days,
                                  options->questions };
    for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++)
        line[i] = typed[i] ? turn_without_slots(turn, typed[i]) : "";
    for (size_t i = 0; i < reading->n_candidates; i++) {
        struct recur *rule = &reading->candidates[i];
        struct json_object *row = json_object_new_object();
        rule->n_minutes = 0;
        json_set_str(row, "rule", recur_say(turn->arena, turn->lang, rule, turn->now_ms));
        json_object_array_add(list, row);
        choices[i] = arena_printf(turn->arena, "%s %s%s %s%s", line[0], line[1],
                                  recur_type(turn->arena, rule, turn->now_ms), line[2], line[3]);
    }
    const char *text = text_clean(turn->arena, options->texts[OPTION_ON]);
    json_set_str(values, "text", text_shorten(turn->arena, text, 40));
    json_set(values, "choices", list);
    turn_ask(turn, (struct question){ .template_name = "routine/which-days",
                                      .values = values,
                                      .choices = choices,
                                      .completes = arena_printf(turn->arena, "%s %s" TURN_SLOT " %s%s",
                                                                line[0], line[1], line[2], line[3]) });
}

bool routine_read_days(struct turn *turn, const struct routine_options *options, struct routine *routine)
{
    const char *text = options->texts[OPTION_ON];
    unsigned weekdays = read_weekdays(turn, text);
    if (weekdays) {
        routine->weekdays = weekdays;
        routine->rule = NULL;
        return true;
    }
    struct recur_reading reading = read_rule(turn, routine, text);
    if (*reading.subject)
        return false;
    if (reading.result == WHEN_AT && is_of_days(&reading.rule)) {
        keep_rule(turn, &reading.rule, routine);
        return true;
    }
    if (reading.result == WHEN_ASK && reading.n_candidates && is_of_days(&reading.candidates[0]))
        ask_which(turn, options, &reading);
    return false;
}
