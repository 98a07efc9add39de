/*
 * private - what engine.c shares with turn.c and dispatch.c, and nobody else.
 */
#ifndef ENGINE_PRIVATE_H
#define ENGINE_PRIVATE_H

#include "base/secret.h"
#include "engine/command.h"

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

/* dispatch.c: what the event means. TURN_NOTHING if nothing. */
enum turn_result dispatch_event(struct turn *turn);
bool dispatch_only_stops(struct engine *engine, const struct event *event, struct arena *arena);
bool dispatch_wants(struct engine *engine, const struct event *event, struct arena *arena);

#endif
