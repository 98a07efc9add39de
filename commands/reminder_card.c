/* How a reminder looks: what, when, and when again. */
#include <string.h>

#include "commands/remind_private.h"
#include "time/recur_words.h"

enum { SUBJECT_CHARS = 280, NEXT_SHOWN = 3 };

static struct json_object *next_dates(struct turn *turn, const struct item *item,
                                      const struct reminder *reminder)
{
    struct json_object *list = json_object_new_array();
    int64_t at_ms = turn->now_ms;
    for (int i = 0; i < NEXT_SHOWN; i++) {
        at_ms = reminder_next_ms(turn, item, reminder, at_ms);
        if (at_ms == RECUR_NEVER)
            break;
        json_object_array_add(list, values_time(turn, at_ms, reminder->rule.zone));
    }
    return list;
}

static void add_rule(struct turn *turn, struct json_object *values, const struct item *item,
                     const struct reminder *reminder)
{
    const struct recur *rule = &reminder->rule;
    json_set_str(values, "rule", recur_say(turn->arena, turn->lang, rule, turn->now_ms));
    json_set(values, "next", next_dates(turn, item, reminder));
    if (rule->is_paused && !rule->is_paused_for_good)
        json_set(values, "until", values_time(turn, recur_instant(rule, rule->pause_until), rule->zone));
}

struct json_object *reminder_card(struct turn *turn, struct item *item, const char **template_out)
{
    struct reminder reminder = reminder_of(item);
    *template_out = "reminder/card";
    struct json_object *values = values_new();
    json_set_str(values, "id", item->name);
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_bool(values, item->habit->state_names[item->state], true);
    json_set(values, "subject", values_text(item_field(turn, item, "subject"), SUBJECT_CHARS));
    json_set(values, "owner", values_person(turn, item->owner));
    json_set(values, "deadline", values_time(turn, item->deadline_ms, item->deadline_zone));
    json_set(values, "author", values_person(turn, item->author));
    json_set_bool(values, "room", reminder.is_for_room);
    json_set_bool(values, "other", reminder_is_for_other(item));
    if (reminder.comes_back)
        add_rule(turn, values, item, &reminder);
    return values;
}

struct json_object *reminder_record(struct turn *turn, struct item *item)
{
    const char *template_name;
    return reminder_card(turn, item, &template_name);
}
