/*
 * recur_reader - inside recur_words: the words known, and the readers of the parts of a phrase.
 *
 * Shape:   each reader looks at one token and what follows, writes into struct every and returns how many tokens it took;
 *          0 if it is not its turn, and then nothing has changed but is_impossible and is_doubtful.
 *          recur_table.c: words; recur_bounds.c: from when, until when, how many, what not; recur_parts.c: the others.
 * Source:  dates.md R1-R5.
 */
#ifndef TIME_RECUR_READER_H
#define TIME_RECUR_READER_H

#include "time/recur_parts.h"

enum every_kind {
    EVERY_EACH,
    EVERY_OTHER,
    EVERY_UNIT, /* value: enum recur_unit, or one of those below */
    EVERY_ADVERB, /* value: likewise */
    EVERY_MONDAYS, /* value: weekday */
    EVERY_PART, /* value: enum when_part */
    EVERY_NTH, /* value: as in struct recur */
    EVERY_LAST_DAY, /* value 1: says that it comes back */
    EVERY_UNREAD, /* every quarter, every weekend: counted from nobody knows when, or two days */
    EVERY_UNREAD_ADVERB,
    EVERY_PER, /* twice [a week] */
    EVERY_POLITE,
    EVERY_OF_MONTH,
    EVERY_OF, /* before the name of a month */
    EVERY_OUT_OF, /* sur deux */
    EVERY_UNTIL,
    EVERY_FROM,
    EVERY_EXCEPT,
    EVERY_TIMES,
    EVERY_TO, /* monday to friday */
    EVERY_AND,
    EVERY_AT,
    EVERY_ARTICLE,
    EVERY_KINDS
};
enum { UNIT_WEEKDAYS = 100, UNIT_OPEN_DAYS, UNIT_JOURS, UNIT_FORTNIGHT_WORD };
enum { NTH_NONE = RECUR_NTH_MAX + 1 }; /* a fifth one, which not every month has */

struct every_word {
    size_t n; /* tokens; 0: it does not stand there */
    int value;
};

/* The longest of that kind. */
struct every_word every_word(const struct every *e, size_t at, enum every_kind kind);
/* NULL behind the end. */
const struct when_token *every_token(const struct every *e, size_t at);
/* A number in digits, or in words from two to twelve. */
struct every_word every_number(const struct every *e, size_t at);
/* A day of the week, singular, plural or short. */
struct every_word every_weekday(const struct every *e, size_t at);

size_t every_read_until(struct every *e, size_t at);
size_t every_read_from(struct every *e, size_t at);
size_t every_read_except(struct every *e, size_t at);
size_t every_read_count(struct every *e, size_t at);

#endif
