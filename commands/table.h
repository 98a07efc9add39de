/*
 * table - the one list of commands and of habits; a new one is a line in table.c.
 */
#ifndef COMMANDS_TABLE_H
#define COMMANDS_TABLE_H

struct command;
struct habit;

extern const struct command *const command_table[];
extern const struct habit *const habit_table[];

#endif
