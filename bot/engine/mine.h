/*
 * mine - what waits for one person: what their habits say waits for them, by its date.
 *
 * Shape:   open items of rooms in which the person is joined and which habit.waits_for names; a person sees in a room only what is
 *          of that room (product.md "A room's words stay in it").
 * Bounds:  MINE_MAX items, of which MINE_SHOWN are listed.
 * Source:  product.md, words.md 1 ("my list").
 */
#ifndef ENGINE_MINE_H
#define ENGINE_MINE_H

#include "engine/command.h"

enum { MINE_MAX = 200, MINE_SHOWN = 10 };

/* Of that room, or (0) of all; the earliest date first. */
struct item_list mine_of(struct turn *turn, const char *person, int64_t room);
/* Of all rooms but that one. */
struct item_list mine_elsewhere(struct turn *turn, const char *person, int64_t room);
/* Of all rooms, what there is to do: what waits for a word of theirs, and the tasks that are due today; or also those that were due
 * before; or all of them. */
enum mine_span { MINE_TODAY, MINE_DUE, MINE_ALL };
struct mine_to_do {
    struct item_list list;
    size_t n_past; /* tasks left out that were due before today: when their date passed, it was said */
};
struct mine_to_do mine_to_do(struct turn *turn, const char *person, enum mine_span span);
/* {"list": [{"id", "subject", "deadline", "past", a flag called as the habit's folder and one as what is to be done}], "empty",
 * "more", "past_more" (0), "zone", "prefix"}: dates in the person's zone. */
struct json_object *mine_values(struct turn *turn, const char *person, const struct item_list *mine);

#endif
