/*
 * world - virtual time and what happens in it: a queue of things to come, the bot's machine, its lives.
 *
 * Shape:   one world to a process, for the bot's own seams (bot/loop.h, bot/matrix/http.h, SQLite's VFS) have no place
 *          to hand one through. Nothing passes while the bot works; when it sleeps (loop_wait) the world goes from one
 *          thing to the next until the bot has to wake. A life of the bot is one daemon_run; it ends by a signal, or
 *          by a death at any call that it makes to the world (world_call): then its memory is left behind, and the
 *          process of the seed takes it along at its end.
 * Units:   *_ms since 1970 UTC. now_ms is the true time; the bot's own clock may be ahead of it.
 * Errors:  world_fail prints the first violation and ends the process: the seed says the rest.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chance.h"

struct engine;
struct http;
struct store;

enum { EXIT_VIOLATION = 3 };

enum death { DEATH_NONE, DEATH_KILL, DEATH_POWER_CUT, DEATH_RESTORE };

struct world {
    uint64_t seed;
    int64_t start_ms, now_ms;
    int64_t faults_end_ms; /* from here on everything works */
    int64_t people_end_ms; /* from here on nobody says anything */
    int64_t end_ms;
    bool is_traced;
    const char *export_path; /* where the store goes when something is found; NULL: nowhere */
    bool is_ending; /* the last checks were made, the bot is told to stop */

    /* The bot's machine. */
    int64_t wall_ahead_ms;
    int64_t booted_ms;
    int64_t asleep_ms; /* how long it has slept, in all */
    bool is_kernel_synced;
    bool is_signalled, is_clock_set; /* for the next loop_wait */
    int64_t awake_from_ms; /* it sleeps until then */

    /* The life. */
    bool is_alive;
    int n_lives;
    int64_t born_ms;
    int64_t next_life_ms;
    int64_t away_ms; /* how long the bot stays away after its next end */
    enum death death; /* that comes when dies_in has run down; DEATH_NONE: none */
    int64_t dies_in; /* calls to the world */
    int64_t dies_again_in; /* calls of the life after; 0: it does not */
    int64_t allocation_fails_in; /* of SQLite; 0: one has failed, -1: none will */
    bool is_asking; /* the world asks the bot's store: no allocation of that fails */
    bool may_restore; /* the plan may put an old copy of the store in the place of the new one */
    bool was_restored, had_wrong_clock;
    bool wants_copy, has_copy; /* of the store, at the next end of a life */
    int64_t trouble_ms; /* when a call to the disk last failed */
    bool loses_next_event; /* the homeserver says 200 to the bot's next event, and loses it */
    bool hides_next_event; /* it takes it, and the bot hears nothing of that: faults_hide */
    struct store *store; /* of the life; NULL: there is none */
    struct engine *engine;
    struct http *http;

    uint64_t n_calls, n_wakes;
    int n_calls_awake; /* since the bot slept last */
    struct chance chance; /* what the bot's kernel gives it */
};

extern struct world world;

/* What happens. number is whatever who asked for it wants back. */
typedef void world_fn(void *data, int64_t number);
void world_at(int64_t at_ms, world_fn *happens, void *data, int64_t number);

/* Goes to the next thing if it is not later than until_ms; else to until_ms, and returns false. */
bool world_step(int64_t until_ms);

/* The bot calls out: here it may die. */
void world_call(void);
/* The bot dies now. Does not return. */
_Noreturn void world_die(void);
/* Runs it all, from the first life to the last check. */
void world_run(void);

/* Lines that a run is replayed by: the true time, then what happened. Only if traced. */
void world_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Something that must never be was seen. Does not return. */
_Noreturn void world_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
