/*
 * room_keys - what lets this device read what others say in encrypted rooms.
 *
 * Shape:   a key is of one room and one session, and remembers which device delivered it, as Olm has proven: only that
 *          device's owner can have said what it opens. The better of two keys for one session reaches further back, and is
 *          of the same ratchet and the same device. Each message that was read is noted by its index: the same one under
 *          another event id is somebody's replay.
 * Owns:    the tables room_key and room_index. All in a transaction.
 * Bounds:  ROOM_KEYS_PER_PERSON; more are dropped. ROOM_INDEX_UNWRITTEN.
 * Source:  matrix.md 4.7; trust.md B.2 rows 3 and 4.
 */
#ifndef MATRIX_CRYPTO_ROOM_KEYS_H
#define MATRIX_CRYPTO_ROOM_KEYS_H

#include "matrix/crypto/crypto_private.h"

enum {
    ROOM_KEYS_PER_PERSON = 10000,
    ROOM_INDEX_UNWRITTEN = 256 /* notes that wait for a commit; beyond: they make one */
};

/* Which device delivered it. */
struct room_key_owner {
    const char *person;
    const char *curve25519;
    const char *ed25519;
};

/* From the content of an m.room_key that came encrypted. True: it is new, or better than what was there. */
bool room_key_take(struct crypto *crypto, struct json_object *content, const struct room_key_owner *owner);

struct room_key {
    struct ratchet_in *ratchet; /* owned */
    struct room_key_owner owner; /* in the arena */
};
/* The same of one that a device of ours was given, and put into the backup. */
bool room_key_restore(struct crypto *crypto, const char *room_id, const char *session_id,
                      const struct room_key *key);
/* False: there is none. ratchet is the caller's to destroy. */
bool room_key_find(struct crypto *crypto, const char *room_id, const char *session_id, struct arena *arena,
                   struct room_key *out);

/* True: this event is the only one with this index. Written with the next commit, which is also the first that could keep the
 * sync position from bringing the event again. */
bool room_index_note(struct crypto *crypto, const char *session_id, uint32_t index, const char *event_id);

#endif
