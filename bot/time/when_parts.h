/*
 * when_parts - inside when: the text cut into tokens, the words known, and what a phrase says.
 *
 * Shape:   when_cut.c cuts and when_words.c knows words; when_parse.c reads a run of tokens into struct said, by
 *          the readers of when_reader.h; when.c and when_days.c turn that into instants; when_sentence.c finds the
 *          phrase in a text.
 * Bounds:  1,000 characters a text, 48 tokens a phrase.
 * Source:  dates.md R0-R28.
 */
#ifndef TIME_WHEN_PARTS_H
#define TIME_WHEN_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "time/when.h"

enum { WHEN_TEXT_CHARS_MAX = 1000, WHEN_PHRASE_TOKENS_MAX = 48 };

enum when_word_kind {
    WORD_NOTHING,
    WORD_WEEKDAY,
    WORD_WEEKDAY_SHORT,
    WORD_MONTH,
    WORD_DAY, /* value: days from today */
    WORD_TODAY_PART, /* value: enum when_part, of today */
    WORD_PART, /* value: enum when_part */
    WORD_NEXT, /* beside a weekday: R9 */
    WORD_THIS, /* value 1: stands behind the weekday */
    WORD_FOLLOWING, /* value: weeks behind the first such weekday */
    WORD_LATER, /* value: days after the first such weekday */
    WORD_WEEK, /* value: weeks from the present one */
    WORD_LEAD, /* deadline words; value: enum when_lead */
    WORD_AT,
    WORD_BY,
    WORD_BEFORE,
    WORD_IN,
    WORD_LABEL, /* deadline: as in sentences */
    WORD_NOON, /* value: minutes behind it */
    WORD_MIDNIGHT,
    WORD_EXACT,
    WORD_HAZE, /* mid-, sometime: makes a week or a month of what follows */
    WORD_VAGUE, /* value: days that it may mean, or 0 */
    WORD_END, /* end of, fin de: a day, a week, a month follows */
    WORD_END_OF_DAY,
    WORD_END_OF_WEEK,
    WORD_END_OF_MONTH, /* value: months from this one */
    WORD_PAST, /* value 1: yesterday, a day of its own */
    WORD_NUMBER,
    WORD_TENS,
    WORD_QUARTER, /* behind or before an hour; value: minutes to add */
    WORD_UNIT,
    WORD_UNIT_FRENCH, /* jours, heures: with readings of their own */
    WORD_WORKING,
    WORD_OPEN_DAYS, /* ouvrables */
    WORD_FROM_NOW, /* value 1: from today, of which the clock time is not said */
    WORD_AM,
    WORD_PM,
    WORD_NOT, /* every, since: no deadline behind it; value 1: nor before it */
    WORD_OR,
    WORD_PIECES, /* value: minutes, of a fraction of an hour said in words */
    WORD_HEDGE, /* after, about: asked with what stands beside it; value: enum when_hedge */
    WORD_SOME, /* value: the number that it may mean, or 0 */
    WORD_UNIT_BRIEF, /* hrs, mins: read, and asked */
    WORD_POLITE,
    WORD_NTH, /* value: which of a month; from the end, if it is negative */
    WORD_NTH_OF, /* of what: enum when_nth_of */
    WORD_OF,
    WORD_PERIOD, /* value: PERIOD() */
    WORD_END_OF_PERIOD, /* value: PERIOD() */
    WORD_FEAST /* value: month * 100 + day, or enum when_feast */
};

/* What may follow a deadline word besides a day and a time: behind an article a day's number, behind by
 * and d'ici a length of time in words too, behind before one of 24 hours or more. CLOSING ones may end the
 * phrase. */
enum when_lead {
    LEAD_PLAIN = 1,
    LEAD_ARTICLE = 2,
    LEAD_LENGTH = 4,
    LEAD_HOURS = 8,
    LEAD_NONE = 16,
    LEAD_CLOSING = 32,
    LEAD_ORDINAL = 64, /* the: of a day only "the 28th" */
    LEAD_SPAN = 128 /* until: a length behind it may be a span */
};

/* What a hedge does besides: the day behind it is out; an article ends it; it may stand behind what it hedges, or behind a
 * clock time. */
enum when_hedge { HEDGE_AFTER = 1, HEDGE_ARTICLE = 2, HEDGE_BEHIND = 4, HEDGE_EITHER = 8 };

enum { NTH_LAST = -1 };
enum when_nth_of { NTH_WEEKDAY, NTH_ANY_DAY, NTH_WORKING_DAY, NTH_OPEN_DAY, NTH_WEEK };

/* So many months, so many such periods after the present one. */
#define PERIOD(months, ahead) ((months)*2 + (ahead))

/* Days from Easter Sunday around the first one; those that two countries have on different days; and as a flag: it may be
 * what comes before that day or a time around it. */
enum when_feast { FEAST_EASTER = 2000, FEAST_LABOUR_DAY = 3000, FEAST_THANKSGIVING, FEAST_DOUBTFUL = 10000 };

enum when_part { PART_NONE, PART_MORNING, PART_AFTERNOON, PART_EVENING, PART_NIGHT, PART_OTHER };
enum when_unit { UNIT_MINUTE, UNIT_HOUR, UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_FORTNIGHT, UNIT_YEAR };

struct when_word {
    enum when_word_kind kind;
    int value;
    size_t n; /* tokens it takes */
};

enum when_token_kind { TOKEN_WORD, TOKEN_NUMBER, TOKEN_MARK, TOKEN_EMOJI };

