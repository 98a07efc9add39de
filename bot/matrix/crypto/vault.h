/*
 * vault - boxes of a secret storage: what lies at the homeserver, and nobody opens without the key that people keep.
 *
 * Shape:   pure. A description lets a key be tried without opening anything; each secret has a box of its own, bound to its
 *          name: none can be passed off as another. What is read comes from a homeserver that may lie.
 * Owns:    nothing; texts live in the caller's arena, objects are the caller's to put.
 * Missing: passphrases: the key behind one is asked for instead.
 * Source:  matrix.md 4.13; Matrix specification, "m.secret_storage.v1.aes-hmac-sha2".
 */
#ifndef MATRIX_CRYPTO_VAULT_H
#define MATRIX_CRYPTO_VAULT_H

#include "base/json.h"
#include "base/secret.h"

struct json_object *vault_describe(const unsigned char key[SECRET_KEY_BYTES]);
/* Whether the description is of this key. Not if it says nothing to try it by. */
bool vault_fits(struct json_object *description, const unsigned char key[SECRET_KEY_BYTES]);
struct json_object *vault_seal(const unsigned char key[SECRET_KEY_BYTES], const char *name,
                               const char *secret);
/* NULL: another key, another name, or damaged. */
char *vault_open(struct arena *arena, const unsigned char key[SECRET_KEY_BYTES], const char *name,
                 struct json_object *box);

#endif
