/*
 * link - what items have to do with one another: where the work that one is about is kept, and what came of it.
 *
 * Shape:   an item is kept in one place at most: with another item, or in a room. What came of it are items, of any room.
 * Owns:    the table link. Texts are in the turn's arena.
 * Source:  method.md 2 ("a recap of three lines goes back to where the work is tracked"), 3 ("one place per piece of
 *          information").
 */
#ifndef ENGINE_LINK_H
#define ENGINE_LINK_H

#include "engine/item.h"

struct link_place {
    int64_t room;
    struct item *item; /* NULL: the room itself */
};

/* "TSK-3", or the name or id of a room that the person of the turn may write in. False: it is neither. */
bool link_read_place(struct turn *turn, const char *typed, struct link_place *out);
/* The place from now on, instead of any before; NULL: none any more. */
void link_set_place(struct turn *turn, const struct item *item, const struct link_place *place);
/* False: there is none, or the bot is not in that room any more. */
bool link_place_of(struct turn *turn, const struct item *item, struct link_place *out);
/* For templates (partials/place): {"item": ...} or a room; NULL: there is none. */
struct json_object *link_place_value(struct turn *turn, const struct item *item);

/* made came of item. */
void link_add(struct turn *turn, const struct item *item, const struct item *made);
/* What item came of; NULL: of nothing. */
struct item *link_source_of(struct turn *turn, const struct item *made);
/* The newest of what came of item that this person opened; NULL: none. */
struct item *link_made_by(struct turn *turn, const struct item *item, const char *author);
/* {"id", "card_room", "card_event"}: the way to its card (partials/item-link); one that is on its way has no event yet. */
struct json_object *link_value(struct turn *turn, const struct item *item);
/* For templates: "list" of what came of it, each link_value with "owner" and "deadline", and "over" if it is; NULL: nothing. */
struct json_object *link_list(struct turn *turn, const struct item *item);
/* Items of that prefix that are kept with this one: "list" as above; NULL: none. */
struct json_object *link_kept_here(struct turn *turn, const struct item *item);
/* What is kept in the old room is kept in the new one. */
void link_move(struct turn *turn, int64_t from, int64_t to);

#endif
