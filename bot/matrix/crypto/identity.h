/*
 * identity - the secrets of this account that outlive its devices: three keys that sign, the key of what is kept for a new
 * machine (backup), and the recovery key, by which all of them can be had back from the homeserver.
 *
 * Shape:   each a setting of the store, sealed by the key outside it: crypto.seeds, crypto.backup_key, crypto.recovery.
 *          They are made before anybody sees anything of them. The recovery key is shown once, by `greffier login`.
 * Owns:    those settings, and crypto.recovery_shown. Whoever loads secrets wipes them.
 * Errors:  false: there is none, or it was sealed by another key.
 * Source:  matrix.md 4.11, 4.13.
 */
#ifndef MATRIX_CRYPTO_IDENTITY_H
#define MATRIX_CRYPTO_IDENTITY_H

#include "base/json.h"
#include "base/secret.h"
#include "store/store.h"

/* MASTER signs the two others, SELF signs our devices; USER would sign other people's masters, and signs nobody's. */
enum identity_key { IDENTITY_MASTER, IDENTITY_SELF, IDENTITY_USER, IDENTITY_N_KEYS };
extern const char *const identity_usages[IDENTITY_N_KEYS]; /* "master"... */

/* The key of the secrets in crypto's tables, from that of the store's other secrets. */
void identity_derive_key(unsigned char out[SECRET_KEY_BYTES], const unsigned char key[SECRET_KEY_BYTES]);

struct identity {
    unsigned char seeds[IDENTITY_N_KEYS][SECRET_KEY_BYTES];
    const char *keys[IDENTITY_N_KEYS]; /* in the arena */
};

bool identity_load(struct store *store, const unsigned char key[SECRET_KEY_BYTES], struct arena *arena,
                   struct identity *out);
/* Those in seeds. In a transaction, as all that write. */
void identity_keep(struct store *store, const unsigned char key[SECRET_KEY_BYTES], struct arena *arena,
                   struct identity *identity);
void identity_make(struct store *store, const unsigned char key[SECRET_KEY_BYTES], struct arena *arena,
                   struct identity *out);

/* Adds the signature by one of them. */
void identity_sign(const struct identity *identity, enum identity_key key, struct json_object *object,
                   const char *me);
/* One of the three as it is published, for the caller to put. */
struct json_object *identity_object(const struct identity *identity, enum identity_key key, const char *me);

/* Single secrets of 32 bytes, by their settings. */
#define IDENTITY_BACKUP   "crypto.backup_key"
#define IDENTITY_RECOVERY "crypto.recovery"
bool identity_load_secret(struct store *store, const unsigned char key[SECRET_KEY_BYTES], const char *name,
                          unsigned char out[SECRET_KEY_BYTES]);
void identity_keep_secret(struct store *store, const unsigned char key[SECRET_KEY_BYTES], const char *name,
                          const unsigned char secret[SECRET_KEY_BYTES]);
/* Both are made, if there are none. */
void identity_need_secrets(struct store *store, const unsigned char key[SECRET_KEY_BYTES]);

#endif
