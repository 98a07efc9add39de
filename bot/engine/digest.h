/*
 * digest - what waits for a person, said to them alone when their day begins: if they wish it, and if there is something to do.
 *
 * Shape:   one timer a person who wishes it, for their next morning: the first working moment of a day on which they work and are
 *          not away. What is due that day or waits for a word of theirs is said in one direct message; nothing else is, and
 *          nothing on a morning on which there is none. On the first morning of their week that they have, all that waits for
 *          them is, with what is past its date: that was said once when it passed, and is said in the list of the week from
 *          then on. A morning that passed while the bot was down is said on the same day, in their hours, or not at all; a
 *          week's list then comes on the next one.
 * Owns:    the timer DIGEST_TIMER of each person; "digest" in their settings (personal.h), and "digest week", the last week
 *          whose list they had: the day number of its Monday.
 * Source:  product.md "Pings are rare and due"; features.md F83.
 */
#ifndef ENGINE_DIGEST_H
#define ENGINE_DIGEST_H

#include "engine/turn.h"

#define DIGEST_TIMER "digest"

enum digest { DIGEST_NEVER, DIGEST_WEEKS, DIGEST_MORNINGS };

enum digest digest_wish(struct turn *turn, const char *person);
void digest_set(struct turn *turn, const char *person, enum digest wish);
/* Their hours, their zone or their absence have changed: their morning is another one. */
void digest_reschedule(struct turn *turn, const char *person);
/* The timer. */
void digest_morning(struct turn *turn, const char *person);

#endif
