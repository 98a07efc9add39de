/*
 * text - UTF-8 as people write it: folding for comparison, cleaning for echo, counting in characters.
 *
 * Units:   "chars" are code points that are no combining marks; "len" is bytes.
 * Errors:  malformed UTF-8 is never passed on: each bad byte reads as U+FFFD.
 * Source:  words.md 1 and 2 (what is compared without what), trust.md B.2 rows 9 and 10.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* For echo: NFC, no control characters but \n (\t becomes a space), no bidirectional controls, no other
 * default-ignorable code points except U+200D and U+FE0F, which emoji need. */
char *text_clean(struct arena *arena, const char *text);
/* What text_clean drops: it shows nothing, or changes how its neighbours look. */
bool text_is_hidden(int code);
/* White space (Unicode's), and all that shows nothing of its own, what emoji need included. */
bool text_is_blank(int code);

/* For comparison: NFKD, case folded, accents dropped, any run of white space one space, typographic
 * apostrophes and hyphens as their ASCII twins, trimmed. The result may be longer than the input. */
char *text_fold(struct arena *arena, const char *text);

/* As text_fold, then without apostrophes, hyphens and underscores: the form in which command names and labels
 * are compared ("d'accord", "ma-liste"). */
char *text_fold_name(struct arena *arena, const char *text);
/* Whether the name, folded so, is this, which is. */
bool text_is_name(struct arena *arena, const char *name, const char *folded);

/* A reaction's key for comparison: without U+FE0E, U+FE0F, skin tones and a joined sign of gender. */
char *text_fold_reaction(struct arena *arena, const char *key);

/* It says something: a letter, a digit, a sign that is no punctuation. */
bool text_has_words(const char *text);

/* A copy without white space (Unicode's) at either end. */
char *text_trim(struct arena *arena, const char *text);

/* Moves past leading white space (Unicode's), within the text. */
const char *text_skip_space(const char *text);

/* Decodes the code point at text and stores its length in bytes; U+FFFD and 1 where it is malformed; 0 and 0
 * at the end. */
int text_codepoint(const char *text, size_t *len_out);

size_t text_chars(const char *text);

/* At most max_chars characters, the last one an ellipsis if something was cut; cut at a space where one is
 * near. */
char *text_shorten(struct arena *arena, const char *text, size_t max_chars);

/* The first line, or, if that is longer than max_chars, its first sentence; with an ellipsis where something was left out. */
char *text_first_sentence(struct arena *arena, const char *text, size_t max_chars);

/* Edits (insert, delete, replace, swap of neighbours) between two folded names; more than max is told as max
 * + 1. Names over 40 bytes are never near. */
int text_distance(const char *a, const char *b, int max);

/* words ends with NULL. */
bool text_is_one_of(const char *text, const char *const *words);
/* All words of it stand there, in that order, whatever stands between them. */
bool text_is_within(const char *text, const char *there);
bool text_starts_with(const char *text, const char *prefix);

#endif
