/*
 * year - a year of eight people in five time zones, with the engine, its store and its timers; no homeserver.
 *
 * Shape:   virtual time goes from one thing to the next: what somebody does, a timer, an outage's end. What the bot queues
 *          is in the room at once. Clocks and dates are the C library's, not the bot's: a date that the bot reckons is held
 *          against another implementation. Holidays are the bot's own table, which tests/oracle checks.
 * Units:   *_ms since 1970 UTC.
 * Errors:  year_fail keeps the first violation of a seed; the seed ends by itself soon after.
 */
#ifndef YEAR_H
#define YEAR_H

#include "base/arena.h"
#include "chance.h"
#include "engine/engine.h"
#include "store/outbox.h"
#include "store/room.h"
#include "store/store.h"
#include "store/timer.h"
#include "timers.h"

enum { PEOPLE = 8, ROOMS = 2, OUTAGES = 7, MINUTE_MS = 60000, HOUR_MS = 60 * MINUTE_MS };
#define DAY_MS INT64_C(86400000)

struct person {
    const char *id, *name;
    const char *zone;
    int hours; /* which of people.c's */
    const char *country; /* NULL: of no holidays */
    int64_t away_from_ms, away_until_ms; /* from_ms 0: here */
};

struct year {
    uint64_t seed;
    struct chance chance;
    struct store *store;
    struct engine *engine;
    struct arena *arena;
    struct timers timers;
    int64_t start_ms, end_ms, now_ms;
    int64_t rooms[ROOMS];
    struct person people[PEOPLE];
    struct outage outages[OUTAGES]; /* in order, apart from each other */
    int outage; /* the next one, or the one that is */
    bool is_down;
    int n_events;
    int64_t n_acts, n_messages, n_pings;
    char violation[512]; /* "": none */
};

extern struct year year;
extern const char *const room_zones[ROOMS];

void year_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* people.c */
void people_choose(void);
/* They tell the bot where and when they work. */
void people_settle_in(void);
struct person *people_find(const char *id);
bool people_work(const struct person *person, int64_t at_ms);
/* A clock of the C library. */
struct moment {
    int year, month, day, hour, minute;
    int weekday; /* 0 = Monday */
};
struct moment moment_in(const char *zone, int64_t at_ms);
int64_t moment_instant(const char *zone, struct moment moment);
/* "2026-11-27 17:00" */
const char *moment_text(struct moment moment);

/* acts.c */

/* Says it now; returns the event's id. thread NULL: none. */
const char *acts_say(int room, const char *person, const char *thread, const char *body);
/* Somebody does something. While the bot is down it waits until it is up. */
void acts_do(void);
void acts_hear_late(void);

/* check.c */

/* The bot was asked for that: to be said at that instant, or by that rule. */
struct series {
    const char *event;
    int64_t item;
    int room;
    int weekday; /* -1: every day */
    int minute;
    int64_t from_ms, until_ms; /* until: cancelled; INT64_MAX: not */
    int64_t at_ms; /* not 0: once, then */
    int64_t *said_ms;
    bool *said_late;
    size_t n_said, said_cap;
};
void check_series(struct series series);
/* Of that person, still to come, by chance; NULL: none. */
struct series *check_find_series(void);
/* What the bot has queued since the last call. */
void check_what_is_said(void);
void check_position(int64_t item, const char *person, bool has_one);
void check_end(void);
void check_forget(void);

#endif
