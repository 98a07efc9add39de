/*
 * devices - whose devices there are, as their owners' homeservers say and their owners have signed.
 *
 * Shape:   a person is tracked from the first time that their devices matter; from then on sync says when they changed,
 *          and they are asked for again (devices_query.c). A device never changes its keys: who says so lies, and the
 *          first ones stay. Whether its owner has signed it is judged by the owner's keys of the same answer.
 * Pinned:  the first master key seen of a person. Another one is taken, and said once, in the log and, DEVICES_ANEW_MS
 *          later, in the encrypted rooms of that person: they may have begun anew, and only people can tell. By then
 *          their client has signed its device by the new identity, so that they, whom it concerns most, can read it.
 * Owns:    the tables tracked, owner and device. All functions that write do so in a transaction.
 * Bounds:  DEVICES_PER_PERSON; more are not taken.
 * Source:  matrix.md 4.3.
 */
#ifndef MATRIX_CRYPTO_DEVICES_H
#define MATRIX_CRYPTO_DEVICES_H

#include "base/json.h"
#include "store/store.h"

enum { DEVICES_PER_PERSON = 200, DEVICES_ANEW_MS = 30000 };

struct device_row {
    const char *person;
    const char *device_id;
    const char *curve25519;
    const char *ed25519;
    bool is_signed; /* by its owner */
    bool is_gone; /* its owner's homeserver does not name it any more */
};

void devices_track(struct store *store, const char *person);
void devices_untrack(struct store *store, const char *person);
/* Nothing if nobody tracks them. */
void devices_changed(struct store *store, const char *person);
/* Tracked, and asked for since they last changed. */
bool devices_is_known(struct store *store, const char *person);

/* What /keys/query says of one person, who was tracked with n_told when it was asked: changes since then leave them
 * outdated. */
void devices_learn(struct store *store, const char *person, int64_t n_told, int64_t now_ms,
                   struct json_object *answer);

/* A device that says itself whose it is, in a message that it sent: known until its owner's homeserver is heard. */
void devices_meet(struct store *store, const char *person, const char *device_id, struct json_object *object);

/* The device of this person with this key; gone or not. */
bool devices_find(struct store *store, const char *person, const char *curve25519, struct arena *arena,
                  struct device_row *out);

#endif
