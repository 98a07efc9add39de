/*
 * history - who did what, when, through which event: lines that are added and never changed.
 *
 * Shape:   each line carries a link, a hash over itself and the link of the line before it. A line that was changed, taken out
 *          or put in beside the bot breaks the chain there. The words of people are no part of it: they can be taken back, and
 *          that they were said stays. It has no secret: who can write the file and knows this can make all that follows anew,
 *          and the last lines can be cut off, as in any older copy of a store (which the homeserver tells it by, seal.h).
 * Owns:    the table history; other modules read it.
 * Source:  architecture.md "Store"; trust.md B.2 row 7.
 */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include "store/store.h"

struct history_line {
    int64_t item, room; /* 0: none */
    int64_t at_ms;
    const char *person; /* NULL: nobody, as what follows */
    const char *event, *what; /* never NULL */
    const char *detail;
    int64_t text; /* 0: none */
};

/* In a transaction. */
void history_add(struct store *store, struct arena *arena, const struct history_line *line);

/* The first of the newest n_lines lines whose link is not its own; 0: none. */
int64_t history_find_break(struct store *store, int64_t n_lines);

#endif
