/*
 * when_table - inside when: the words known, of both languages.
 *
 * Shape:   texts are folded, alternatives apart by |; the tokens of one apart by spaces, so that aujourd'hui is three.
 * Source:  dates.md; each group names its rule.
 */
#ifndef TIME_WHEN_TABLE_H
#define TIME_WHEN_TABLE_H

#include "time/when_parts.h"

enum { WHEN_ANY, WHEN_FRENCH, WHEN_ENGLISH };

struct when_entry {
    enum when_word_kind kind;
    int value;
    int lang; /* one in which it is another word is left out */
    const char *texts;
};

extern const struct when_entry when_table[];
extern const size_t when_table_n;

#endif
