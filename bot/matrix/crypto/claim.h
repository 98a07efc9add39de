/*
 * claim - a first session with devices that there is none with, or whose sessions do not fit any more.
 *
 * Shape:   who wants one marks the device, the most urgent with the least claim_ms; one request asks for one-time keys of many. A device without a key is asked
 *          again after an hour. A wedged one gets a new session, and an m.dummy by which it learns of it: at once, even if
 *          the last session is young, but only so often in an hour.
 * Owns:    device.claim_ms and the table wedged.
 * Source:  matrix.md 4.4, 4.9.
 */
#ifndef MATRIX_CRYPTO_CLAIM_H
#define MATRIX_CRYPTO_CLAIM_H

#include "matrix/crypto/crypto_private.h"

struct claim *claim_create(void);
void claim_destroy(struct crypto *crypto);
enum { CLAIM_URGENT = -1, CLAIM_NOW = 0 }; /* as claim_ms */
/* Devices have been marked. */
void claim_want(struct crypto *crypto);
void claim_mend(struct crypto *crypto, const char *person, const char *curve25519);
void claim_poke(struct crypto *crypto);
int64_t claim_next_ms(const struct crypto *crypto);
void claim_clock_moved(struct crypto *crypto, int64_t by_ms);

#endif
