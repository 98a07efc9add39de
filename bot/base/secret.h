/*
 * secret - randomness, keyed hashes and sealed boxes, by OpenSSL's libcrypto.
 *
 * Owns:    nothing. Keys are 32 bytes, the caller's.
 * Source:  architecture.md "causes make transaction ids", "Store" (secrets are encrypted by a key outside the
 * file).
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum { SECRET_KEY_BYTES = 32 };

/* From the kernel; ends the program if there is none to be had. */
void secret_random(void *out, size_t len);
/* n_chars characters of A-Z a-z 0-9: for device ids and uuids. */
char *secret_random_id(struct arena *arena, size_t n_chars);
/* HMAC-SHA256 over the parts, each preceded by its length, as unpadded base64url; 32 characters of it. */
char *secret_hash(struct arena *arena, const unsigned char key[SECRET_KEY_BYTES], const char *const *parts,
                  size_t n_parts);
/* AES-256-GCM with a random nonce, as base64; open returns NULL if key or box is wrong. */
char *secret_seal(struct arena *arena, const unsigned char key[SECRET_KEY_BYTES], const char *text);
char *secret_open(struct arena *arena, const unsigned char key[SECRET_KEY_BYTES], const char *box);
/* In a time that says nothing of where they differ. */
bool secret_is_same(const char *a, const char *b);
/* Overwrites, and is not optimised away. */
void secret_wipe(void *memory, size_t len);

#endif
