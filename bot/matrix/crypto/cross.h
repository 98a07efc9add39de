/*
 * cross - the bot's own identity: three keys that sign for its devices, and its device signed by them.
 *
 * Shape:   at each start the homeserver is asked what it has. Nothing: the keys are made (kept before anybody sees them) and
 *          put there, and the device is signed. Ours: the device is signed, if it is not. Somebody else's: nothing is done,
 *          since replacing an identity is for people to decide; the device stays unsigned, and `greffier check` says so.
 * Secrets: identity.h; once the device is signed they go to the account's secret storage (storage.h).
 * Missing: the keys of others are signed by nobody.
 * Source:  matrix.md 4.11; MSC3967.
 */
#ifndef MATRIX_CRYPTO_CROSS_H
#define MATRIX_CRYPTO_CROSS_H

#include "matrix/crypto/crypto_private.h"

struct cross;
struct cross *cross_create(void);
void cross_destroy(struct crypto *crypto);
void cross_poke(struct crypto *crypto);
int64_t cross_next_ms(const struct crypto *crypto);
void cross_clock_moved(struct crypto *crypto, int64_t by_ms);

/* Adds the signature of our own identity to our own device, if there is one. */
void cross_sign_device(struct crypto *crypto, struct json_object *device);
/* The key that stands for this account, once it has signed for this device; NULL: it has not. */
char *cross_master(struct crypto *crypto, struct arena *arena);

#endif
