#include "commands/table.h"

#include <stddef.h>

#include "commands/commands.h"

/* In the order in which help shows them. */
const struct command *const command_table[] = {
    &command_decide,  &command_decisions, &command_show, &command_search,  &command_task,
    &command_urgent,  &command_chain,     &command_rota, &command_standup, &command_weekly,
    &command_routine, &command_undo,      &command_mine, &command_remind,  &command_me,
    &command_away,    &command_back,      &command_skip, &command_who,     &command_forget,
    &command_room,    &command_help,      NULL,
};

const struct habit *const habit_table[] = { &habit_decision, &habit_reminder, &habit_task, &habit_escalation,
                                            &habit_routine,  &habit_round,    NULL };
