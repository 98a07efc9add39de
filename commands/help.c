/* !help - what this person may do here; !help X - two examples. */
#include <string.h>

#include "base/text.h"
#include "commands/commands.h"
#include "commands/escalation.h"

static struct json_object *help_row(struct turn *turn, const char *topic, const char *name)
{
    struct json_object *row = values_new();
    json_set_str(row, "name", name);
    json_set_bool(row, topic, true);
    json_set_str(row, "prefix", turn_prefix(turn));
    return row;
}

static enum outcome explain(struct turn *turn, const char *name)
{
    const char *prefix = turn_prefix(turn);
    const char *folded =
        text_fold_name(turn->arena, text_starts_with(name, prefix) ? name + strlen(prefix) : name);
    for (const struct command *const *command = turn_commands(turn); *command; command++)
        if (command_has_name(turn->arena, (*command)->names, folded)) {
            struct json_object *values = values_new();
            json_set_str(values, "prefix", prefix);
            turn_answer(turn, arena_printf(turn->arena, "help/%s", (*command)->topic), values);
            return OUTCOME_DONE;
        }
    const struct act_names *act = act_find_name(turn->arena, folded);
    if (!act)
        return OUTCOME_USAGE;
    turn_answer(turn, "help/act", help_row(turn, act->name, command_shown_name(act->names, turn->lang)));
    return OUTCOME_DONE;
}

static enum outcome help(struct turn *turn, const struct request *request)
{
    if (*request->rest)
        return explain(turn, request->rest);
    struct json_object *values = values_new();
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_bool(values, "room", turn->room.dm_person == NULL);
    json_set_bool(values, "urgent", turn->room.kind && strcmp(turn->room.kind, ESCALATION_ROOM) == 0);
    json_set_bool(values, "moderator", lifecycle_may(turn, NULL, turn->event->sender, WHO_MODERATOR));
    turn_answer(turn, "help/all", values);
    return OUTCOME_DONE;
}

const struct command command_help = {
    .topic = "help",
    .names = { { "help" }, { "aide" } },
    .who = WHO_ANYBODY,
    .run = help,
};
