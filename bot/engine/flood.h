/*
 * flood - how much one person, and all of a room, may ask of the bot in a minute.
 *
 * Shape:   counted from the table message, so that a restart forgets nothing and the same events give the same answer.
 *          Over the bound one line says until when, then there is silence; what is over is not done and not kept.
 *          Objections, cancels and take-backs always pass: they only stop things. Timers are never held back.
 * Bounds:  in a room, FLOOD_PERSON acts of a person and FLOOD_ROOM of all in a minute; FLOOD_OPEN open items of a kind that
 *          one person owns.
 * Source:  trust.md B.2 row 22.
 */
#ifndef ENGINE_FLOOD_H
#define ENGINE_FLOOD_H

#include "engine/turn.h"

enum { FLOOD_PERSON = 30, FLOOD_ROOM = 120, FLOOD_OPEN = 100 };

/* The event is one too many. True: it was answered (TURN_DONE), or is passed over (TURN_NOTHING). */
bool flood_refuses(struct turn *turn, enum turn_result *result_out);
/* True: this person has enough of these open, and was told so. */
bool flood_has_too_many_open(struct turn *turn, const char *prefix, const char *owner);

#endif
