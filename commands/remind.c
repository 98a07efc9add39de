/* !remind me WHAT WHEN - says it again when its hour has come, to the one who asked. */
#include <string.h>

#include "base/text.h"
#include "commands/commands.h"
#include "engine/when.h"

enum { REMINDER_SET = 1, REMINDER_SAID, REMINDER_CANCELLED, REMINDER_STATES };

static struct json_object *card(struct turn *turn, struct item *item, const char **template_out)
{
    *template_out = "reminder/card";
    struct json_object *values = values_new();
    json_set_str(values, "id", item->name);
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_bool(values, item->habit->state_names[item->state], true);
    json_set(values, "subject", values_text(item_field(turn, item, "subject"), 280));
    json_set(values, "owner", values_person(turn, item->owner));
    json_set(values, "deadline", values_time(turn, item->deadline_ms, item->deadline_zone));
    return values;
}

static struct json_object *record(struct turn *turn, struct item *item)
{
    const char *template_name;
    return card(turn, item, &template_name);
}

static enum outcome say_it(struct turn *turn, struct item *item, const struct act_request *request)
{
    (void)request;
    const char *template_name;
    struct json_object *values = card(turn, item, &template_name);
    if (turn->outage.to_ms)
        json_set_bool(values, "late", true);
    item_set_state(turn, item, REMINDER_SAID);
    turn_say(turn, (struct say){ .step = "due",
                                 .template_name = "reminder/due",
                                 .values = values,
                                 .item = item->id,
                                 .reply = item_thread(turn, item),
                                 .mentions = (const char *[]){ item->owner, NULL },
                                 .role = "ping" });
    return OUTCOME_DONE;
}

static enum outcome cancel(struct turn *turn, struct item *item, const struct act_request *request)
{
    item_remove_timer(turn, item, NULL);
    item_set_state(turn, item, REMINDER_CANCELLED);
    item_show_card(turn, item);
    if (request->door == DOOR_COMMAND) {
        const char *template_name;
        struct json_object *values = card(turn, item, &template_name);
        turn_answer(turn, template_name, values);
    }
    return OUTCOME_DONE;
}

static const struct transition transitions[] = {
    { STATE(REMINDER_SET), ACT_DEADLINE, WHO_ITSELF, say_it },
    { STATE(REMINDER_SET), ACT_CANCEL, WHO_OWNER, cancel },
    { 0, ACT_NONE, WHO_ITSELF, NULL },
};

static const char *const state_names[REMINDER_STATES] = {
    [REMINDER_SET] = "set", [REMINDER_SAID] = "said", [REMINDER_CANCELLED] = "cancelled"
};

const struct habit habit_reminder = {
    .prefix = "RMD",
    .folder = "reminder",
    .transitions = transitions,
    .open_states = STATE(REMINDER_SET),
    .state_names = state_names,
    .n_states = REMINDER_STATES,
    .card = card,
    .record = record,
};

/* "me", "moi": whom it is for. Reminding others is a task, and another habit's. */
static const char *skip_me(struct turn *turn, const char *text)
{
    size_t len = strcspn(text, " ");
    const char *word = text_fold_name(turn->arena, arena_strndup(turn->arena, text, len));
    return strcmp(word, "me") == 0 || strcmp(word, "moi") == 0 ? text_skip_space(text + len) : text;
}

static enum outcome remind(struct turn *turn, const struct request *request)
{
    const char *text = skip_me(turn, request->rest);
    struct when when = turn_read_tail(turn, text);
    const char *subject = when.subject ? when.subject : text;
    if (!*text || !*subject)
        return OUTCOME_USAGE;
    if (when.result != WHEN_AT || when.at_ms <= turn->now_ms) {
        if (when.result == WHEN_AT)
            when = (struct when){ .result = WHEN_ERROR, .fault = WHEN_PAST, .phrase = when.phrase };
        turn_ask_when(turn, &when,
                      arena_printf(turn->arena, "%s%s me %s %%s", turn_prefix(turn),
                                   command_shown_name(command_remind.names, turn->lang), subject),
                      0);
        return OUTCOME_DONE;
    }
    struct item *item = item_create(turn, &(struct item_new){ .habit = &habit_reminder,
                                                              .state = REMINDER_SET,
                                                              .owner = turn->event->sender,
                                                              .deadline_ms = when.at_ms,
                                                              .deadline_zone = turn->zone });
    if (!item)
        return OUTCOME_WAITS;
    item_set_field(turn, item, "subject", text_add(turn, turn->event->sender, subject));
    item_set_timer(turn, item, "due", when.at_ms, true);
    const char *template_name;
    struct json_object *values = card(turn, item, &template_name);
    item_set_card(turn, item, turn_answer(turn, template_name, values));
    return OUTCOME_DONE;
}

const struct command command_remind = {
    .topic = "remind",
    .names = { { "remind" }, { "rappel", "rappeler" } },
    .who = WHO_ANYBODY,
    .begins_items = true,
    .run = remind,
};
