/*
 * timers - fires what is due, in commits of at most TIMERS_IN_COMMIT.
 *
 * Shape:   after an unclean end, what came due before the start is fired one by one, marked on the disk before; a timer
 *          that has ended the program three times is held for good, and stands in the store as such until its item gets
 *          another date.
 * Units:   *_ms since 1970 UTC.
 * Owns:    nothing; borrows the store and the engine.
 * Errors:  a store that fails is tried again after retry_ms.
 * Source:  architecture.md "applied once" (crashes count too), "The life of one message".
 */
#ifndef TIMERS_H
#define TIMERS_H

#include "engine/engine.h"

enum { TIMERS_KEY_BYTES = 64 };

struct timers {
    struct store *store;
    struct engine *engine;
    int64_t started_ms;
    int64_t heard_ms; /* since when what comes due can fire (lateness.h); 0: ever since */
    struct outage outage; /* before this start; all 0: none worth a word */
    int64_t retry_ms; /* the store could not be written: not before; 0: it could */
    char marked[TIMERS_KEY_BYTES]; /* the key that was marked last, and has not fired since; "": none */
    bool is_marking; /* the last end was unclean, and what was due then has not all had its turn */
};

/* Fires what is due now; nothing is written where a timer still waits for a barrier or for its room. barrier_ms: see
 * engine_timers. */
void timers_fire(struct timers *timers, int64_t now_ms, int64_t barrier_ms);

#endif
