/*
 * private - the inside of an engine, for the files of the engine alone.
 */
#ifndef ENGINE_PRIVATE_H
#define ENGINE_PRIVATE_H

#include "base/secret.h"
#include "engine/command.h"
#include "store/timer.h"

struct engine {
    struct store *store; /* borrowed */
    struct engine_settings settings; /* its strings are borrowed */
    const struct command *const *commands; /* borrowed */
    const struct habit *const *habits; /* borrowed */
    struct arena *arena; /* owned; of the turn */
    unsigned char install[SECRET_KEY_BYTES]; /* makes transaction ids, for the life of the store */
};

/* The step of an edit, by the transaction id of what it edits: a row id is another one in a store that was put back. */
#define TURN_EDIT_STEP "edit %s"

/* A turn of no event yet, with the defaults of the configuration. */
struct turn engine_turn(struct engine *engine, int64_t now_ms);

/* fire.c: what a timer does; the timer is gone, unless that sets it again. */
void fire_timer(struct engine *engine, const struct timer *timer, int64_t now_ms, struct outage outage);
/* A store that was put back meets what was said since before its own timers: a decision that everybody saw adopted would
 * be extended, or blocked. So what it is seen to have done by then is done first, at its own time. */
void fire_before(struct engine *engine, int64_t at_ms);

/* ask.c: false: it is none of its timers. */
bool ask_timer(struct turn *turn, const struct timer *timer);

/* speak.c: what the values of a row, or of a page, refer to. */
struct speaker {
    struct engine *engine;
    const char *lang;
    struct arena *arena;
};
struct message_lookup speak_lookup(struct speaker *speaker); /* which outlives it */

/* dispatch.c: what the event means. TURN_NOTHING if nothing. */
enum turn_result dispatch_event(struct turn *turn);
bool dispatch_only_stops(struct engine *engine, const struct event *event, struct arena *arena);
bool dispatch_wants(struct engine *engine, const struct event *event, struct arena *arena);

#endif
