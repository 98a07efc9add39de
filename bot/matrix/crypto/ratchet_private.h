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
/* A ciphertext or pickle of a length that can be one, in memory that libolm may destroy; NULL: it is none. */
char *ratchet_copy(struct arena *arena, const char *text, size_t max);

#endif
