/*
 * oncall - whom a room calls when something is urgent: its call order and its rota; who of them could not be called is named
 *          before they are needed.
 *
 * Shape:   in a call order the rota has one place, which is that of its present holder. A room with a rota and without an
 *          order calls the holder, then the others of the rota in their turn.
 *          What is in the way in the days to come (nobody has the rota, somebody has left, is away, or has no direct message)
 *          is named where an order or a rota is set or shown, and on monday at 9:00 to whoever set it; a rota by a rule
 *          says each time whose it is now. Timers know the next of these moments only.
 * Owns:    the table chain; the timers "oncall week" and "oncall turn" of each room.
 * Source:  method.md 2 ("Escalation"), features.md F65, F68, F69, F79.
 */
#ifndef ENGINE_ONCALL_H
#define ENGINE_ONCALL_H

#include "engine/rota.h"

struct timer;

enum { ONCALL_CHAIN_MAX = 12 };
/* In a call order: whoever has the rota. */
#define ONCALL_ROTA "rota"

/* The call order of the turn's room as it was set. */
struct person_list oncall_chain(struct turn *turn);
void oncall_set_chain(struct turn *turn, const struct person_list *chain);
/* Whom it calls now, in order, each once; who has left among them. */
struct person_list oncall_now(struct turn *turn);
/* "rota", « astreinte »: a word that stands for it. */
bool oncall_is_rota(struct turn *turn, const char *typed);

/* Notes and times what the room's rota became. detail: ids and instants. */
void oncall_note(struct turn *turn, const char *what, const char *detail);
void oncall_reschedule(struct turn *turn);
/* Those of another room, which this one replaces; what was chosen here already stays. */
void oncall_take(struct turn *turn, int64_t from);
/* False: the timer is not one of these. */
bool oncall_timer(struct turn *turn, const struct timer *timer);

/* {"list": [...], "more"}: what is in the way within the week that comes; NULL: nothing is. */
struct json_object *oncall_troubles(struct turn *turn);

#endif
