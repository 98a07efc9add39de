/*
 * to_device - messages from device to device: what sync brings, in its transaction, and what goes out.
 *
 * Shape:   in: opened, checked, and what it says taken; anything else is left out. Out: rows of sealed bytes, each PUT
 *          under its own transaction id until it is answered, what is urgent first; the ratchets have moved with their commit.
 * Owns:    the table to_device.
 * Errors:  a message that is refused (4xx) is dropped, and said in the log.
 * Source:  matrix.md 4.5, 4.10.
 */
#ifndef MATRIX_CRYPTO_TO_DEVICE_H
#define MATRIX_CRYPTO_TO_DEVICE_H

#include "matrix/crypto/crypto_private.h"
#include "matrix/crypto/devices.h"

/* The events of an answer of sync. */
void to_device_take(struct crypto *crypto, struct json_object *events);

/* Messages to several devices that go out in one request; in a transaction from begin to end. session: what it is that
 * they share, or NULL. */
struct to_device_batch {
    struct crypto *crypto;
    struct ratchet_account *account; /* owned */
    struct json_object *messages; /* owned */
    struct json_object *own_device; /* owned */
    size_t n;
};
bool to_device_begin(struct to_device_batch *batch, struct crypto *crypto);
/* False: there is no session with this device. */
bool to_device_add(struct to_device_batch *batch, const struct device_row *device, const char *type,
                   struct json_object *content);
void to_device_end(struct to_device_batch *batch, const char *session, bool is_urgent);

/* Of what is on its way, whether something shares this. */
bool to_device_is_pending(struct store *store, const char *session);
void to_device_poke(struct crypto *crypto);
int64_t to_device_next_ms(const struct crypto *crypto);

#endif
