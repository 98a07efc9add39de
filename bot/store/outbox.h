/*
 * outbox - what must be said, durable, each row with an end.
 *
 * Shape:   a row goes QUEUED -> ATTEMPTED (its bytes are frozen, it may have reached the server) -> SENT (a 200
 *          gave its event id) -> DONE (our own event came back in sync: bytes dropped, ids kept). Or it ends
 *          PARKED (the server refused it for good, reason says why; tried again when rights change), WITHDRAWN
 *          (moot before it was sealed) or UNKNOWN (its fate could not be learnt any more). Content is a
 *          template, its values and a language, rendered when the row is sealed, so that a redaction reaches
 *          what is not yet said. A call to somebody who is not to be called now is PARKED too, and held for them
 *          (outbox_hold) until their hour has come. thread, reply and target are event ids, or "@row:N" for what row N became.
 *          Order: within a room and lane by id; at most one row of a room and lane is ATTEMPTED; the next waits
 *          for the 200. A row that another refers to takes the lane of the one that waits for it.
 * Units:   *_ms since 1970 UTC.
 * Owns:    the tables outbox and quote. Row texts are copied into the caller's arena.
 * Source:  architecture.md "causes make transaction ids", "sealed late", "every row ends", "nothing moot goes
 *          out", "lanes"; trust.md A.3.
 */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include <stddef.h>

#include "store/store.h"

enum outbox_state {
    OUTBOX_QUEUED = 0,
    OUTBOX_ATTEMPTED = 1,
    OUTBOX_SENT = 2,
    OUTBOX_PARKED = 3,
    OUTBOX_DONE = 4,
    OUTBOX_WITHDRAWN = 5,
    OUTBOX_UNKNOWN = 6,
};

enum outbox_lane { OUTBOX_URGENT = 0, OUTBOX_NORMAL = 1, OUTBOX_LOW = 2 };

/* A redaction removes what somebody else said, target, an event id; reply is a row of ours that has to be there before: where
 * that one ended without an event, nothing is removed. */
enum outbox_kind { OUTBOX_MESSAGE = 0, OUTBOX_EDIT = 1, OUTBOX_REACTION = 2, OUTBOX_REDACTION = 3 };

struct outbox_row {
    int64_t id; /* 0 until it is queued */
    const char *txn; /* the Matrix transaction id, made by the engine from the cause */
    int64_t room;
    enum outbox_lane lane;
    enum outbox_kind kind;
    enum outbox_state state;
    int64_t item; /* 0: none */
    const char *cause;
    const char *step;
    int64_t cause_ms;
    /* Its cause is an event: the sync that brought it is its barrier, and no hold keeps it back. */
    bool is_from_event;
    const char *template_name;
    const char *lang;
    const char *values; /* JSON; texts of people stand in it as {"$text": id}; a reaction's key is in "key" */
    bool is_text; /* shown as m.text, else as m.notice; only with mentions does it notify */
    const char *mentions; /* JSON array of user ids; NULL: nobody */
    const char *thread;
    const char *reply;
    const char *
        target; /* what an edit replaces, a reaction annotates, a redaction removes, a message stands in for */
    const char *guard; /* "STEP" of item: withdrawn when that step is past; NULL: no transition drops it */
    int64_t valid_until_ms; /* 0: no end */
    const char *role; /* for the table message: "card", "answer", "ping", "say" */
    const char *bytes; /* the request body, from the seal until DONE */
    const char *event_id;
    int attempts;
    int64_t next_try_ms;
    int64_t created_ms;
    int64_t sealed_ms;
    int64_t sent_ms;
    bool is_moot; /* its guard fell after the seal: looked for, not sent again */
    const char *reason;
    const char *item_uuid; /* read only */
};

/* Queues; returns the id. A row whose txn is already there (the same cause and step) is that row: its id is
 * returned and nothing changes. */
int64_t outbox_queue(struct store *store, const struct outbox_row *row);

