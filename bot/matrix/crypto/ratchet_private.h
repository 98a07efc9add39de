/*
 * ratchet_private - what the parts of ratchet share.
 */
#ifndef MATRIX_CRYPTO_RATCHET_PRIVATE_H
#define MATRIX_CRYPTO_RATCHET_PRIVATE_H

#include <olm/olm.h>

#include "matrix/crypto/ratchet.h"

struct ratchet_account {
    OlmAccount *olm; /* owned */
};

struct ratchet_session {
    OlmSession *olm; /* owned */
};

/* What libolm refuses only where a caller is wrong. */
void ratchet_require(size_t result);
/* len random bytes, for the caller to give to ratchet_drop. */
void *ratchet_take_random(size_t len);
/* Wipes and frees. NULL does nothing. */
void ratchet_drop(void *memory, size_t len);
/* A ciphertext, key or pickle in memory that libolm may destroy; NULL: it is none, being empty, longer than max, or not the
 * one spelling in base64 of its bytes. libolm would take others: it looks at seven bits of a character, and at no padding. */
char *ratchet_copy(struct arena *arena, const char *text, size_t max);
/* Of a ciphertext: whole blocks, at least one. libolm writes a last block that is not whole beyond the plaintext, and of none
 * reads what stands before it. False for olm_error() too. */
bool ratchet_is_blocks(size_t len);

#endif
