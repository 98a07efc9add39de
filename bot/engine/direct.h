/*
 * direct - messages to one person: the room for them is found, or wanted.
 *
 * Shape:   a direct room is a room row with dm_person. One that does not exist yet is "wanted": the transport makes it
 *          and invites the person (direct_next_wanted, direct_made, direct_refused). What is said in it waits in the
 *          outbox until the person has joined, so that an uninvited person gets nothing but the invitation.
 *          A person who leaves has ended it: what waits there is withdrawn, and the next message wants a new one.
 * Source:  architecture.md "Engine", product.md "A room's words stay in it".
 */
#ifndef ENGINE_DIRECT_H
#define ENGINE_DIRECT_H

#include "engine/turn.h"

/* The room for messages to this person, found or wanted; for turn_say's room. */
int64_t direct_room(struct turn *turn, const char *person);

/* For the transport, in a transaction of its own. The oldest wanted room; 0 if there is none. person is in arena. */
int64_t direct_next_wanted(struct store *store, struct arena *arena, const char **person_out);
/* A room that was made for that person by a request whose answer was lost: one of ours that is nobody's yet. NULL: there
 * is none; *is_unsure_out: there is one whose people are not known yet. The id is in arena. */
char *direct_find_made(struct store *store, const char *me, const char *person, struct arena *arena,
                       bool *is_unsure_out);
/* The room was made: it is this one from now on (a row that sync made meanwhile is merged into it). */
void direct_made(struct store *store, int64_t room, const char *room_id);
/* The person cannot be invited: what waited is withdrawn, with this reason. */
void direct_refused(struct store *store, int64_t room);
/* The person left, or the bot did. */
void direct_ended(struct store *store, int64_t room);

#endif
