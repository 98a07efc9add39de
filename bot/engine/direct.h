/*
 * direct - messages to one person: the room for them is found, or wanted.
 *
 * Shape:   a direct room is a room row with dm_person, in which nobody is but that person and the bot. One that does not
 *          exist yet is "wanted": the transport makes it and invites the person (direct_next_wanted, direct_made,
 *          direct_refused). What is said in it waits in the outbox until the person has joined, so that an uninvited
 *          person gets nothing but the invitation. A person who leaves, or refuses the invitation, has ended it: what
 *          waits there is withdrawn, the bot leaves too, and the next message wants a new one. Once a third person is
 *          let in it is a room like any other, and what waited goes to a new one.
 *          One that was made twice (nothing but sync tells of that) is left as soon as the person has come into either.
 * Missing: the invitation to a room that was left in that way stays open; nobody is spared further invitations after a refusal: direct messages answer what that person asked for.
 * Source:  architecture.md "Engine", product.md "A room's words stay in it".
 */
#ifndef ENGINE_DIRECT_H
#define ENGINE_DIRECT_H

#include "engine/turn.h"

/* The room for messages to this person, found or wanted; for turn_say's room. */
int64_t direct_room(struct turn *turn, const char *person);
/* The one that they have joined, 0 if there is none: who let the invitation lie is called where the items are. */
int64_t direct_open(struct turn *turn, const char *person);
/* Somebody else's membership changed in the turn's room. True if that meant something for a direct message. */
bool direct_heed(struct turn *turn, const char *person, const char *membership);

/* For the transport, in a transaction of its own. The next wanted room after that one, going round; 0 if there is none.
 * person is in arena. */
int64_t direct_next_wanted(struct store *store, int64_t after, struct arena *arena, const char **person_out);
/* The id of a room that is what this wanted room wants: it was made, and the answer to that was lost. NULL: none. */
char *direct_seen(struct store *store, int64_t room, struct arena *arena);
/* The room was made: it is this one from now on (a row that sync made meanwhile is merged into it). */
void direct_made(struct store *store, int64_t room, const char *room_id);
/* The person cannot be invited: what waited is withdrawn, with this reason. */
void direct_refused(struct store *store, int64_t room);

#endif
