/*
 * when_parts - inside when: the text cut into tokens, the words known, and what a phrase says.
 *
 * Shape:   when_words.c cuts and knows words, when_parse.c reads a run of tokens into struct said,
 *          when.c turns that into instants, when_sentence.c finds the phrase in a text.
 * Bounds:  1,000 tokens a text, 48 a phrase.
 * Source:  dates.md R0-R28.
 */
#ifndef ENGINE_WHEN_PARTS_H
#define ENGINE_WHEN_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "engine/when.h"

enum { WHEN_TEXT_CHARS_MAX = 1000, WHEN_PHRASE_TOKENS_MAX = 48, WHEN_KNOWN_MAX = 12 };

enum when_word_kind {
    WORD_NOTHING,
    WORD_WEEKDAY,
    WORD_WEEKDAY_SHORT,
    WORD_MONTH,
    WORD_DAY, /* value: days from today */
    WORD_TONIGHT, /* value: enum when_part */
    WORD_PART,
    WORD_NEXT,
    WORD_THIS,
    WORD_NEXT_WEEK,
    WORD_THIS_WEEK,
    WORD_LATER, /* value: days after the first such weekday */
    WORD_LEAD, /* at, on, le: changes nothing */
    WORD_AT,
    WORD_BY,
    WORD_BEFORE,
    WORD_IN,
    WORD_LABEL, /* deadline: only in sentences */
    WORD_NOON,
    WORD_MIDNIGHT,
    WORD_EXACT,
    WORD_VAGUE,
    WORD_END_OF_DAY,
    WORD_PAST,
    WORD_NUMBER,
    WORD_UNIT,
    WORD_UNIT_FRENCH, /* jours, heures: with readings of their own */
    WORD_WORKING,
    WORD_OPEN_DAYS, /* ouvrables */
    WORD_AM,
    WORD_PM,
    WORD_ZONE,
    WORD_NOT, /* every, after, about: no deadline behind it; value 1: nor before it */
    WORD_OR,
    WORD_PIECES /* value: minutes, of a fraction of an hour said in words */
};

enum when_part { PART_NONE, PART_MORNING, PART_AFTERNOON, PART_EVENING, PART_OTHER };
enum when_unit { UNIT_MINUTE, UNIT_HOUR, UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_FORTNIGHT };

struct when_word {
    enum when_word_kind kind;
    int value;
    size_t n; /* tokens it takes */
    const char *text; /* as in the table, static */
};

enum when_token_kind { TOKEN_WORD, TOKEN_NUMBER, TOKEN_MARK, TOKEN_EMOJI };

struct when_token {
    enum when_token_kind kind;
    const char *word; /* folded; "" for marks */
    char mark;
    bool is_glued; /* no space before it */
    int n_digits;
    int value; /* -1 when it has over 9 digits */
    size_t from, to; /* bytes in the text */
    struct when_word known[WHEN_KNOWN_MAX]; /* that begin here */
    size_t n_known;
};

struct when_tokens {
    const char *text; /* borrowed */
    struct when_token *all; /* in the arena */
    size_t n;
    bool is_french;
};

void when_cut(struct arena *arena, const char *text, const char *lang, struct when_tokens *out);

/* The longest known word or group of words at a place, of any kind. */
struct when_word when_word_at(const struct when_tokens *tokens, size_t at, size_t end);
/* The same, looking for one kind only. */
struct when_word when_word_of(const struct when_tokens *tokens, size_t at, size_t end,
                              enum when_word_kind kind);

struct when_zone_word {
    const char *name; /* as folded */
    const char *zone;
    bool must_be_in_force; /* CET is wrong in summer */
};
/* NULL if the name is none of these. */
const struct when_zone_word *when_zone_word(const char *name);

enum when_lead { LEAD_NONE, LEAD_OTHER, LEAD_BY, LEAD_IN };

/* What a phrase says, before it is known what day it is. */
struct said {
    bool has_weekday, is_next, is_this, is_next_week, is_this_week;
    int weekday, later_days;
    bool has_date, is_swappable; /* swappable: 3/4 in English */
    int year, month, day; /* year, month 0: not said */
    int week; /* 0: not said */
    bool has_relative;
    int relative_days;
    bool has_clock, is_half_open, is_midnight, is_bare_number;
    int hour, minute, second;
    bool has_meridiem, is_twelve_doubt;
    int bare_hours; /* 17h: may be a duration; 0 if not */
    enum when_part part;
    bool has_duration, is_working, is_one_off;
    int64_t elapsed_ms;
    int64_t days, months;
    bool has_zone, is_offset;
    int offset_s;
    char zone[64];
    const struct when_zone_word *zone_word;
    bool is_before, is_end_of_day, is_vague, is_past, is_impossible;
    enum when_lead lead;
    bool is_lookalike; /* its weekday may be a name or a word: sam, mon */
};

/* False if a word is left over; every token of [from, to) counts. */
bool when_parse(const struct when_tokens *tokens, size_t from, size_t to, struct said *said);

bool when_has_day(const struct said *said);
/* The instants that it means, seen from the context. */
struct when when_settle(const struct when_context *context, const struct said *said);
bool when_is_too_long(const char *text);

#endif
