/*
 * intake - the rooms as the intake of events sees them, and the transaction that an answer shares.
 *
 * Shape:   one `place` for each room that is spoken of, cached. A transaction is opened when the first write
 * is due (intake_begin), and left open for who takes the answer, who adds the sync position and commits.
 * Units:   *_ms by client->now_ms.
 * Owns:    the places. Borrows the client and what the settings point to.
 * Errors:  the store's, at intake_commit; then has_failed stays until intake_reload: nothing of what was
 * begun happened, and nothing of it is remembered.
 * Bounds:  PLACES_MAX idle places; those that wait for something stay.
 * Source:  architecture.md "applied once", "gaps hold their room only".
 */
#ifndef MATRIX_INTAKE_H
#define MATRIX_INTAKE_H

#include "base/bounds.h"
#include "base/buf.h"
#include "engine/engine.h"
#include "matrix/client.h"

struct crypto;

struct intake_settings {
    /* The engine's three answers; functions, so that a test can be one. only_stops: all it can do is hold
     * something up, so it may be applied before what came earlier and is not yet known; NULL: never. */
    bool (*wants)(struct engine *engine, const struct event *event);
    bool (*only_stops)(struct engine *engine, const struct event *event);
    enum turn_result (*apply)(struct engine *engine, const struct event *event, int64_t now_ms);

    /* A turn waits for a number: the event is held, and tried again now and then. May be NULL. */
    void (*on_waits)(void *data, const char *room_id, const struct event *event);
    void (*on_own_event)(void *data, int64_t room, const char *event_id, const char *txn,
                         const char *content_txn);
    bool (*may_invite)(void *data, const char *user_id);
    struct crypto *crypto; /* borrowed; NULL: no encryption */
    void *data;
};

/* A request made for a room, again and again until it succeeds. */
struct job {
    uint64_t request; /* 0: none in flight */
    int attempts;
    int n_refusals; /* in a row */
    int64_t next_ms;
};

struct intake;

struct place {
    struct place *next; /* in its bucket */
    struct intake *intake; /* borrowed */
    char *room_id; /* owned */
    int64_t row; /* 0: the store does not know it */
    bool is_joined;
    bool has_gap; /* on hold until it is filled */
    bool is_without_members; /* its people are being asked for */
    int64_t members_until_ms; /* on hold for them until then; 0: not */
    bool is_queued; /* something of it waits in the inbox, or may */
    int64_t last_key; /* of the newest held event; 0: ask the inbox */
    int64_t waits_until_ms; /* an event of it waits for a number */
    int n_empty_pages; /* of its gap, one after the other */
    char *
        page_mark; /* owned: a page token passed before, to find out that the walk goes in circles; NULL: none */
    unsigned n_pages; /* of its gap, in this life of the program */
    struct job gap, members;
};

enum {
    PLACE_BUCKETS = 1024,
    MEMBERS_HOLD_MS = 30000,
};

struct intake {
    struct client *client; /* borrowed */
    struct intake_settings settings;
    struct place *buckets[PLACE_BUCKETS];
    size_t n_places;
    bool is_busy; /* some place may wait for something */
    bool is_careful; /* crashes came before: each event is marked on the disk before its turn */
    bool is_marking; /* likewise what waited in the inbox when the program last ended uncleanly */
    struct buf marked; /* ids that this program has marked, each with a line's end: it is not its own end */
    bool has_failed; /* the store could not be written */
    int64_t not_before_ms; /* then nothing is tried again until this instant; 0: it may be */
    bool has_new_invites;
    struct arena *arena; /* owned; for one event */
};

struct intake *intake_create(struct client *client, const struct intake_settings *settings);
/* NULL does nothing. Jobs in flight are cancelled. */
void intake_destroy(struct intake *intake);
/* Rolls back what is open and takes everything anew from the store: at the start, and after a failure. */
void intake_reload(struct intake *intake);

/* Finds it, or loads it from the store. Valid until intake_reload or intake_trim. */
struct place *intake_place(struct intake *intake, const char *room_id);
/* Forgets idle places if there are too many. */
void intake_trim(struct intake *intake);
void intake_each(struct intake *intake, void (*visit)(struct place *place, void *data), void *data);
bool place_is_on_hold(const struct place *place);
void place_cancel_jobs(struct place *place);
/* The walk through its gap begins, or has ended. */
void place_forget_walk(struct place *place);

void intake_begin(struct intake *intake);
/* In a transaction: facts_apply, and who shares keys of the room hears of it. */
bool intake_apply_fact(struct place *place, struct json_object *event);
/* Commits, if anything was written; else ends the transaction without a write. False: has_failed. */
bool intake_commit(struct intake *intake);

/* When to try again after a failed attempt, on top of what the homeserver asked for. */
int64_t intake_retry_ms(const struct intake *intake, int attempts);

/* False for a while after the store could not be written. */
bool intake_may_work(const struct intake *intake);
/* The earliest instant at which a place can go on, by a job that may be started or by what waits in the inbox;
 * INT64_MAX: none, or another answer will wake us. */
int64_t intake_next_ms(struct intake *intake);
/* See client_clock_moved. */
void intake_clock_moved(struct intake *intake, int64_t by_ms);

#endif
