/*
 * year - a year of people in five time zones, with the engine, its store and its timers; no homeserver.
 *
 * Shape:   virtual time goes from one thing to the next: what somebody does, a timer, an outage's end. What the bot queues
 *          is in the room at once. Clocks and dates are the C library's, not the bot's: a date that the bot reckons is held
 *          against another implementation. Holidays are the bot's own table, which tests/oracle checks.
 *          Half of them have a direct message open. Two plays: "work" is decisions, tasks, reminders and lists of eight
 *          (acts.c, tasks.c, check.c); "rounds" is a daily, a weekly and a routine of its own of twelve, of whom some come,
 *          some leave, some are observers (rounds.c, rounds_check.c).
 * Missing: quiet hours, a task put off or handed over, escalations; a homeserver that is down while the bot is not.
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

enum { PEOPLE_MAX = 12, ROOMS = 2, OUTAGES = 7, MINUTE_MS = 60000 };
#define HOUR_MS INT64_C(3600000)
#define DAY_MS  INT64_C(86400000)

enum { ABSENCES_MAX = 64 };
struct absence {
    int64_t from_ms, until_ms;
};

enum { OFF_MAX = 32 };
struct days_off { /* days of their own calendar, since 1970 */
    int64_t from_day, to_day;
};

struct person {
    const char *id, *name;
    int64_t joined_ms, left_ms; /* left: INT64_MAX: not yet */
    int64_t direct; /* the room of their direct message; 0: none is open */
    const char *zone;
    int hours; /* which of people.c's */
    const char *country; /* NULL: of no holidays */
    struct absence absences[ABSENCES_MAX]; /* in order; the last one may be over */
    int n_absences;
    struct days_off off[OFF_MAX];
    int n_off;
    bool has_digest; /* a list on the first morning of each week, in a direct message */
    bool has_mornings; /* and on all others */
    int64_t digest_ms; /* the day of the last one */
    int64_t week_ms; /* the day of the last one of a week */
    bool is_absent; /* they have not come back from the last one */
};

/* What they do all the year, and what must be so. */
struct play {
    const char *name;
    int n_people;
    void (*begin)(void); /* they have told where and when they work */
    int64_t (*next_ms)(void); /* when somebody does something next */
    void (*act)(void); /* somebody does it */
    void (*see)(const struct outbox_row *row,
                struct json_object *called); /* the bot says it; called: NULL: nobody */
    void (*end)(void);
    void (*forget)(void);
};
extern const struct play play_work, play_rounds;

struct year {
    const struct play *play;
    uint64_t seed;
    struct chance chance;
    struct store *store;
    struct engine *engine;
    struct arena *arena;
    struct timers timers;
    int64_t start_ms, end_ms, now_ms;
    int64_t rooms[ROOMS];
    struct person people[PEOPLE_MAX];
    int n_people;
    struct outage outages[OUTAGES]; /* in order, apart from each other */
    int outage; /* the next one, or the one that is */
    bool is_down;
    const char *speaker; /* whose words the bot hears now; NULL: nobody's */
    int n_events;
    int64_t n_acts, n_messages, n_pings;
    char violation[512]; /* "": none */
};

extern struct year year;
extern const char *const room_zones[ROOMS];

void year_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For --trace: what is done and said, in order. */
void year_trace(const char *who, const char *what);

/* people.c */
void people_choose(void);
/* They tell the bot where and when they work. */
void people_settle_in(void);
struct person *people_find(const char *id);
bool people_are_away(const struct person *person, int64_t at_ms);
/* Or on the day before, or after: a return is told in its own way, and its day begins in two zones. */
bool people_were_away(const struct person *person, int64_t from_ms, int64_t until_ms);
bool people_work(const struct person *person, int64_t at_ms);
/* In the rooms. */
bool people_are_there(const struct person *person, int64_t at_ms);
/* A clock of the C library. */
struct moment {
    int year, month, day, hour, minute;
    int weekday; /* 0 = Monday */
};
struct moment moment_in(const char *zone, int64_t at_ms);
int64_t moment_instant(const char *zone, struct moment moment);
/* The days since 1970 of a calendar, and when one of them begins there. */
int64_t moment_day(struct moment moment);
int64_t moment_midnight(const char *zone, int64_t day);
/* "2026-11-27 17:00" */
const char *moment_text(struct moment moment);

/* acts.c */

/* Says it now; returns the event's id. thread NULL: none. */
struct person *acts_somebody(void);
/* In so many days, between 5 and 22 o'clock of the room: no clock is changed then. */
struct moment acts_some_day(int room, int64_t least, int64_t most);
int acts_room_of(int64_t item);
/* "!COMMAND DEC-1 REST" */
void acts_say_of(int64_t item, const char *person, const char *command, const char *rest);
const char *acts_say(int room, const char *person, const char *thread, const char *body);
/* It gets an id and its time; while the bot is down it waits until it is up. Returns the id. */
const char *acts_happen(struct event event);
void acts_hear_late(void);
void acts_go_away(void);
void acts_come_back(void);

/* tasks.c */
void tasks_begin(void);
void tasks_go_on(void);
void tasks_check(const struct outbox_row *row);
void tasks_check_end(void);

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
void check_work(const struct outbox_row *row, struct json_object *called);
void check_position(int64_t item, const char *person, bool has_one);
/* NULL: none is at that instant. */
const struct outage *check_outage_at(int64_t at_ms);
/* The begin, in their zone, of the week in which that is. */
int64_t check_monday(const struct person *person, int64_t at_ms);
/* The first moment from then on at which they work and the bot is up; INT64_MAX: none for weeks. */
int64_t check_first_moment(const struct person *person, int64_t from_ms);
void check_end(void);
void check_forget(void);

#endif
