/*
 * device - the keys of devices and of their owners, as JSON that is signed: made for our own, read from others.
 *
 * Shape:   pure. What is read comes from a homeserver that may lie: a device says whose it is, which it is and signs
 *          that; an owner's master key signs a self-signing key, and that one signs devices. What does not hold is not
 *          there. A device whose id is the owner's own key is none.
 * Owns:    nothing; texts are borrowed from the JSON that was read.
 * Source:  matrix.md 4.1-4.3, 4.11; trust.md B.1 (CVE-2026-45056: the user id inside the object).
 */
#ifndef MATRIX_CRYPTO_DEVICE_H
#define MATRIX_CRYPTO_DEVICE_H

#include "base/json.h"
#include "matrix/crypto/ratchet.h"

#define DEVICE_OLM    "m.olm.v1.curve25519-aes-sha2"
#define DEVICE_MEGOLM "m.megolm.v1.aes-sha2"

enum { DEVICE_ID_BYTES = 255 };

struct device_keys {
    const char *person;
    const char *device_id;
    const char *curve25519;
    const char *ed25519;
};

/* Our own, for the caller to put: signed by the account. */
struct json_object *device_make(struct ratchet_account *account, const char *me, const char *device_id);
/* The value of a signed_curve25519 key. */
struct json_object *device_make_one_time(struct ratchet_account *account, const char *me,
                                         const char *device_id, const char *curve25519, bool is_fallback);
/* Adds a signature by "ed25519:KEY_ID" of this person. */
void device_add_signature(struct json_object *object, const char *person, const char *key_id,
                          const char *signature);

/* Whether the object carries a good signature of this person by the key with this id. */
bool device_has_signature(struct json_object *object, const char *person, const char *key_id,
                          const char *ed25519);
/* False: it is none, not this one, or not signed by itself. */
bool device_read(struct json_object *object, const char *person, const char *device_id,
                 struct device_keys *out);
/* The Curve25519 key of a signed_curve25519 object of the device; NULL: not its own. */
const char *device_read_one_time(struct json_object *object, const struct device_keys *device);

/* The public key of a cross-signing object with this usage ("master", "self_signing"); NULL: it is none. */
const char *device_read_cross(struct json_object *object, const char *person, const char *usage);
/* The self-signing key, if the master key has signed it; NULL: it has not. */
const char *device_read_self_signing(struct json_object *object, const char *person, const char *master);

#endif
