/*
 * words - the word lists of a language: names of days, how numbers are written, patterns.
 *
 * Shape:   templates/LANG/words/LIST.txt, lines of "key: value"; a line that begins with # is a remark. A list
 *          of words is separated by ordinary spaces. An overlay (fr-CA) holds only the keys that it changes;
 *          English is read for languages without lists.
 * Owns:    nothing; texts live in the caller's arena.
 * Errors:  a key that no language has is a bug, except for words_find.
 * Source:  words.md 3.17 (numbers), architecture.md (French 0 is one).
 */
#ifndef WORDS_WORDS_H
#define WORDS_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct words_place {
    const char *lang, *list, *key;
};

/* NULL if there is none. */
char *words_find(struct arena *arena, struct words_place place);
char *words_get(struct arena *arena, struct words_place place);
/* The word of a list, from 0; NULL past its end. */
char *words_nth(struct arena *arena, struct words_place place, size_t index);

/* Whether a count takes the singular: 1, in French 0 too. */
bool words_count_is_one(const char *lang, int64_t n);
/* 1,250 · 1 250 */
char *words_figures(struct arena *arena, const char *lang, int64_t n);
/* A decimal number as JSON writes it ("1250.5"): 1,250.5 · 1 250,5. Other texts stay as they are. */
char *words_decimal(struct arena *arena, const char *lang, const char *number);
/* Under ten in words, else in figures. */
char *words_number(struct arena *arena, const char *lang, int64_t n);

#endif
