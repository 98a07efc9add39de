/*
 * pin - what people said about an item that is kept in its timeline (📌, `note: ...`).
 *
 * Shape:   a habit hears what is said in the thread of its item (pin_hear), so that a tap finds the words; what nobody has kept
 *          by the end of the item is forgotten (pin_forget_rest). Taking the tap or the message back takes it out.
 * Bounds:  PINS_MAX an item; beyond: no more is kept.
 * Owns:    the table pin. What is merely heard lies in the tables text and message, role PIN_HEARD, is not searched, and does
 *          not count as an act (engine/flood.h).
 * Source:  words.md 2 ("keep this message in the timeline"), features.md F73.
 */
#ifndef ENGINE_PIN_H
#define ENGINE_PIN_H

#include "engine/item.h"

enum { PINS_MAX = 100 };
#define PIN_HEARD "heard"

/* The message of the turn may be kept later. */
void pin_hear(struct turn *turn, const struct item *item);
/* What that event said is kept. False: nothing is known of it, it is kept already, or there are too many. */
bool pin_keep(struct turn *turn, struct item *item, const char *event);
bool pin_keep_text(struct turn *turn, struct item *item, int64_t text);
/* The tap was taken back, or the message itself. */
void pin_take_back(struct turn *turn, const char *event);
void pin_forget_rest(struct turn *turn, const struct item *item);

struct pin {
    int64_t text;
    int64_t said_ms;
    const char *author;
};
struct pin_list {
    struct pin *rows;
    size_t n;
};
/* In the order in which they were said. */
struct pin_list pin_list(struct turn *turn, const struct item *item);

#endif
