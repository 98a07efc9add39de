/*
 * own_up - what the bot says of its own trouble: sent out of a room, on hold, deaf for a while, not able to read somebody, or
 * not able to tell that somebody is still who they were.
 *
 * Shape:   who can do something about it is told, once: the people of the room there, the admins of the settings in a
 *          direct message each. The turn's room stays what it was.
 * Missing: that a room is no longer there is not told to the admins if nobody saw who sent the bot out of it: back in the
 *          same answer, invited again before it was seen, or gone from a first answer.
 * Source:  architecture.md "Rooms that move", "gaps hold their room only"; product.md "It owns up".
 */
#ifndef ENGINE_OWN_UP_H
#define ENGINE_OWN_UP_H

#include "engine/turn.h"
#include "store/timer.h"

/* Of the rows that tell an admin: of no item, so nothing withdraws them. */
#define OWN_UP_GUARD "told"

/* A direct message to an admin, in the language of their direct room, which the turn is in afterwards. say's room, mentions
 * and step are set here. Returns the row; 0: that one has been told OWN_UP_HOUR_MAX things in this hour already, and the
 * log has it. */
int64_t own_up_tell(struct turn *turn, const char *admin, struct say say);
/* In the turn of EVENT_SELF_LEFT: the admins hear who sent the bot out, and why. False: nobody is to hear it, since this
 * was a direct room, or there is no admin. */
bool own_up_removed(struct turn *turn);
/* A timer of a room, of no item (store/hold.h). False: it is none that is known. */
bool own_up_timer(struct turn *turn, const struct timer *timer);

#endif
