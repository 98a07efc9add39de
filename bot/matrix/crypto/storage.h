/*
 * storage - the account's secret storage: the bot's secrets at the homeserver, in boxes that its recovery key opens.
 *
 * Shape:   begins once this device is signed by an identity of ours, at each start, with one look. Where the account has no
 *          storage, one is made: its key's description, the secrets, and last of all the word that it is the default, so
 *          that none is ever half there. Where it has one that our recovery key opens, what is missing is added beside what
 *          others keep there. Any other is left alone, and `greffier check` says so; nothing is ever written over.
 * Owns:    the settings crypto.storage (the id of a storage that is whole) and trouble.storage.
 * Source:  matrix.md 4.13.
 */
#ifndef MATRIX_CRYPTO_STORAGE_H
#define MATRIX_CRYPTO_STORAGE_H

#include "matrix/crypto/crypto_private.h"
#include "matrix/crypto/identity.h"

#define STORAGE_DEFAULT "m.secret_storage.default_key"

/* What lies there, by the names of its account data; the last is the key of the backup. */
enum { STORAGE_BACKUP = IDENTITY_N_KEYS, STORAGE_N_SECRETS };
extern const char *const storage_secrets[STORAGE_N_SECRETS];

/* Account data whose value describes the key with this id. */
char *storage_key_type(struct arena *arena, const char *id);
char *storage_path(struct arena *arena, const char *me, const char *type);
/* From what lies under a secret's name. NULL: there is none for this key, or it does not open it. */
char *storage_open(struct arena *arena, const unsigned char recovery[SECRET_KEY_BYTES], const char *id,
                   const char *name, struct json_object *value);

struct storage *storage_create(void);
void storage_destroy(struct crypto *crypto);
/* The identity is ours, and this device is signed by it. */
void storage_want(struct crypto *crypto);
/* All secrets lie there. */
bool storage_is_whole(const struct crypto *crypto);
void storage_poke(struct crypto *crypto);
int64_t storage_next_ms(const struct crypto *crypto);
void storage_clock_moved(struct crypto *crypto, int64_t by_ms);

#endif
