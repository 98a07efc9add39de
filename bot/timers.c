#include "timers.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/bounds.h"
#include "base/log.h"
#include "lateness.h"
#include "store/inbox.h"
#include "store/timer.h"

enum { TRIES_MAX = 3 };

/* False: nothing of it happened. */
static bool commit(struct timers *timers, int64_t now_ms)
{
    struct err err;
    if (store_commit(timers->store, &err))
        return true;
    log_error("%s", err.text);
    timers->retry_ms = now_ms + store_retry_ms(timers->store);
    return false;
}

/* When the next one could have fired; INT64_MAX: none can. */
static int64_t next_due_ms(struct timers *timers, int64_t now_ms, int64_t barrier_ms)
{
    struct arena *arena = arena_create();
    struct timer timer = { .due_ms = INT64_MAX };
    bool is_due = timer_next_due(timers->store, now_ms, barrier_ms, arena, &timer);
    int64_t due_ms = is_due && timer.held_until_ms > timer.due_ms ? timer.held_until_ms : timer.due_ms;
    arena_destroy(arena);
    return due_ms;
}

/* Returns how many; 0 if the store failed. The first of them is the one that is the latest. */
static size_t fire(struct timers *timers, int64_t now_ms, int64_t barrier_ms, size_t max, const char *marked)
{
    store_begin(timers->store);
    int64_t due_ms = next_due_ms(timers, now_ms, barrier_ms);
    size_t n = engine_timers(timers->engine, now_ms, barrier_ms, timers->outage, max);
    if (n)
        lateness_note(timers->store,
                      &(struct lateness){ .due_ms = due_ms, .now_ms = now_ms, .heard_ms = timers->heard_ms });
    if (n && marked)
        tries_clear(timers->store, "timer", marked);
    if (n == 0 && !store_failed(timers->store)) {
        store_rollback(timers->store);
        return 0;
    }
    return commit(timers, now_ms) ? n : 0;
}

/* False: it has had its tries, and is held, or the store failed. What a full disk undoes is tried again by the same program,
 * which it has not ended: that is no new try. */
static bool mark(struct timers *timers, const struct timer *timer, int64_t now_ms)
{
    if (strcmp(timers->marked, timer->key) == 0)
        return true;
    store_begin(timers->store);
    bool has_ended_it = tries_add(timers->store, "timer", timer->key) > TRIES_MAX;
    if (has_ended_it) {
        log_error("timer %s (%s, item %lld) ended the program %d times: it is held", timer->key, timer->what,
                  (long long)timer->item, TRIES_MAX);
        timer_hold(timers->store, timer->key, INT64_MAX);
        tries_clear(timers->store, "timer", timer->key); /* another date is another chance */
    }
    if (!commit(timers, now_ms))
        return false;
    snprintf(timers->marked, sizeof timers->marked, "%s", has_ended_it ? "" : timer->key);
    return !has_ended_it;
}

/* The next one is marked, and fires if it has tries left. False: none is due, or the store failed. */
static bool fire_marked(struct timers *timers, int64_t now_ms, int64_t barrier_ms, struct arena *arena)
{
    struct timer timer;
    if (!timer_next_due(timers->store, now_ms, barrier_ms, arena, &timer))
        return false;
    if (!mark(timers, &timer, now_ms))
        return timers->retry_ms == 0;
    if (!fire(timers, now_ms, barrier_ms, 1, timer.key))
        return false;
    *timers->marked = '\0';
    return true;
}

static void fire_all(struct timers *timers, int64_t now_ms, int64_t barrier_ms)
{
    while (timer_next_ms(timers->store, 0) <= now_ms &&
           fire(timers, now_ms, barrier_ms, TIMERS_IN_COMMIT, NULL) == TIMERS_IN_COMMIT)
        ;
}

static void fire_one_by_one(struct timers *timers, int64_t now_ms, int64_t barrier_ms)
{
    struct arena *arena = arena_create();
    while (fire_marked(timers, now_ms, barrier_ms, arena))
        arena_reset(arena);
    arena_destroy(arena);
    /* What waits for its room all the while may be the one: it is marked whenever it comes. */
    timers->is_marking = timer_is_left_before(timers->store, timers->started_ms);
}

void timers_fire(struct timers *timers, int64_t now_ms, int64_t barrier_ms)
{
    if (now_ms < timers->retry_ms)
        return;
    timers->retry_ms = 0;
    (timers->is_marking ? fire_one_by_one : fire_all)(timers, now_ms, barrier_ms);
}
