/*
 * hold - why a room's newer events wait: a hole in its timeline, or people not yet known.
 *
 * Shape:   a gap lies between `to` (the sync position before it) and `from` (where the next older page
 * begins); it is walked backwards, and each event found gets the next lower order key (inbox.h). A room is
 * released (room_set_hold 0) when it has neither.
 * Said:    the timer table holds what the room is to be told of it (engine/own_up.h says it); data is the room's row and,
 * for what is lost, from when to when; for what is not read, whether nobody signed the device, and person is whose it is. It waits for no barrier and for no hold.
 * Owns:    the columns gap_* and has_members of the table room.
 * Source:  architecture.md "gaps hold their room only", "Facts that a turn needs".
 */
#ifndef STORE_HOLD_H
#define STORE_HOLD_H

#include <stddef.h>

#include "store/store.h"

struct gap {
    const char *from;
    const char *to; /* NULL: unknown, the walk ends elsewhere */
    int64_t key; /* of the oldest event that stands behind the gap so far */
    int64_t since_ms; /* nothing in it is older, whatever it claims */
};

/* False if the room has none. */
bool gap_get(struct store *store, int64_t room, struct arena *arena, struct gap *out);
/* NULL: it is filled, or given up. */
void gap_set(struct store *store, int64_t room, const struct gap *gap);

#define HOLD_SAYS   "room/hold" /* timers of that name: the room is on hold for a gap, still */
#define HOLD_ROLE   "hold" /* of the row that says so */
#define HOLD_LOST   "room/lost" /* what was said there for a while will never be known */
#define HOLD_UNREAD "room/unread" /* somebody's words, which came encrypted, are not read, still */

#define HOLD_POWERLESS "room/powerless" /* what is asked of the bot there, it may not do: remove messages */

#define HOLD_ANEW "room/anew" /* somebody's identity was made anew */

/* A gap began: at that instant the room says so, if it is not filled by then. */
void hold_say_at(struct store *store, int64_t room, int64_t at_ms);
/* The gap is over, or the bot is no longer there: what was to be said of it, or waits to be sent, is moot. */
void hold_say_nothing(struct store *store, int64_t room);
/* Said as soon as timers fire. */
void hold_say_lost(struct store *store, int64_t room, int64_t from_ms, int64_t to_ms);

/* What this person says there cannot be read: the room hears so at that instant, if it is so still; with is_unsigned,
 * because their device was not signed by them, which nothing but they can change. An earlier wish stands. */
void hold_say_unread(struct store *store, int64_t room, const char *person, bool is_unsigned, int64_t at_ms);

/* Another master key signs for this person than before: their encrypted rooms hear so at that instant, once. */
void hold_say_anew(struct store *store, const char *person, const char *master, int64_t at_ms);

/* The bot may not remove messages there: the room hears so, and its gate is another one, as soon as timers fire. */
void hold_say_powerless(struct store *store, int64_t room, int64_t now_ms);

/* All people of the room were read once since the bot came into it. */
bool room_has_members(struct store *store, int64_t room);
void room_set_has_members(struct store *store, int64_t room, bool has_members);

/* The wall clock was set, by so much: gaps and holds began by the new one. */
void hold_clock_moved(struct store *store, int64_t by_ms);

struct room_list {
    const char **ids; /* room ids */
    size_t n;
};
/* Rooms in which something waits: on hold, with rows in the inbox, or joined without known people. */
struct room_list hold_rooms(struct store *store, struct arena *arena);
/* Rooms the store believes to be joined. */
struct room_list hold_joined_rooms(struct store *store, struct arena *arena);

int64_t hold_n_joined(struct store *store);

#endif
