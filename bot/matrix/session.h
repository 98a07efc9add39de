/*
 * session - who the bot is at its homeserver: made once, kept, and checked at each start.
 *
 * Shape:   blocking, before the loop runs and for `greffier login` and `check`. The device id is chosen and committed
 *          before the first login, so that a crash leaves no second device; the token is kept encrypted (secret.h).
 *          Where the store is an old copy (spent.h), opening makes another device.
 * Owns:    the settings session.* of the store, but for session.spent; writes send.token_ms with each token. Borrows the store and http.
 * Errors:  each result has its own advice in err; SESSION_AWAY may pass by itself, the others need somebody.
 * Source:  matrix.md 1; architecture.md "Control socket" (device id).
 */
#ifndef MATRIX_SESSION_H
#define MATRIX_SESSION_H

#include "base/secret.h"
#include "matrix/http.h"
#include "store/store.h"

enum session_result {
    SESSION_READY, /* the token is set, and it is ours */
    SESSION_AWAY, /* the homeserver cannot be reached, or is busy */
    SESSION_REFUSED, /* wrong password, wrong account, no homeserver, signed out: somebody must act */
    SESSION_STORE, /* the store could not be written */
};

struct session_settings {
    const char *url;
    const char *user; /* full Matrix id */
    const char *password; /* NULL: none */
    const char *access_token; /* NULL: none */
    const unsigned char *key; /* SECRET_KEY_BYTES */
};

/* Is this a homeserver at all? No token is needed. */
enum session_result session_find_server(struct http *http, const char *url, struct err *err);

/* The kept session, without asking the homeserver anything (sync asks whose it is before all else, and a server
 * that is away at the start is no reason not to start); or, if none is kept or another token was pasted, one made
 * from the password or the token. Says what to do if it is neither. A token is never shown to another address than
 * the one it came from. */
enum session_result session_open(struct store *store, struct http *http,
                                 const struct session_settings *settings, struct err *err);
/* Asks whose the opened session's token is. */
enum session_result session_verify(struct http *http, const struct session_settings *settings,
                                   struct err *err);
/* A new token: for the same device after a soft logout, for a new one if the homeserver has dropped the device or
 * is another one. */
enum session_result session_renew(struct store *store, struct http *http,
                                  const struct session_settings *settings, struct err *err);
/* The device id that is kept; NULL if there is none. */
char *session_device_id(struct store *store, struct arena *arena);

/* For `greffier check --online`: says each finding in a line, what is wrong and how to mend it; logs nobody in.
 * now_ms is this machine's clock, held against the homeserver's. Returns how many. */
typedef void session_say_fn(void *data, const char *finding);
int session_check(struct store *store, struct http *http, const struct session_settings *settings,
                  int64_t now_ms, session_say_fn *say, void *data);

#endif
