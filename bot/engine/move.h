/*
 * move - a room is replaced by another: its choices and its items go along.
 *
 * Shape:   the transport writes down what both rooms say of each other: the old one whose successor it has (room.successor,
 *          by somebody who may say so), the new one what it was before (room.predecessor). Only where both agree something
 *          moves: everybody may claim to be the successor of a room, or name any room as theirs.
 *          All items go, so that the register stays one; each open one gets a new card, since the old one cannot be
 *          edited any more. What waited to be said of them in the old room is said in the new one, in that card's thread.
 * Missing: an admin is not asked where they do not agree: the log says it, the words are not there.
 * Source:  architecture.md "Rooms that move"; matrix.md 2.8; trust.md B.2 row 12.
 */
#ifndef ENGINE_MOVE_H
#define ENGINE_MOVE_H

#include "engine/turn.h"

/* The row of the room that this one replaces, whose items are still there; 0: none. */
int64_t move_from(struct store *store, int64_t room);
/* In a turn of the new room: everything of that other room comes here. */
void move_items(struct turn *turn, int64_t from);

#endif