/* An edit of what row card became. Collapses into the newest row of that card that never reached the room:
 * QUEUED or PARKED (the card itself, or an edit of it): then only template, values and language change, and the lane if
 * that one was slower. Else queues as given, with kind EDIT and target "@row:card", in the lane of an edit that is on its
 * way: the newest has to come last. Returns the row that will carry it. */
int64_t outbox_edit(struct store *store, int64_t card, const struct outbox_row *row);

/* Withdraws the QUEUED and PARKED rows of item whose guard is `guard` (NULL: any guard), and marks moot those that were
 * sealed and have not been seen. */
void outbox_withdraw(struct store *store, int64_t item, const char *guard);
/* The newest row of that guard (NULL: any guard) that nobody has seen; 0: none. */
int64_t outbox_find_unseen(struct store *store, int64_t item, const char *guard);
/* The newest message of that guard that was said, or is to be; 0: none. */
int64_t outbox_newest_of(struct store *store, int64_t item, const char *guard);
/* The row that has what this message says now: its newest edit, or itself. */
int64_t outbox_as_edited(struct store *store, int64_t row);
/* The message row calls nobody, if it is not sealed yet. */
void outbox_hush(struct store *store, int64_t row);
/* The message row is to be said only if that old one was not: it waits for the end of the old one, and is withdrawn if
 * that is there. Where the old one stood in for another in vain, that one counts. */
void outbox_stand_in(struct store *store, int64_t row, int64_t old);
/* The same for what is not about an item: the rows of that role in a room. */
void outbox_withdraw_role(struct store *store, int64_t room, const char *role);
/* What was to remove this event is withdrawn: its author has done so. */
void outbox_withdraw_redaction(struct store *store, const char *event_id);
/* For a room that was left: QUEUED and PARKED rows are withdrawn, ATTEMPTED ones end UNKNOWN "left". */
void outbox_leave_room(struct store *store, int64_t room);

/* False if there is none. Texts live in arena. */
bool outbox_get(struct store *store, int64_t id, struct arena *arena, struct outbox_row *row_out);
/* The row that became this event; 0 if none. */
int64_t outbox_by_event(struct store *store, const char *event_id);
int64_t outbox_by_txn(struct store *store, const char *txn);

/* The heads of the queues: for each room that is joined (a direct one: by its person too, and by nobody else), and each
 * lane, the first row that is ATTEMPTED, or else the first QUEUED one whose references are known and whose next_try_ms has
 * come. Rows that are not from an event are left out while their room, or their item's, is on hold (an urgent one for
 * OUTBOX_URGENT_HOLD_MS at most). At most max rows: urgent first; then those of rooms in which something comes of an
 * event, so that who has said something does not wait behind all that is said unasked elsewhere; then oldest. Returns how many. */
enum { OUTBOX_URGENT_HOLD_MS = 10000, OUTBOX_LANES = OUTBOX_LOW + 1 };
struct outbox_asked {
    int64_t now_ms;
    bool no_pings; /* the clock is not to be believed: what notifies and is not urgent is left out too */
    bool is_by_age; /* answers are not preferred */
    int n_lanes_shut; /* of so many lanes, the slowest ones, QUEUED rows are not asked for */
};
struct outbox_head {
    int64_t id;
    enum outbox_lane lane;
    bool is_queued; /* else ATTEMPTED */
};
size_t outbox_heads(struct store *store, const struct outbox_asked *asked, struct outbox_head *heads_out,
                    size_t max);
/* QUEUED and PARKED rows whose valid_until_ms has come are withdrawn. Returns how many. */
int64_t outbox_expire(struct store *store, int64_t now_ms);
/* The next instant after now at which a live row may be tried, or an urgent one has waited for a hold long enough;
 * INT64_MAX if none. */
