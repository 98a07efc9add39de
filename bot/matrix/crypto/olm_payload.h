/*
 * olm_payload - what stands inside a message from device to device: made for ours, checked in others'.
 *
 * Shape:   pure. The ciphertext proves which Curve25519 key sent it, and nothing else: sender, recipient and both Ed25519
 *          keys are said inside, so that nobody can pass a message on as their own. Where it carries its sender's device,
 *          that must be theirs in every part.
 * Owns:    nothing; texts are borrowed from the JSON.
 * Errors:  false: to be discarded.
 * Source:  matrix.md 4.5; trust.md B.1 (CVE-2025-48937, CVE-2026-45056).
 */
#ifndef MATRIX_CRYPTO_OLM_PAYLOAD_H
#define MATRIX_CRYPTO_OLM_PAYLOAD_H

#include "base/json.h"
#include "matrix/crypto/device.h"

struct olm_ends {
    const char *sender; /* who the homeserver says sent it, or we */
    const char *sender_curve; /* proven by the ratchet */
    const char *recipient;
    const char *recipient_ed;
};

struct olm_payload {
    const char *type;
    struct json_object *content;
    const char *sender_ed;
    struct json_object *sender_device; /* as device_read takes it; NULL: it carries none */
    const char *sender_device_id; /* of sender_device */
};

bool olm_payload_read(struct json_object *payload, const struct olm_ends *ends, struct olm_payload *out);
/* For the caller to put. device: our own, with all its signatures. */
struct json_object *olm_payload_make(const struct olm_ends *ends, const char *sender_ed, const char *type,
                                     struct json_object *content, struct json_object *device);

#endif
