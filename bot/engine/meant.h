/*
 * meant - what sounds like an act, and is in no form of one: who said it is asked whether it is meant, once for each item.
 *
 * Shape:   for a habit's "heard", where nothing would be taken for something else: silence for agreement, nobody for nobody.
 * Source:  words.md 2 "Words count only when they are the whole message".
 */
#ifndef ENGINE_MEANT_H
#define ENGINE_MEANT_H

#include "engine/command.h"

/* The names of the questions end so: decision/meant. */
#define MEANT_TEMPLATES "/meant"

struct meant {
    const char *template_name;
    struct json_object *values; /* the callee's */
    const char *runs; /* the line that 👍 runs */
};

/* False: this person was asked that about this item before. */
bool meant_ask(struct turn *turn, const struct item *item, struct meant meant);

#endif
