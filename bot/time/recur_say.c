/* A rule said back, by the patterns of templates/LANG/words/recurrence.txt, and as it could be typed. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "time/recur_words.h"
#include "time/timewords.h"
#include "words/message.h"
#include "words/words.h"

enum { DAY_END_MINUTE = 1439, LAST_DAY = 31, SHORTEST_MONTH = 28, TYPED_MAX = 1024 };

static struct words_place in_rules(const char *lang, const char *key)
{
    return (struct words_place){ lang, "recurrence", key };
}

static struct words_place in_dates(const char *lang, const char *key)
{
    return (struct words_place){ lang, "dates", key };
}

/* --- Said --- */

struct saying {
    struct arena *arena;
    const char *lang;
    const struct recur *rule;
    int64_t now_ms;
};

/* Takes the values over. */
static char *fill(const struct saying *s, const char *key, struct json_object *values)
{
    char *text = message_fill(s->arena, s->lang, words_get(s->arena, in_rules(s->lang, key)), values);
    json_object_put(values);
    return text;
}

static char *join(const struct saying *s, const char *key, struct json_object *list)
{
    struct json_object *values = json_object_new_object();
    json_set(values, "list", list);
    return fill(s, key, values);
}

static const char *say_moment(const struct saying *s, struct recur_moment moment, const char *form)
{
    struct timewords_instant instant = {
        .lang = s->lang,
        .zone = s->rule->zone,
        .at_ms = recur_instant(s->rule, moment),
        .now_year = timewords_year(s->rule->zone, s->now_ms),
    };
    return timewords_text(s->arena, &instant, form);
}

static char *say_times(const struct saying *s)
{
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < s->rule->n_minutes; i++)
        json_add_str(list, timewords_clock(s->arena, s->lang, s->rule->minutes[i]));
    return join(s, "list", list);
}

/* Days that were left out when it was set; NULL if none is still to come. One that was skipped shows in what comes next. */
static char *say_exceptions(const struct saying *s)
{
    struct json_object *list = json_object_new_array();
    int64_t today = recur_moment_of(s->rule, s->now_ms).day;
    for (int i = 0; i < s->rule->n_exceptions; i++)
        if (s->rule->exceptions[i].minute == RECUR_WHOLE_DAY && s->rule->exceptions[i].day >= today)
            json_add_str(list, say_moment(s, (struct recur_moment){ s->rule->exceptions[i].day, 0 }, "day"));
    if (json_object_array_length(list) > 0)
        return join(s, "list", list);
    json_object_put(list);
    return NULL;
}

static struct json_object *day_names(const struct saying *s)
{
    struct json_object *list = json_object_new_array();
    for (size_t day = 0; day < 7; day++)
        if (s->rule->weekdays & 1U << day)
            json_add_str(list, words_nth(s->arena, in_dates(s->lang, "days_long"), day));
    return list;
}

static void set_word(const struct saying *s, struct json_object *values, const char *name,
                     struct words_place list, int number)
{
    if (number > 0)
        json_set_str(values, name, words_nth(s->arena, list, (size_t)number - 1));
}

/* 14 in a date; where the language has a list of them, the 14th alone. */
static void set_day_number(const struct saying *s, struct json_object *values, int day)
{
    const char *number =
        day == 1 ? words_get(s->arena, in_dates(s->lang, "first")) : arena_printf(s->arena, "%d", day);
    json_set_str(values, "date_number", number);
    json_set_str(values, "number", number);
    if (words_find(s->arena, in_rules(s->lang, "days_of_month")))
        set_word(s, values, "number", in_rules(s->lang, "days_of_month"), day);
}

/* on the first Monday of every month: the values of its parts. */
static char *say_days(const struct saying *s)
{
    static const char *const keys[] = { "hour", "day", "workday", "week", "month", "year" };
    const struct recur *rule = s->rule;
    struct json_object *values = json_object_new_object();
    json_set_int(values, "n", rule->every);
    json_set_bool(values, "is_one", rule->every == 1);
    json_set_bool(values, "is_range", rule->weekdays == RECUR_MONDAY_TO_FRIDAY);
    json_set_bool(values, "is_working", recur_counts_working_days(rule));
    json_set_str(values, "days", join(s, "list", day_names(s)));
    json_set_str(values, "the_days", join(s, "the_list", day_names(s)));
    set_word(s, values, "nth", in_rules(s->lang, "nth"),
             rule->nth == RECUR_LAST ? RECUR_NTH_MAX + 1 : rule->nth);
    set_day_number(s, values, rule->day);
    set_word(s, values, "month", in_dates(s->lang, "months_long"), rule->month);
    set_word(s, values, "of_month", in_rules(s->lang, "of_months"), rule->month);
    json_set_bool(values, "is_last_day", rule->day == LAST_DAY && !rule->month);
    json_set_bool(values, "is_late", rule->day > SHORTEST_MONTH && rule->day < LAST_DAY && !rule->month);
    return fill(s, keys[rule->unit], values);
}

