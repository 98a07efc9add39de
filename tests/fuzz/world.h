/*
 * world - an engine with rooms, people and items, for targets and tests that need more than one function.
 *
 * Shape:   alice (moderator), bob, carol, dan (who may not speak), robot (a bot) are joined in ops; eve left it, mallory
 *          was banned, ivan is invited; carol and zoe are alone in "calm"; bob has a direct room. DEC-1 of alice asks bob
 *          and carol until tomorrow noon. It is Tuesday 24 November 2026, 10:00 in Zurich.
 * Owns:    all of it, until world_destroy.
 */
#ifndef TESTS_FUZZ_WORLD_H
#define TESTS_FUZZ_WORLD_H

#include "base/arena.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "store/store.h"

#define WORLD_ME   "@greffier:x"
#define WORLD_OPS  "!ops:x"
#define WORLD_CALM "!calm:x"

struct world {
    struct store *store;
    struct engine *engine;
    struct arena *arena;
    int64_t ops, calm, direct;
    int64_t now_ms;
    int n_events;
};

/* path NULL: in memory. What it made is committed. */
struct world *world_create(const char *path);
void world_destroy(struct world *world);

extern const struct engine_settings world_settings;

/* Hands an event over; id, room (ops) and time are filled in where they are not given. In a transaction. */
enum turn_result world_event(struct world *world, struct event event);
/* A message of that person in ops. */
enum turn_result world_say(struct world *world, const char *person, const char *body);
/* All that waits in the outbox comes to its room. In a transaction. Returns how many rows did. */
int world_send_all(struct world *world);

/* What must be true of any store after anything; and every row of the outbox after `after` can be said, to people who may
 * hear it. */
void world_check_store(struct world *world);
void world_check_outbox(struct world *world, int64_t after);

#endif
