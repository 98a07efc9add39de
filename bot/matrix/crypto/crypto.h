/*
 * crypto - this device among others: its keys at the homeserver, theirs, and what is said in encrypted rooms.
 *
 * Shape:   crypto_take reads what an answer of sync says besides rooms, in that answer's transaction, before its events
 *          are read; crypto_poke starts the requests that are due. Nothing secret is kept in memory between two calls:
 *          each loads what it needs from the store, in its own transaction, so that memory and disk cannot differ after a
 *          commit that failed.
 * Device:  its keys belong to one device id. Another id (a new login) begins anew, and forgets the old one's sessions.
 * Units:   *_ms of the client's clock.
 * Owns:    its requests, the settings crypto.* and the tables that schema.c names with them. Borrows the client.
 * Errors:  none to the caller: what may pass is tried again with back-off; what cannot is said in the log once, and
 *          crypto_is_on is false from then on.
 * Missing: keys asked for by others, messages of the past for new members.
 * Source:  matrix.md 4.
 */
#ifndef MATRIX_CRYPTO_CRYPTO_H
#define MATRIX_CRYPTO_CRYPTO_H

#include "base/err.h"
#include "base/json.h"
#include "base/secret.h"
#include "matrix/client.h"
#include "matrix/seal.h"

struct crypto_settings {
    const unsigned char *key; /* of the secrets in the store (SECRET_KEY_BYTES); copied */
    const char
        *password; /* of the account, for homeservers that want it before they take an identity; NULL: none */
    bool is_lax; /* devices count that their owner has not signed */
    const char *const *admins; /* who may verify this bot; ends with NULL. NULL: nobody */
    const char *lang; /* of what other clients are told; NULL: English */
};

struct crypto;
struct crypto *crypto_create(struct client *client, const struct crypto_settings *settings);
/* NULL does nothing. Requests in flight are cancelled. */
void crypto_destroy(struct crypto *crypto);
bool crypto_is_on(const struct crypto *crypto);
/* What somebody can do something about, in words; NULL: nothing. */
const char *crypto_trouble(const struct crypto *crypto);
/* The store is an old copy: what was agreed on since is not known, and no ratchet of it may move again. Others are given new
 * ones. False: that could not be written. */
bool crypto_forget_sessions(struct crypto *crypto);

/* An answer of sync that had been asked for at asked_ms; is_first: it names everything, since there was no position. Begins
 * a transaction if it has something to write and none is open. */
void crypto_take(struct crypto *crypto, struct json_object *answer, int64_t asked_ms, bool is_first);
/* Who may read there may have changed, or from when on. */
void crypto_room_changed(struct crypto *crypto, int64_t room);
void crypto_poke(struct crypto *crypto);
/* When it must be poked again if nothing else happens; INT64_MAX: no need. */
int64_t crypto_next_ms(const struct crypto *crypto);
/* See client_clock_moved. */
void crypto_clock_moved(struct crypto *crypto, int64_t by_ms);

/* Reading */

enum crypto_read {
    CRYPTO_READ,
    CRYPTO_WAITS, /* for a key, or to hear whose device it is: *waits_out says for what */
    CRYPTO_REFUSED, /* it never counts: why is in the log */
    CRYPTO_UNSIGNED, /* nor does this, since its owner has not signed the device; which they can */
};
/* An m.room.encrypted event of this room. Begins a transaction if it has something to write that cannot wait for the next one:
 * what was read and is small talk costs no commit. READ: *clear_out is the same event as if it had come in
 * clear, for the caller to put. *waits_out lives in the arena. */
enum crypto_read crypto_read_event(struct crypto *crypto, const char *room_id, struct json_object *event,
                                   struct arena *arena, struct json_object **clear_out,
                                   const char **waits_out);
/* An event of a room as it was said or could be read: what belongs to a verification is taken by the next crypto_poke. */
void crypto_hear(struct crypto *crypto, int64_t room, struct json_object *event);
/* Called in a transaction when what an event waits for has come. */
typedef void crypto_known_fn(void *data, const char *what);
void crypto_listen(struct crypto *crypto, crypto_known_fn *known, void *data);

/* Whether a person has a device that may have keys. UNKNOWN: it is being asked for; when it is known the loop goes round. */
enum crypto_reach { CRYPTO_REACHES, CRYPTO_OUT_OF_REACH, CRYPTO_REACH_UNKNOWN };
enum crypto_reach crypto_can_reach(struct crypto *crypto, const char *person);

/* See vouch_answer. */
char *crypto_verify(struct crypto *crypto, const char *words, struct arena *arena);

/* Writing: what seals rows of encrypted rooms; others stay in clear. Borrows crypto. */
struct seal_cipher crypto_cipher(struct crypto *crypto);

#endif
