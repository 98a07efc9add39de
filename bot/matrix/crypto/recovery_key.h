/*
 * recovery_key - the key of a secret storage as people keep it: on paper, in groups of four.
 *
 * Shape:   pure. Base58 of two bytes that say what it is, the key, and a byte of parity: a mistake in one place is found.
 * Source:  matrix.md 4.13; Matrix specification, "Key representation".
 */
#ifndef MATRIX_CRYPTO_RECOVERY_KEY_H
#define MATRIX_CRYPTO_RECOVERY_KEY_H

#include "base/arena.h"
#include "base/secret.h"

char *recovery_key_write(struct arena *arena, const unsigned char key[SECRET_KEY_BYTES]);
/* However it is spaced. False: it is none. */
bool recovery_key_read(const char *text, unsigned char key[SECRET_KEY_BYTES]);

#endif
