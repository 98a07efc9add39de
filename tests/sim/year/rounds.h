/*
 * rounds - a year of routines: a daily, a weekly and one with questions of its own, and all their rounds.
 *
 * Shape:   rounds.c plays: whoever is asked answers soon, late, as last time, not today, or not at all; mends it or takes it
 *          back. rounds_check.c keeps its own account of who was asked, has answered and stands in which report, from what the
 *          bot says and what people did, and holds it against the C library's clocks (people_work).
 * Units:   a day is moment_day's; *_ms since 1970 UTC.
 */
#ifndef ROUNDS_H
#define ROUNDS_H

#include "year.h"

enum { ROUTINES = 3, ROUNDS_MAX = 720, GIVEN_MAX = 8192 };
enum { BOSS = 0, OBSERVER = 1 }; /* who sets them up; who is not asked by the first of them */

struct routine_played {
    const char *typed; /* with the observer's name for %s */
    int room;
    const char *answer; /* labelled; for %d the word of it */
    const char *lines; /* not labelled */
    unsigned days; /* bits from Monday */
    int span_days;
    bool has_observer;
};
extern const struct routine_played routines_played[ROUTINES];

/* One person in one round. */
struct stand {
    int64_t asked_ms, nudged_ms; /* 0: not */
    const char *prompt; /* the event that asked them */
    bool is_alone; /* it did so in their direct message */
    bool has_given, has_said_same, has_skipped;
    bool has_taken_back; /* before anybody had asked them: they are, then */
};

struct round {
    int routine;
    int64_t item, day;
    int64_t opened_ms, closed_ms; /* closed: 0: not yet */
    const char *card; /* its event */
    char *report; /* the card as it stands, owned */
    struct stand stands[PEOPLE_MAX];
};

/* An answer: it stands in the report of its round by its word. */
struct given {
    struct round *round;
    int person;
    const char *event;
    int word;
    bool is_taken_back;
};

extern struct round rounds_all[ROUNDS_MAX];
extern size_t rounds_n;
extern struct given rounds_given[GIVEN_MAX];
extern size_t rounds_n_given;

/* rounds.c */
/* They were asked, in that round: they will do something about it, or not. */
void rounds_plan(struct round *round, int person);
/* It has begun: somebody may answer before they are asked. */
void rounds_plan_early(struct round *round);

/* rounds_check.c */
void rounds_see(const struct outbox_row *row, struct json_object *called);
struct round *rounds_find(int64_t item);
/* The one before that they answered, and did not take back; NULL: there is none. */
struct round *rounds_answered_before(const struct round *round, int person);
/* The last one that asked them. */
struct round *rounds_last_asked(int routine, int person);
/* May that person still be asked? */
bool rounds_is_of(int routine, int person);
void rounds_check_end(void);
void rounds_forget(void);

#endif
