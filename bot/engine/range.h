/*
 * range - "from friday 18:00 to monday", « du 1er au 5 décembre »: the words of a text, and those that part two dates.
 *
 * Owns:    nothing; texts are in the turn's arena.
 */
#ifndef ENGINE_RANGE_H
#define ENGINE_RANGE_H

#include "engine/turn.h"

enum { RANGE_WORDS_MAX = 32 };

struct range_words {
    const char *text; /* as typed */
    const char *folded[RANGE_WORDS_MAX]; /* each without the comma behind it */
    size_t start[RANGE_WORDS_MAX], end[RANGE_WORDS_MAX];
    size_t n;
};

void range_split(struct turn *turn, const char *text, struct range_words *words);
/* As typed, from one word until before another. */
const char *range_piece(struct turn *turn, const struct range_words *words, size_t from, size_t to);

/* Of a folded word: what follows is where it begins; where it is over; its last day, which belongs to it. */
bool range_is_from(const char *word);
bool range_is_until(const char *word);
bool range_is_through(const char *word);

#endif
