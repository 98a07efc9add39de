/*
 * when_near - a day or a repetition that was misspelt, where a date would stand: "every mondy 9:00", « demian 9h ».
 *
 * Shape:   looked for in the last words of what is left once the date was taken off a text: what is not known there became part of
 *          the subject, and the date another one than was meant. It is never repaired, only proposed (dates.md R1).
 * Owns:    texts are in the caller's arena.
 */
#ifndef TIME_WHEN_NEAR_H
#define TIME_WHEN_NEAR_H

#include <stdbool.h>

#include "base/arena.h"

struct when_near {
    const char *word; /* as typed */
    const char *meant;
    const char *mended; /* the text with what was meant in its place */
};

/* subject: the words of the text before its date. False: its last ones look like no date. */
bool when_find_near(struct arena *arena, const char *text, const char *subject, struct when_near *out);

#endif
