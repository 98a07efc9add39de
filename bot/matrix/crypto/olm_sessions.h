/*
 * olm_sessions - the ratchets between this device and others, in the store.
 *
 * Shape:   several may exist with one device, since both ends may begin one at once; the one to send with is the one that
 *          last opened something (or was made). What was opened once is known by its hash, for a week.
 * Owns:    the tables olm_session and olm_seen. All in a transaction.
 * Bounds:  OLM_SESSIONS_PER_DEVICE, the ones longest unused go.
 * Source:  matrix.md 4.5.
 */
#ifndef MATRIX_CRYPTO_OLM_SESSIONS_H
#define MATRIX_CRYPTO_OLM_SESSIONS_H

#include "matrix/crypto/crypto_private.h"

enum { OLM_SESSIONS_PER_DEVICE = 5 };

enum olm_opened {
    OLM_OPENED,
    OLM_SEEN, /* it was opened before */
    OLM_WEDGED, /* no session of ours opens it */
};

struct olm_message {
    const char *sender_curve;
    enum ratchet_kind kind;
    const char *body;
};

/* text_out lives in the arena. */
enum olm_opened olm_open(struct crypto *crypto, const struct olm_message *message, struct arena *arena,
                         const char **text_out, size_t *len_out);

/* The session to send with, for the caller to destroy; NULL: there is none. */
struct ratchet_session *olm_session_for(struct crypto *crypto, const char *curve25519);
/* New, or moved on: by sending it does not become the one to send with. */
void olm_session_keep(struct crypto *crypto, struct ratchet_session *session, const char *curve25519,
                      bool has_received);
/* How many were made since then. */
int64_t olm_n_made_since(struct crypto *crypto, const char *curve25519, int64_t since_ms);

#endif
