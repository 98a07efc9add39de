/*
 * move - a room is replaced by another: its choices and its items go along.
 *
 * Shape:   the transport writes down what both rooms say of each other: the old one whose successor it has (room.successor,
 *          by somebody who may say so), the new one what it was before (room.predecessor). Only where both agree something
 *          moves: everybody may claim to be the successor of a room, or name any room as theirs.
 *          All items go, so that the register stays one; each open one gets a new card, since the old one cannot be
 *          edited any more. What waited to be said of them in the old room is said in the new one, in that card's thread.
 *          Where they do not agree the admins are asked, each in a direct message; the first answer holds. What 1 or 2 runs
 *          is `!room follow OLD NEW` or `!room stay OLD NEW`, which is nobody's but an admin's, and only where it was asked.
 * Missing: of one room only MOVE_DOUBTS_MAX doubts are asked about, ever: the log has the others.
 * Source:  architecture.md "Rooms that move"; matrix.md 2.8; trust.md B.2 row 12.
 */
#ifndef ENGINE_MOVE_H
#define ENGINE_MOVE_H

#include "engine/turn.h"

enum { MOVE_DOUBTS_MAX = 3 };
#define MOVE_DOUBT_ROLE "doubt" /* in the table message */

/* The id of the event that a doubt is (EVENT_MOVE_DOUBTED): each is asked about once. */
const char *move_doubt_id(struct arena *arena, const char *old_room_id, const char *new_room_id);
/* Who said that the room is replaced: a user id, whose server knows the new one. In a transaction. */
void move_note_sender(struct store *store, const char *old_room_id, const char *sender);
char *move_sender(struct store *store, const char *old_room_id, struct arena *arena);
/* The new room names the old one as what it replaces, or an admin said to follow all the same. */
bool move_is_agreed(struct store *store, const char *old_room_id, const char *new_room_id);
/* In the turn of EVENT_MOVE_DOUBTED. False: there is nobody to ask, or that room has been asked about enough. */
bool move_ask(struct turn *turn);
/* An admin's answer, in the turn of the answer; false: this was not asked, or is not theirs to say. */
bool move_decide(struct turn *turn, const char *old_room_id, const char *new_room_id, bool is_followed);

/* The row of the room that this one replaces, by what move_is_agreed, whose items are still there; 0: none. */
int64_t move_from(struct store *store, int64_t room);
/* In a turn of the new room: everything of that other room comes here. */
void move_items(struct turn *turn, int64_t from);

#endif
