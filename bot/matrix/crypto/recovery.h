/*
 * recovery - what `greffier login` does about the identity of the account: has it back by the recovery key, or gives the
 * recovery key of a new one to be shown.
 *
 * Shape:   blocking, before the loop runs, with a session. It asks the homeserver what the account has and writes the store;
 *          whatever is put to the homeserver is the daemon's to put (cross.h, storage.h).
 * Errors:  each result has its own advice in err.
 * Source:  matrix.md 4.11, 4.13.
 */
#ifndef MATRIX_CRYPTO_RECOVERY_H
#define MATRIX_CRYPTO_RECOVERY_H

#include "base/err.h"
#include "base/secret.h"
#include "matrix/http.h"
#include "store/store.h"

enum recovery_result {
    RECOVERY_READY, /* the store has all that the account has, or will have; or nothing there is encrypted */
    RECOVERY_WANTS_KEY, /* the account has secrets that only its recovery key opens */
    RECOVERY_AWAY, /* the homeserver did not answer: it may by itself */
    RECOVERY_REFUSED, /* this recovery key is of no use here */
    RECOVERY_STORE, /* the store could not be written */
};

struct recovery_settings {
    const char *user;
    const unsigned char *key; /* of the store's secrets; SECRET_KEY_BYTES */
    const char *recovery_key; /* as people keep it; NULL: none is given */
};

enum recovery_result recovery_open(struct store *store, struct http *http,
                                   const struct recovery_settings *settings, struct err *err);

/* The recovery key if nobody was shown it, in the arena, to be wiped; NULL: there is none, or somebody was. */
char *recovery_unshown(struct store *store, const unsigned char *key, struct arena *arena);
bool recovery_note_shown(struct store *store, struct err *err);

#endif
