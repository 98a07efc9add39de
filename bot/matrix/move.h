/*
 * move - tombstones: a room says that another replaces it, and the bot follows.
 *
 * Shape:   the successor is written down and joined (an invite of the store, so it is tried again and survives a restart),
 *          if whoever says so may send it. Once the bot is in, the room must name the old one as its predecessor: else it
 *          is left again. Where it is not followed, or left, the admins are asked; the engine moves what is in it
 *          (engine/move.h).
 * Source:  architecture.md "Rooms that move"; matrix.md 2.8.
 */
#ifndef MATRIX_MOVE_H
#define MATRIX_MOVE_H

#include "base/json.h"
#include "matrix/intake.h"

/* After the facts of an answer were applied: events of the state block, or of the timeline; NULL is none. */
void move_heed(struct place *place, struct json_object *events);
/* The bot came into a room: where it was followed into, and is not what it was said to be, it is left. In a
 * transaction. */
void move_arrives(struct place *place);

#endif