char *recur_say(struct arena *arena, const char *lang, const struct recur *rule, int64_t now_ms)
{
    struct saying s = { arena, lang, rule, now_ms };
    struct json_object *values = json_object_new_object();
    json_set_str(values, "days", say_days(&s));
    if (rule->n_minutes)
        json_set_str(values, "times", say_times(&s));
    if (rule->has_end)
        json_set_str(values, "until",
                     say_moment(&s, rule->end, rule->end.minute == DAY_END_MINUTE ? "day_long" : "long"));
    json_set_str(values, "except", say_exceptions(&s));
    json_set_int(values, "count", rule->count);
    return fill(&s, "rule", values);
}

/* --- Typed: in English, which is read in every room, with nothing left to the language --- */

static const char *const day_texts[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
static const char *const nth_texts[] = { "first", "second", "third", "fourth" };
static const char *const month_texts[] = { "january",   "february", "march",    "april",
                                           "may",       "june",     "july",     "august",
                                           "september", "october",  "november", "december" };

static void type_moment(struct buf *buf, const struct recur *rule, struct recur_moment moment)
{
    struct civil c = civil_from_day(moment.day);
    buf_printf(buf, "%04d-%02d-%02d", c.year, c.month, c.day);
    if (moment.minute == RECUR_WHOLE_DAY)
        return;
    buf_printf(buf, " %02d:%02d", moment.minute / 60, moment.minute % 60);
    /* Intervals of hours count in UTC. */
    buf_printf(buf, " %s", rule->unit == RECUR_HOUR ? "UTC" : rule->zone);
}

static void type_weekdays(struct buf *buf, const char *before, unsigned weekdays)
{
    for (int day = 0; day < 7; day++) {
        if (!(weekdays & 1U << day))
            continue;
        buf_printf(buf, "%s%s", before, day_texts[day]);
        before = ", ";
    }
}

static void type_days(struct buf *buf, const struct recur *rule)
{
    static const char *const units[] = { "hours", "days", "working days", "weeks", "months", "years" };
    buf_printf(buf, "every %d %s", rule->every, units[rule->unit]);
    if (rule->nth) {
        buf_printf(buf, " on the %s", rule->nth == RECUR_LAST ? "last" : nth_texts[rule->nth - 1]);
        if (recur_counts_working_days(rule))
            buf_puts(buf, " working day");
        else
            type_weekdays(buf, " ", rule->weekdays);
    }
    if (rule->unit == RECUR_WEEK)
        type_weekdays(buf, " on ", rule->weekdays);
    if (rule->day)
        buf_printf(buf, " on the %d", rule->day);
    if (rule->month)
        buf_printf(buf, " %s%s", rule->nth ? "of " : "", month_texts[rule->month - 1]);
}

char *recur_type(struct arena *arena, const struct recur *rule, int64_t now_ms)
{
    struct buf buf;
    buf_init(&buf, TYPED_MAX);
    type_days(&buf, rule);
    for (int i = 0; i < rule->n_minutes; i++)
        buf_printf(&buf, "%s%02d:%02d", i ? " and " : " at ", rule->minutes[i] / 60, rule->minutes[i] % 60);
    if (rule->n_minutes)
        buf_printf(&buf, " %s", rule->zone);
    if (recur_instant(rule, rule->start) > now_ms) {
        buf_puts(&buf, " from ");
        type_moment(&buf, rule, rule->start);
    }
    if (rule->has_end) {
        buf_puts(&buf, " until ");
        type_moment(&buf, rule, rule->end);
    }
    for (int i = 0; i < rule->n_exceptions; i++) {
        buf_puts(&buf, i ? " and " : " except ");
        type_moment(&buf, rule, (struct recur_moment){ rule->exceptions[i].day, RECUR_WHOLE_DAY });
    }
    if (rule->count)
        buf_printf(&buf, " %d times", rule->count);
    char *text = arena_strdup(arena, buf.text);
    buf_finish(&buf);
    return text;
}
