/*
 * backup - the keys of rooms, kept at the homeserver for a machine that has lost them.
 *
 * Shape:   begins once the key of the backup lies in the secret storage, at each start, with one look at which version is
 *          current. None: ours is made. Ours, by its key and by the signature of our identity: what it lacks goes there, a
 *          batch at a time, BACKUP_DELAY_MS after the first that it lacks, and never on a turn's way. Another's: it is said, and left
 *          alone. What is there is marked in the room_key table, so that a bot that was killed goes on where it was.
 * Fetched: what an event waits for and no device has sent in a while, once in a life of the bot; at each start what waits
 *          since before. Only what one of our devices has put there is taken (backup_box.h).
 * Owns:    the settings crypto.backup (the version that is_backed speaks of) and trouble.backup, and room_key.is_backed.
 * Bounds:  BACKUP_*.
 * Source:  matrix.md 4.14.
 */
#ifndef MATRIX_CRYPTO_BACKUP_H
#define MATRIX_CRYPTO_BACKUP_H

#include "matrix/crypto/crypto_private.h"

enum {
    BACKUP_DELAY_MS = 10000, /* from a key to its way into the backup: more come with it */
    BACKUP_LATE_MS = 3000, /* from an event to the question for its key: most come by themselves */
    BACKUP_EACH_MS = 250, /* between two questions: anybody can write of keys that there are not */
};

struct backup *backup_create(void);
void backup_destroy(struct crypto *crypto);
/* The secret storage has the key. */
void backup_want(struct crypto *crypto);
/* There is a key that it may lack. */
void backup_note(struct crypto *crypto);
/* An event waits for this key. */
void backup_fetch(struct crypto *crypto, const char *room_id, const char *session_id);
void backup_poke(struct crypto *crypto);
int64_t backup_next_ms(const struct crypto *crypto);
void backup_clock_moved(struct crypto *crypto, int64_t by_ms);

#endif
