/*
 * absence - who is away, from when until when, and what is said to them when they are back.
 *
 * Shape:   one absence a person. Who is away is asked like everybody, but nobody calls them: what was held back is said by one
 *          direct message when their first day after it begins, if it still waits for them. Until that was said the
 *          absence stays, with its end in the past.
 * Units:   *_ms since 1970 UTC; an absence without an end lasts until they say that they are back.
 * Owns:    the table absence; the timer ABSENCE_TIMER of each person. Texts are in the turn's arena.
 * Missing: several absences ahead; calendars.
 * Source:  method.md 2 (all away), product.md "Pings are rare and due", "A room's words stay in it".
 */
#ifndef ENGINE_ABSENCE_H
#define ENGINE_ABSENCE_H

#include "engine/turn.h"

#define ABSENCE_TIMER "return"

#define ABSENCE_FOR_GOOD INT64_MAX

struct absence {
    int64_t from_ms;
    int64_t until_ms; /* ABSENCE_FOR_GOOD: none was said */
    int64_t reason; /* text; 0: none */
    int64_t room; /* in which the reason may be shown: where it was typed */
};

/* False if there is none, or it is over and all was said. */
bool absence_get(struct turn *turn, const char *person, struct absence *out);
/* In it at that instant. */
bool absence_is_at(struct turn *turn, const char *person, int64_t at_ms);

/* It has begun, and what was held back is not yet said: they are not to be called. */
bool absence_holds(struct turn *turn, const char *person);

/* Instead of the one that may be there. */
void absence_set(struct turn *turn, const char *person, const struct absence *absence);
/* They are back now. False: they were not away. */
bool absence_end(struct turn *turn, const char *person);

/* Their hours or their zone have changed: they are back at another instant. */
void absence_reschedule(struct turn *turn, const char *person);

/* The timer ABSENCE_TIMER of a person: says what was held back. */
void absence_return(struct turn *turn, const char *person);

#endif
