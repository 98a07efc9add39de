/*
 * room - what is known of rooms and of who is in them; facts from the homeserver or the console, choices of
 * the room.
 *
 * Rights:  levels follow the rules of room versions 1 to 12 (matrix.md 2.8): creators of a version 12 room
 * have more than anybody; an unknown version with an id without ':' follows 12. Owns:    the tables room,
 * member, person, invite. Texts are copied into the caller's arena.
 */
#ifndef STORE_ROOM_H
#define STORE_ROOM_H

#include <stddef.h>

#include "base/json.h"
#include "store/store.h"

enum { LEVEL_CREATOR = INT32_MAX };

struct room {
    int64_t id;
    const char *room_id;
    const char *membership; /* the bot's own: "join", "invite", "leave", "ban" */
    const char *name; /* NULL: none */
    const char *version;
    bool is_encrypted; /* once true, for ever */
    const char *lang; /* NULL: the default */
    const char *zone; /* NULL: the default */
    const char *country; /* whose holidays; NULL: the default */
    const char *kind; /* as frame.h names it; NULL: none was chosen */
    const char *gate; /* as frame.h names it; NULL: gentle */
    const char *hint; /* "on": who cries is shown the way (frame.h); NULL: not */
    const char *progress; /* minutes; NULL: the default (frame.h) */
    const char *answer; /* hours within which one answers here; NULL: those of its kind */
    const char *dm_person; /* NULL: not a direct room, or one with a third person in it by now */
    int64_t hold_since_ms; /* 0: not on hold */
    const char *successor; /* room id that replaces it, or NULL */
};

/* Finds, or makes, the row. */
int64_t room_ensure(struct store *store, const char *room_id);
/* 0 if there is none. */
int64_t room_find(struct store *store, const char *room_id);
bool room_get(struct store *store, int64_t id, struct arena *arena, struct room *out);

/* It is a direct room, and nobody else is in it or asked into it. */
bool room_is_direct(struct store *store, int64_t id);

/* One text column by name: name, version, lang, zone, country, kind, answer, progress, gate, hint, dm_person, membership, joined_event,
 * gap_from, gap_to, successor, predecessor, visibility (of what was said before one came). value NULL clears. Writes nothing
 * if it is so already. */
void room_set(struct store *store, int64_t room, const char *column, const char *value);
char *room_value(struct store *store, int64_t room, const char *column, struct arena *arena);
void room_set_encrypted(struct store *store, int64_t room);
/* After how long, and how many messages, a room's key is replaced; 0: it asks for nothing of its own. */
void room_set_rotation(struct store *store, int64_t room, int64_t rotate_ms, int64_t rotate_n);
void room_set_hold(struct store *store, int64_t room, int64_t since_ms); /* 0: released */

/* Content of m.room.power_levels (NULL: no such event) and the creators, for the levels below. */
void room_set_power(struct store *store, int64_t room, struct json_object *content);
void room_set_creators(struct store *store, int64_t room, struct json_object *user_ids);
int64_t room_level(struct store *store, int64_t room, const char *person);
/* What is needed to send an event of this type. */
int64_t room_level_to_send(struct store *store, int64_t room, const char *type, bool is_state);
bool room_may_send(struct store *store, int64_t room, const char *person, const char *type, bool is_state);
/* kick, redact, ban, invite; or notifications/room. */
int64_t room_level_for(struct store *store, int64_t room, const char *action);

/* membership of others and of the bot alike. name NULL: none. Returns true if membership changed. */
bool room_set_member(struct store *store, int64_t room, const char *person, const char *membership,
                     const char *name);
/* "join", "leave"...; NULL if never seen. */
char *room_membership(struct store *store, int64_t room, const char *person, struct arena *arena);
bool room_has_joined(struct store *store, int64_t room, const char *person);
/* When they left, as the event says; for the order of what they said before that and is heard of after it. */
void room_note_left(struct store *store, int64_t room, const char *person, int64_t at_ms);
/* They are in it, or have left since that instant: what they said then was let in by the homeserver. Not if banned. */
bool room_was_in(struct store *store, int64_t room, const char *person, int64_t at_ms);
int64_t room_n_joined(struct store *store, int64_t room);
/* Display name, else the localpart; with the id behind it if somebody else in the room is called so too. */
char *room_person_name(struct store *store, int64_t room, const char *person, struct arena *arena);

struct person_list {
    const char **ids;
    size_t n;
};
bool person_list_has(const struct person_list *list, const char *person);
/* Joined people in order of their ids, bots, ghosts and the bot itself included; at most max. */
struct person_list room_joined(struct store *store, int64_t room, struct arena *arena, size_t max);
/* Joined people whose localpart, full id or display name is `word`, compared folded. */
struct person_list room_find_person(struct store *store, int64_t room, const char *word, struct arena *arena);

bool person_is_bot(struct store *store, const char *person);
void person_set_bot(struct store *store, const char *person);

#endif
