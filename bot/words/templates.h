/*
 * templates - the embedded words for people, one entry per file under templates/.
 *
 * Shape:   the embedded ones are sorted by name; the name is the path without its ending, the language first: "en/decision/card".
 *          Ends with a row of NULLs. LANG/partials/ are parts of others, LANG/words/ are word lists (words.h).
 * Owns:    nothing; the table is made at build time (embed.cmake).
 */
#ifndef WORDS_TEMPLATES_H
#define WORDS_TEMPLATES_H

#include <stdbool.h>
#include <stddef.h>

enum { LANGUAGE_MAX = 32 };

struct template_source {
    const char *name;
    const char *text;
};

extern const struct template_source template_sources[];

/* The row for a language: of "fr-CA" its own, else that of "fr", else that of "en"; NULL if even that one is
 * missing. A language over 31 bytes is read as "en". */
const struct template_source *templates_find(const struct template_source *rows, const char *lang,
                                             const char *name);
/* The language to look in after this one, in place: "fr-CA", "fr", "en"; false after "en". lang has
 * LANGUAGE_MAX bytes. */
bool templates_next_language(char *lang);
/* Copies lang, or "en" if it is too long. */
void templates_first_language(char out[LANGUAGE_MAX], const char *lang);

/* The part of a row's name behind the language; and whether it is a partial, or a word list. */
const char *templates_own_name(const struct template_source *row);
bool templates_is_partial(const struct template_source *row);
bool templates_is_words(const struct template_source *row);

#endif
