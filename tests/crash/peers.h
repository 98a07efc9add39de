/*
 * peers - the devices of the people in encrypted rooms, in this process: they seal what people say, and read what the bot
 * says.
 *
 * Shape:   a device has one account, Olm sessions with the bot's device, and keys of rooms. Its owner has signed it. A
 *          message to it is opened when it comes, so that a ratchet that was used twice is seen at once.
 * Owns:    all of its devices. Borrows the homeserver, whose part it is (homeserver_keys.c).
 * Missing: devices among people: here they speak to the bot, and each other's words they know already.
 * Source:  matrix.md 4, by the ciphers of the bot (matrix/crypto/ratchet.h), which tests/oracle holds against another
 *          library's.
 */
#ifndef CRASH_PEERS_H
#define CRASH_PEERS_H

#include "homeserver.h"

struct peers;
struct peers *peers_create(struct homeserver *server);
/* NULL does nothing. */
void peers_destroy(struct peers *peers);
/* A new device of this person, signed by the identity that the first one makes. */
void peers_add(struct peers *peers, const char *person, const char *device_id);

/* As an m.room.encrypted event has it; takes content. Before it the key goes to the bot, if it has none yet. */
struct json_object *peers_seal(struct peers *peers, int room, const char *person, const char *type,
                               struct json_object *content);
/* The next message has a key of its own; is_anew: and comes through a new session between the two devices. */
void peers_begin_key(struct peers *peers, const char *person, bool is_anew);
/* From now on keys are not given, until they all are. */
void peers_hold_keys(struct peers *peers, const char *person);
void peers_give_keys(struct peers *peers, const char *person);
/* It has lost what it agreed on with the bot, as a device does whose store was put back. What the bot says until it has
 * heard so is read later, and all of it. */
void peers_forget_sessions(struct peers *peers, const char *person);

/* A message from the bot's device to this one. */
void peers_hear(struct peers *peers, const char *person, const char *device_id, struct json_object *content);
/* What the bot said, by each device of those who were in the room; and by none of those who were not. False: not so.
 * *clear_out is for the caller to put. */
bool peers_read(struct peers *peers, size_t event, struct json_object **clear_out, uint32_t *index_out);
/* Messages to devices that these could not open, though they had forgotten nothing, or had had a key since. */
int peers_n_wedged(const struct peers *peers);
/* What the bot said and a device cannot read by now that should: each of both once. */
int peers_n_unread(struct peers *peers);

#endif
