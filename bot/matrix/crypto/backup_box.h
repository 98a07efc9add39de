/*
 * backup_box - one key of a room as it lies in the account's key backup.
 *
 * Shape:   pure. The format is everybody's (m.megolm_backup.v1.curve25519-aes-sha2), and lets whoever knows the public key
 *          (the homeserver does) put keys of their own there. So each of ours says, inside, which person's device delivered
 *          it, and carries a keyed hash of all that it says, by a key that only the private half gives. What does not is
 *          not taken: it could be anybody's, and would speak in somebody's name.
 * Owns:    objects are the caller's to put; texts live in the arena.
 * Missing: keys that other clients of the account have put there.
 * Source:  matrix.md 4.7, 4.14; trust.md B.2 row 3.
 */
#ifndef MATRIX_CRYPTO_BACKUP_BOX_H
#define MATRIX_CRYPTO_BACKUP_BOX_H

#include "matrix/crypto/room_keys.h"

#define BACKUP_ALGORITHM "m.megolm_backup.v1.curve25519-aes-sha2"

/* The private key of the backup. */
struct backup_key {
    unsigned char secret[SECRET_KEY_BYTES];
    const char *public_key; /* in the arena it was made in */
};

/* What a version of the backup says of itself, signed by nobody yet. */
struct json_object *backup_auth(const struct backup_key *key);
struct json_object *backup_seal(const struct backup_key *key, const char *room_id, const char *session_id,
                                const struct room_key *room_key);
/* False: it is none of ours. out->ratchet is the caller's to destroy. */
bool backup_open(const struct backup_key *key, const char *room_id, const char *session_id,
                 struct json_object *object, struct arena *arena, struct room_key *out);

#endif
