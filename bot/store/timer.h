/*
 * timer - what is due when: one table for all habits.
 *
 * Shape:   key is the hash of the cause and the step that made the timer; with its due instant it is the cause
 *          of all that it does when it fires. what names the handler ("decision/close"); data is the habit's
 *          own.
 *          An urgent one waits for its barrier, or for a room on hold to be complete, for a bounded time only.
 * Units:   due_ms since 1970 UTC.
 * Source:  architecture.md "causes make transaction ids", "silence closes nothing that was not listened for".
 */
#ifndef STORE_TIMER_H
#define STORE_TIMER_H

#include "store/store.h"

struct timer {
    const char *key;
    int64_t due_ms;
    const char *what;
    int64_t item; /* 0: none */
    const char *person;
    const char *data;
    bool needs_barrier; /* fires only after a sync that was asked for after it came due */
    bool is_urgent;
    int64_t held_until_ms; /* tried and held: not before; 0: not held */
};

enum { TIMER_URGENT_BARRIER_MS = 2000, TIMER_URGENT_HOLD_MS = 10000 };

/* Sets, or moves, the timer of that key. */
void timer_set(struct store *store, const struct timer *timer);
void timer_remove(struct store *store, const char *key);
/* All of an item, or those of one kind of it (what NULL: all). */
void timer_remove_of(struct store *store, int64_t item, const char *what);
void timer_hold(struct store *store, const char *key, int64_t until_ms);
/* The first that is due and not held; timers that need a barrier only if their due_ms is before barrier_ms,
 * the time at which the newest applied barrier was asked for. Rooms on hold keep their items' timers back. Urgent ones
 * fire after TIMER_URGENT_BARRIER_MS without a barrier, and TIMER_URGENT_HOLD_MS after their room went on hold. */
bool timer_next_due(struct store *store, int64_t now_ms, int64_t barrier_ms, struct arena *arena,
                    struct timer *out);
/* When to look again: the next due or held-until instant, or when an urgent one has waited long enough; INT64_MAX if there
 * is none. */
int64_t timer_next_ms(struct store *store, int64_t after_ms);
/* Something that came due before then has not had its turn; what is held for good (until INT64_MAX) has. */
bool timer_is_left_before(struct store *store, int64_t before_ms);
/* The earliest timer that needs a barrier newer than barrier_ms: due or to come, not held, its room joined and not on
 * hold; INT64_MAX if none. One that has its barrier and waits for something else must not hide those after it. */
int64_t timer_next_barrier_ms(struct store *store, int64_t now_ms, int64_t barrier_ms);

#endif
