/*
 * hand - an item passes from one hand to another: who has it asks somebody to take it over, and has it until they do.
 *
 * Shape:   one person at most is asked, the item's successor; who is named next takes their place. Whether they are asked now
 *          or when they may be called, and what it means to have it, is the habit's (struct handing).
 * Owns:    the column successor of an item; the templates hand/.
 * Source:  words.md 1 ("hand over"), features.md F79.
 */
#ifndef ENGINE_HAND_H
#define ENGINE_HAND_H

#include "engine/command.h"

struct handing {
    /* The person of the request has it from now on; whoever was asked to take it over is asked no more. */
    void (*take)(struct turn *turn, struct item *item, const struct act_request *request);
    /* They are the successor now: asks them. */
    void (*ask)(struct turn *turn, struct item *item, const char *person);
    /* They are no more: what asked them is moot. */
    void (*unask)(struct turn *turn, struct item *item, const char *person);
};

/* ACT_HAND_OVER: asks to whom, if it does not say so. */
enum outcome hand_over(struct turn *turn, struct item *item, const struct act_request *request);
/* This person is asked to take it over. */
bool hand_waits_for(const struct item *item, const char *person);
/* The successor says no: it stays with its owner, who hears that and why. */
void hand_leave(struct turn *turn, struct item *item, const struct act_request *request);
/* Nobody is asked to take it over any more. */
void hand_forget(struct turn *turn, struct item *item);
/* False: it was not the successor who left. */
bool hand_heed_left(struct turn *turn, struct item *item, const char *person);

#endif
