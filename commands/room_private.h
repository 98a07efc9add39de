/*
 * room_private - what the files of !room share: room.c (what is typed), room_show.c (how the frame looks).
 */
#ifndef COMMANDS_ROOM_PRIVATE_H
#define COMMANDS_ROOM_PRIVATE_H

#include "commands/commands.h"

/* What every template of the frame may name. */
struct json_object *room_values(struct turn *turn);
/* Answers with the frame; in full: with what is open and who may what, too. */
void room_answer(struct turn *turn, bool in_full);
/* Answers with the last changes of the frame. */
void room_answer_history(struct turn *turn);

#endif