int64_t outbox_next_try_ms(struct store *store, int64_t now_ms);
/* The wall clock was set, by so much: tries, seals and 200s of live rows are counted on the new one. */
void outbox_clock_moved(struct store *store, int64_t by_ms);
/* At a start: no try or 200 of a live row lies in the future. */
void outbox_mend_times(struct store *store, int64_t now_ms);
/* QUEUED and ATTEMPTED rows; all, or (room not 0) of a room. */
int64_t outbox_n_live(struct store *store, int64_t room);
/* Their ids, at most max of them. */
size_t outbox_live(struct store *store, int64_t *ids_out, size_t max);
/* It was sent, or seen, and that waits for the next commit (outbox_sent, outbox_done): the row still says ATTEMPTED. */
bool outbox_is_answered(const struct store *store, int64_t id);
/* How many rows were sealed since since_ms: the store's part of the estimate of the homeserver's burst. */
int64_t outbox_n_sealed_since(struct store *store, int64_t since_ms);
/* The id of the newest row of all; 0 if there is none. */
int64_t outbox_newest(struct store *store);
/* SENT rows without an echo for longer than age, oldest first: to be looked for. */
size_t outbox_unconfirmed(struct store *store, int64_t sent_before_ms, int64_t *ids_out, size_t max);
int64_t outbox_n_unconfirmed(struct store *store, int64_t sent_before_ms);
/* When the oldest SENT row got its 200; 0 if there is none. */
int64_t outbox_oldest_sent_ms(struct store *store);

/* "@row:N" -> the event id that row N got; an event id stays itself; NULL if not known yet.
 * *is_gone_out: that row ended without an event, or is PARKED: the relation must be dropped. */
const char *outbox_resolve(struct store *store, const char *reference, struct arena *arena,
                           bool *is_gone_out);

/* The seal: the bytes are frozen, the row is ATTEMPTED. */
void outbox_seal(struct store *store, int64_t id, const char *bytes, int64_t now_ms);
/* An attempt without an answer, or a 429: the same bytes again, not before next_try_ms. */
void outbox_retry(struct store *store, int64_t id, int64_t next_try_ms);
/* 200. May be deferred to the next transaction (store_defer does that when none is open). Binds
 * message(event_id). */
void outbox_sent(struct store *store, int64_t id, const char *event_id, int64_t now_ms);
/* It was said in another room than it was to be said in now: from here on it is of that one. */
void outbox_was_said_in(struct store *store, int64_t id, int64_t room);
/* Our own event came back, whatever the row's state. Deferred likewise. */
void outbox_done(struct store *store, int64_t id, const char *event_id);
/* Our own event that no row knows: this store is an old copy. A row with that txn is DONE as soon as it is queued, so
 * that what was said to it meanwhile finds it. Deferred likewise; at most OUTBOX_SEEN_MAX are kept. */
void outbox_note_seen(struct store *store, const char *txn, int64_t room, const char *event_id);
/* A 200 was given, but the event is not there: ATTEMPTED again, with the same bytes. */
void outbox_lost(struct store *store, int64_t id);
/* Edits that wait for the row become part of it. */
void outbox_park(struct store *store, int64_t id, const char *reason);
void outbox_end(struct store *store, int64_t id, enum outbox_state state, const char *reason);
/* A QUEUED row waits, PARKED, until that person may be called; outbox_unpark leaves it alone. */
void outbox_hold(struct store *store, int64_t id, const char *person);
/* Its hour, due_ms, has come: QUEUED from then on. It is no answer any more, and waits for what its room waits for. */
void outbox_let_go(struct store *store, int64_t id, int64_t due_ms);
/* Withdraws what is held for that person about an item (0: none), with a reason. */
void outbox_withdraw_held(struct store *store, int64_t item, const char *person);
/* What is held for that person, oldest first; at most max. */
size_t outbox_held(struct store *store, const char *person, int64_t *ids_out, size_t max);
/* PARKED rows of a room become QUEUED again: rights changed there. Returns how many. */
int64_t outbox_unpark(struct store *store, int64_t room);

#endif