struct when_token {
    enum when_token_kind kind;
    char *word; /* folded, cut at 64 bytes; "" for marks */
    char mark;
    bool is_glued; /* no space before it */
    int n_digits;
    int value; /* -1 when it has over 9 digits */
    size_t from, to; /* bytes in the text */
    const struct when_word *known; /* that begin here; in the arena */
    size_t n_known;
};

struct when_tokens {
    const char *text; /* borrowed */
    struct when_token *all; /* in the arena */
    size_t n, max;
    bool is_french;
};

void when_cut(struct arena *arena, const char *text, const char *lang, struct when_tokens *out);
/* How many tokens a folded text, which ends with | or so, takes at that place; 0 if it is not there. */
size_t when_match(const struct when_tokens *tokens, size_t at, const char *text);
/* Notes every word of the table that begins at the token: looked up once, asked for often. */
void when_know_words(struct arena *arena, const struct when_tokens *tokens, size_t at);

/* The longest known word or group of words at a place, of any kind. */
struct when_word when_word_at(const struct when_tokens *tokens, size_t at, size_t end);
/* The same, looking for one kind only. */
struct when_word when_word_of(const struct when_tokens *tokens, size_t at, size_t end,
                              enum when_word_kind kind);

enum { WHEN_ZONES_MAX = 3 };

struct when_zone_word {
    const char *name; /* as folded */
    const char *zones[WHEN_ZONES_MAX]; /* more than one: nobody knows which (CST) */
    int offset_h;
    bool must_be_in_force; /* CET is wrong in summer */
};

enum when_day {
    DAY_UNSAID,
    DAY_RELATIVE,
    DAY_DATE,
    DAY_WEEK,
    DAY_PERIOD_END,
    DAY_LENGTH,
    DAY_NTH,
    DAY_FEAST
};
enum when_end { END_UNSAID, END_OF_DAY, END_OF_WEEK };

struct when_clock {
    bool is_said;
    int hour, minute, second;
    bool is_half_open; /* the hour may be of either half of the day */
    bool is_bare_number; /* at 8 */
    bool has_meridiem, has_zero; /* 5pm, 05:00 */
    bool is_twelve_doubt; /* 12pm */
    bool is_half_before_too; /* half four: 4:30, or 3:30 */
    bool is_midnight;
    int bare_minutes; /* 17h, 1h30: may be a length; 0 if not */
};

/* A month, a quarter, a year. */
struct when_period {
    int months; /* 1, 3, 12 */
    int which; /* of the year, from 1; 0: counted from the present one */
    int ahead;
    int year; /* 0: not said */
    bool is_said;
};

/* What a phrase says, before it is known what day it is. */
struct said {
    bool has_weekday;
    int weekday; /* 0 = Monday */
    bool is_next, is_this, is_following;
    int following_weeks, later_days;
    enum when_day day;
    int days_ahead; /* DAY_RELATIVE */
    bool is_relative_too; /* tomorrow, 26 november: both have to fit */
    int year, month, day_number; /* DAY_DATE; year, month 0: not said; DAY_FEAST: year */
    bool is_swappable; /* 3/4 in English */
    struct when_period period; /* DAY_PERIOD_END, DAY_NTH */
    int nth, nth_weekday; /* DAY_NTH */
    enum when_nth_of nth_of;
    int feast; /* DAY_FEAST */
    int week, week_year, weeks_ahead; /* DAY_WEEK; week, week_year 0: not said */
    int64_t days, months; /* DAY_LENGTH */
    bool is_one_off; /* huit jours: 7 or 8 */
    bool is_whole_day; /* the next working day: its end, not the present clock time */
    bool is_working, is_open_days; /* days or elapsed_ms are of working time, days are jours ouvrables */
    int64_t elapsed_ms; /* a length in hours and minutes */
    struct when_clock clock;
    enum when_part part;
    enum when_end end;
    bool has_zone, is_offset;
    bool is_doubtful; /* has another reading: 09:00 -12:00, until 48h */
    int offset_s;
    char zone[64];
    const struct when_zone_word *zone_word;
    int lead; /* enum when_lead, of the last deadline word; 0: none was said */
    bool is_after; /* after friday */
    bool is_before, is_vague, is_month_alone, is_weekend_too, is_past, is_impossible;
};

/* False if a word is left over; every token of [from, to) counts. */
bool when_parse(const struct when_tokens *tokens, size_t from, size_t to, struct said *said);

/* Readings that are not certain enough for a text with other words in it: 1.12. is a date, or a clock time with the bare
 * numbers and 1730. */
enum when_loose { LOOSE_NOTHING, LOOSE_DATE, LOOSE_CLOCK };
bool when_parse_loosely(const struct when_tokens *tokens, size_t from, size_t to, enum when_loose loose,
                        struct said *said);
/* What a phrase, [from, to), may mean that does not read strictly: one of two times, thanks around it, loose numbers. Always
 * asked; false: nothing at all. */
bool when_read_loosely(const struct when_context *context, const struct when_tokens *tokens, size_t from,
                       size_t to, struct when *out);

bool when_has_day(const struct said *said);
/* The instants that it means, seen from the context. */
struct when when_settle(const struct when_context *context, const struct said *said);
/* The hours, one or two, that a clock time may mean in its part of the day (R5, R12); none if they contradict. A doubt
 * is noted. */
int when_list_hours(const struct said *said, int hours[2], bool *is_doubtful);
bool when_is_too_long(const char *text);
/* The text without its bytes [from, to): spaces collapsed, emptied brackets and hanging punctuation
 * removed. In the arena. */
const char *when_subject(struct arena *arena, const char *whole, size_t from, size_t to);

#endif
