/*
 * crypto - this device among others: its keys at the homeserver, and all that encrypted rooms need.
 *
 * Shape:   crypto_take reads what an answer of sync says besides rooms, in that answer's transaction; crypto_poke starts
 *          the requests that are due. Nothing secret is kept in memory between two calls: each loads what it needs from
 *          the store, in its own transaction, so that memory and disk cannot differ after a commit that failed.
 * Device:  its keys belong to one device id. Another id (a new login) begins anew, and forgets the old one's sessions.
 * Units:   *_ms of the client's clock.
 * Owns:    its requests, the settings crypto.* and the tables that schema.c names with them. Borrows the client.
 * Errors:  none to the caller: what may pass is tried again with back-off; what cannot is said in the log once, and
 *          crypto_is_on is false from then on.
 * Source:  matrix.md 4.1, 4.2, 4.10.
 */
#ifndef MATRIX_CRYPTO_CRYPTO_H
#define MATRIX_CRYPTO_CRYPTO_H

#include "base/json.h"
#include "base/secret.h"
#include "matrix/client.h"

struct crypto;
/* key: of the secrets in the store (SECRET_KEY_BYTES); copied. */
struct crypto *crypto_create(struct client *client, const unsigned char *key);
/* NULL does nothing. Requests in flight are cancelled. */
void crypto_destroy(struct crypto *crypto);
bool crypto_is_on(const struct crypto *crypto);

/* An answer of sync that had been asked for at asked_ms. Begins a transaction if it has something to write and none is
 * open. */
void crypto_take(struct crypto *crypto, struct json_object *answer, int64_t asked_ms);
void crypto_poke(struct crypto *crypto);
/* When it must be poked again if nothing else happens; INT64_MAX: no need. */
int64_t crypto_next_ms(const struct crypto *crypto);
/* See client_clock_moved. */
void crypto_clock_moved(struct crypto *crypto, int64_t by_ms);

#endif
