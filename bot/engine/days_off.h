/*
 * days_off - days on which nobody works, beside the holidays of a country: of one person, of a room, of everybody.
 *
 * Shape:   spans of whole days, the last one included, typed (!me off, !room off) or taken in from a calendar (greffier holidays).
 *          Whose: a person's id, a room's id, "" for everybody. Who works in a room has its days off, everybody's and their own.
 *          A working day is found from the hours' text (hours.h), which days_off_hours makes.
 * Units:   day numbers (civil.h).
 * Bounds:  DAYS_OFF_MAX spans of each kind and owner that have not passed. The hours know those from DAYS_OFF_PAST days ago on,
 *          HOURS_OFF_MAX of them: what finds no place is the farthest.
 * Owns:    the table day_off. Texts are in the turn's arena.
 * Missing: half days; days that come back each year but by a calendar.
 */
#ifndef ENGINE_DAYS_OFF_H
#define ENGINE_DAYS_OFF_H

#include "engine/turn.h"
#include "time/hours.h"

enum { DAYS_OFF_MAX = 200, DAYS_OFF_LONGEST = 366, DAYS_OFF_PAST = 100, DAYS_OFF_NAME_CHARS = 40 };

/* The hours' text with the holidays of the country, and with the days off of everybody, of the turn's room and of the person
 * (NULL: of nobody). */
const char *days_off_hours(struct turn *turn, const char *hours, const char *country, const char *person);

/* Whether that day is one, of everybody, of the turn's room or of the person (NULL: of nobody). */
bool days_off_has(struct turn *turn, const char *person, int64_t day);

struct days_off {
    struct hours_off span;
    const char *name; /* as the calendar calls it; NULL: typed */
};
struct days_off_list {
    struct days_off *days; /* in order */
    size_t n;
};
/* Those that have not passed; other "" too: of the two. NULL: of the first alone. */
struct days_off_list days_off_of(struct turn *turn, const char *whose, const char *other);
/* False: they have too many. What was typed before and lies in it or beside it becomes one with it. */
bool days_off_add(struct turn *turn, const char *whose, struct hours_off span);
/* Typed or not. False: none of those days was off. */
bool days_off_remove(struct turn *turn, const char *whose, struct hours_off span);
/* Instead of what was taken in before. Returns how many were there. */
int64_t days_off_take_in(struct turn *turn, const char *whose, const struct days_off *days, size_t n);
/* Passed or not, typed or not: whether there are any; and none is left. */
bool days_off_has_any(struct turn *turn, const char *whose);
void days_off_forget(struct turn *turn, const char *whose);
/* The turn's room has taken the place of that one. */
void days_off_move(struct turn *turn, int64_t from_room);

/* They have changed: who works by them is called at other instants. */
void days_off_reschedule(struct turn *turn, const char *whose);

/* For the command line: what it asks (days_off_admin.c), answered in words. NULL: the bot knows no such room, or no such
 * question. */
char *days_off_administer(struct turn *turn, const char *words);

enum days_off_reading {
    DAYS_OFF_READ,
    DAYS_OFF_UNREAD,
    DAYS_OFF_PAST_ALREADY,
    DAYS_OFF_TOO_LONG,
    DAYS_OFF_ASK
};
/* "24 December", « du 24 au 31 décembre », "24-31 dec". DAYS_OFF_ASK: when_out has the candidates. */
enum days_off_reading days_off_read(struct turn *turn, const char *typed, struct hours_off *out,
                                    struct when *when_out);

/* "2026-12-24", "2026-12-24/2026-12-31": what the history keeps, and back. False: it is none. */
const char *days_off_text(struct turn *turn, struct hours_off span);
bool days_off_read_text(const char *text, struct hours_off *out);
/* For templates: {"from": values_time, "to": the same of the last day or false, "name" or false}. */
struct json_object *days_off_value(struct turn *turn, const struct days_off *days);
/* A list of at most max of these; {"list", "more"}. NULL: there are none. */
struct json_object *days_off_values(struct turn *turn, const struct days_off_list *list, size_t max);

#endif
