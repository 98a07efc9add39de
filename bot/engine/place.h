/*
 * place - another room than the one in which something is typed: what is begun there, from here.
 *
 * Shape:   a room counts if the bot and the person are in it and the person may speak there; to anybody else it does not exist
 *          (product.md "A room's words stay in it").
 * Owns:    nothing; texts are in the turn's arena.
 */
#ifndef ENGINE_PLACE_H
#define ENGINE_PLACE_H

#include "engine/turn.h"

enum { PLACES_OFFERED = 3 };

/* The person is in it, and may write there. */
bool place_is_open_to(struct turn *turn, int64_t room, const char *person);
/* The one room of that id or name that the person of the turn may write in; 0: none, or several. */
int64_t place_find(struct turn *turn, const char *typed);
/* What follows happens in the room of that id or name: the turn enters it. False: the person knows none of that name, or
 * several, and that was said. */
bool place_enter(struct turn *turn, const char *typed);
/* The rooms with others in them where this person's work may be, but for the turn's own: those of kind tasks first, then where they have opened
 * most. None of that other kind. Returns how many. */
size_t place_of_work(struct turn *turn, const char *person, const char *but_kind,
                     struct room out[PLACES_OFFERED]);

#endif
