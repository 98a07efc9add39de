/*
 * commands - what the files of this folder export: one command, or one habit with its command, each.
 */
#ifndef COMMANDS_COMMANDS_H
#define COMMANDS_COMMANDS_H

#include "engine/command.h"

extern const struct command command_decide; /* decision_open.c */
extern const struct habit habit_decision; /* decision.c */
extern const struct command command_decisions;
extern const struct command command_show;
extern const struct command command_search;
extern const struct command command_remind;
extern const struct habit habit_reminder; /* reminder.c */
extern const struct command command_task; /* task_open.c */
extern const struct habit habit_task; /* task.c */
extern const struct command command_standup; /* routine_open.c, with the next */
extern const struct command command_weekly;
extern const struct command command_routine; /* routine_own.c */
extern const struct habit habit_routine; /* routine.c */
extern const struct habit habit_round; /* round.c */
/* round_blocker.c: the round that a task comes from, for templates; NULL: it comes from none. It is another one by now. */
struct json_object *round_of_task(struct turn *turn, const struct item *task);
void round_task_changed(struct turn *turn, const struct item *task);
extern const struct command command_mine;
extern const struct command command_undo;
extern const struct command command_urgent; /* escalation_open.c */
extern const struct habit habit_escalation; /* escalation.c */
extern const struct command command_chain;
extern const struct command command_rota;
extern const struct command command_room;
extern const struct command command_me;
extern const struct command command_away; /* away.c, with the next two */
extern const struct command command_back;
extern const struct command command_skip;
extern const struct command command_who;
extern const struct command command_forget;
extern const struct command command_help;

#endif
