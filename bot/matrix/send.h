/*
 * send - what stands in the outbox goes out, once, in order, when it may.
 *
 * Shape:   send_poke looks at the heads of the queues. What may go is sealed (its bytes frozen), all of one
 *          poke in one commit (or in that of the answer that caused it: send_seal), and PUT: rooms side by
 *          side, at most SEND_FLIGHTS at once, and SEND_URGENT_FLIGHTS more for what is urgent. Nothing is
 *          sealed or PUT before the generation was compared (send_open), before a sync was applied after a
 *          start or a loss (client.h), while the account is paused or a 429 runs. A 200 is written with the
 *          next commit; the row is DONE when its event comes back (send_saw_own_event), and is looked for
 *          when it does not, or before a late resend (readback.h).
 * Order:   what is urgent, then rooms in which something comes of what somebody said or did, then the oldest. After
 *          SEND_AHEAD_MAX rows the oldest room has its turn whatever comes of anything elsewhere, so what has N
 *          older ones before it leaves among the next 4 (N + 1) rows, or 11 (N + 1) where SEND_FLIGHTS leave at
 *          once. When the budget refuses a row, or no slot is free, no queued row of its lane or a slower one is
 *          looked at.
 * Units:   *_ms since 1970 UTC, the client's clock.
 * Owns:    its requests. Borrows the client.
 * Errors:  none to the caller: every failure is a state of a row, or a line in the log.
 * Source:  architecture.md from "causes make transaction ids" to "lanes"; matrix.md 3; trust.md A.3.
 */
#ifndef MATRIX_SEND_H
#define MATRIX_SEND_H

#include "base/bounds.h"
#include "matrix/client.h"
#include "matrix/seal.h"

enum {
    SEND_LATE_MS = 600000, /* a resend later than this is preceded by a look */
    SEND_ECHO_MS = 60000, /* then a 200 without an echo is looked after */
    SEND_ALARM_MS = 300000, /* then it is an error */
    SEND_BURST_DEFAULT = 10, /* Synapse's; refill 0.2 a second */
};

struct send_settings {
    double burst; /* either 0: the homeserver has no limit */
    double refill_per_s;
    const struct seal_cipher *cipher; /* NULL: seal_cipher_plain */
    /* An own event carries an id that no row knows: the store is an old copy. Called once. */
    void (*on_restored)(void *data);
    void *data;
};

struct send;
struct send *send_create(struct client *client, const struct send_settings *settings);
/* NULL does nothing. What is in flight is cancelled, and sent again by the next start. */
void send_destroy(struct send *send);

/* The generation was compared: rows may leave. is_restored: what was caused more than ten minutes ago is
 * looked for before it is sealed. */
void send_open(struct send *send, bool is_restored);
void send_close(struct send *send);
/* The last end was unclean: what waits now is marked on the disk before it is put into words, and parked once
 * it has ended the program three times. */
void send_mark_tries(struct send *send);

/* The token is about to be another: a homeserver may forget its transaction ids with it, so what was sealed up to now is
 * looked for before it goes again, after a restart too. False: that could not be written. */
bool send_token_ends(struct send *send);

void send_poke(struct send *send);
/* In the transaction of an answer of sync, after its last turn: what may go is sealed with it, as send_poke would do in a
 * commit of its own. Then send_sealed, which PUTs it if that transaction is on the disk. */
void send_seal(struct send *send);
void send_sealed(struct send *send, bool is_committed);
/* When it must be poked again, if nothing else happens; may be now or past; INT64_MAX: no need. */
int64_t send_next_ms(const struct send *send);

/* By sync, for each own event, inside or outside of a transaction. txn is unsigned.transaction_id or NULL,
 * content_txn io.greffier.txn of the content or NULL. */
void send_saw_own_event(struct send *send, int64_t room, const char *event_id, const char *txn,
                        const char *content_txn);

/* See client_clock_moved. */
void send_clock_moved(struct send *send, int64_t by_ms);

/* For a restored store, before the turn of a command older than ten minutes: did a life of it that was lost answer it
 * already? found gets an own event about its item, or NULL: there is none, or nobody may say (is_sure), or it could not
 * be learnt now. False: too many look already; true too if this cause is being looked for. Everything is borrowed for
 * the call. */
struct send_cause {
    const char *room_id;
    const char *event_id;
    const char *item; /* the uuid of the item that it opens */
    int64_t at_ms;
};
typedef void send_found_fn(void *data, const char *event_id, struct json_object *event, bool is_sure);
bool send_look_for_cause(struct send *send, const struct send_cause *cause, send_found_fn *found, void *data);

/* For health and for the end of the daemon. */
size_t send_n_in_flight(const struct send *send);
int64_t send_n_unconfirmed(const struct send *send); /* 200 for more than SEND_ALARM_MS, and never seen */

#endif
