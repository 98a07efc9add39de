/*
 * sync - keeps one /sync in flight and applies what comes, each answer in one commit.
 *
 * Shape:   who am I, then the filter (made once), then sync for ever. The first answer ever is state only.
 * An answer without an effect commits nothing: its position stays in memory and goes with the next commit, or
 * after POSITION_MS. A *fresh* request has a (since, timeout) pair that was never asked with before, so that
 * no cache can answer it; its answer is the barrier of architecture.md. It is used after a start, after the
 * homeserver could not be reached, and when a timer that came due needs one.
 * Units:   *_ms since 1970 UTC, client->now_ms.
 * Owns:    its request, the intake with its jobs, the invites. Borrows the client and the settings' data.
 * Errors:  none to the caller: what may pass is tried again with back-off; a store that fails moves nothing;
 * the state of the account is the client's.
 * Bounds:  answers of SYNC_BYTES; fresh requests at least FRESH_APART_MS apart; one request at a time.
 * Source:  architecture.md "silence closes nothing that was not listened for", "Commits"; matrix.md 1.7, 2.
 */
#ifndef MATRIX_SYNC_H
#define MATRIX_SYNC_H

#include "matrix/client.h"
#include "matrix/intake.h"

enum {
    SYNC_POLL_MS = 30000,
    SYNC_FRESH_APART_MS = 1000,
    SYNC_POSITION_MS = 300000,
};

struct sync_settings {
    struct intake_settings intake; /* on_own_event and may_invite get its data */
    /* Just before an answer's changes are committed, in their transaction, and just after. Both or neither may be NULL. */
    void (*before_commit)(void *data);
    void (*after_commit)(void *data, bool is_committed);
    /* Something was committed or released: timers may be due, rows may go. */
    void (*on_applied)(void *data);
    /* The token is somebody else's: nothing was done with it, nothing will be. Ends the program. */
    void (*on_wrong_account)(void *data, const char *what);
    void *data;
};

struct sync;
struct sync *sync_create(struct client *client, const struct sync_settings *settings);
/* NULL does nothing. Requests in flight are cancelled; what is not committed happens again. */
void sync_destroy(struct sync *sync);

/* Reads the store and lets sync_poke begin. */
void sync_start(struct sync *sync);
/* The clean end: the position is committed and the next start need not be careful. */
void sync_stop(struct sync *sync);
/* True if the program before this one ended without sync_stop. After sync_start. */
bool sync_was_unclean(const struct sync *sync);

/* Starts what may start. After http_work, at each wake-up. */
void sync_poke(struct sync *sync);
/* When it must be poked again if nothing else happens; may be now or past; INT64_MAX: no need. */
int64_t sync_next_ms(struct sync *sync);

/* The time at which the newest fresh answer that was applied had been asked for; 0: none. */
int64_t sync_barrier_ms(const struct sync *sync);
/* A timer due at due_ms needs a barrier asked for after that; INT64_MAX: none does. Replaces the last wish.
 */
void sync_want_barrier(struct sync *sync, int64_t due_ms);
bool sync_is_caught_up(const struct sync *sync);

/* See client_clock_moved. The barrier moves too: what was asked for before a deadline stays so. */
void sync_clock_moved(struct sync *sync, int64_t by_ms);

/* Numbers were reserved, or a look has ended: what waits for one is tried at once. */
void sync_numbers_came(struct sync *sync);

/* Pure: the timeout of the n-th fresh request with one position. Long polls use multiples of 1000 only. */
int sync_fresh_timeout(int64_t n);

#endif
