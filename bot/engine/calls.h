/*
 * calls - what makes somebody's phone ring waits for a moment when they may be called.
 *
 * Shape:   who is mentioned outside their working hours, in their quiet hours or while away, is not called then: the message is
 *          held for them (outbox_hold) until their first working moment, and falls with its guard, or with their next act on
 *          its item. Several that are due for one person go out as one direct message, where they have one open with the
 *          bot; what asks for a choice goes alone. An answer to what the person just did, what they asked for at that
 *          moment, and what is urgent wait for nothing. turn_say does all this for whoever says something.
 * Missing: a call held because the clock, not the hour, is in doubt (outbox_asked.no_pings does that).
 * Owns:    the timer CALLS_TIMER of each person.
 * Source:  product.md "Pings are rare and due", architecture.md "The schedule", method.md 2.
 */
#ifndef ENGINE_CALLS_H
#define ENGINE_CALLS_H

#include "engine/turn.h"

#define CALLS_TIMER "call"

/* Of what is held and has no guard of its own: it falls when its item is over, or opened again. */
#define CALLS_GUARD "held"

/* The queued row, which calls that person in the turn's room, waits for their hour. */
void calls_hold(struct turn *turn, int64_t row, const char *person);
/* The newest row about an item that is held for that person; 0: none. */
int64_t calls_held(struct turn *turn, int64_t item, const char *person);
/* Their hours, their zone, or those of a room have changed, or they are away or back. */
void calls_reschedule(struct turn *turn, const char *person);
/* The timer CALLS_TIMER: says what is due for them now. */
void calls_due(struct turn *turn, const char *person);
/* What is due for them now, to stand in a message to them alone: a list for {{>*template}}, and held no longer. NULL: nothing
 * is, or they have no direct message open. */
struct json_object *calls_take(struct turn *turn, const char *person);

#endif
