/*
 * when_reader - inside when: the readers of the parts of a phrase, and the place where the reading stands.
 *
 * Shape:   each reader looks at one token and what follows, writes into said and returns how many tokens it took;
 *          0 if it is not its turn, and then said is as it was, but for is_impossible.
 *          when_date.c: dates; when_week.c: weeks and ends; when_nth.c: the nth of a month, feasts; when_clock.c and
 *          when_spoken.c: clock times; when_length.c: lengths of time; when_zone.c: zones; when_parse.c: words, and
 *          which reader comes when.
 * Source:  dates.md R5-R21.
 */
#ifndef TIME_WHEN_READER_H
#define TIME_WHEN_READER_H

#include "time/when_parts.h"

struct when_reader {
    const struct when_tokens *tokens;
    size_t end;
    struct said *said;
    bool is_at; /* the word before was at, à */
    bool after_clock, after_weekday, after_article, after_the, after_label;
    bool is_open; /* the last word wants another: on, at, by */
    bool after_day; /* tomorrow, this evening: a number that ends the text is an hour */
    enum when_loose loose;
    bool is_iso; /* the date is 2026-11-27: a hyphen behind its time is an offset's, not a span's */
};

/* Borrowed; behind the end a token that is like no other. */
const struct when_token *reader_token(const struct when_reader *r, size_t at);
bool reader_is_mark(const struct when_reader *r, size_t at, char mark);
bool reader_is_glued_mark(const struct when_reader *r, size_t at, char mark);
bool reader_is_number(const struct when_reader *r, size_t at, int digits_min, int digits_max);
bool reader_is_glued_number(const struct when_reader *r, size_t at, int digits_min, int digits_max);
bool reader_is_word(const struct when_reader *r, size_t at, const char *word);
struct when_word reader_word_of(const struct when_reader *r, size_t at, enum when_word_kind kind);
/* Whether there stands a unit of that size, in either language. */
bool reader_is_unit(const struct when_reader *r, size_t at, enum when_unit unit);
/* Whether nothing but marks is left of the text there. */
bool reader_ends_text(const struct when_reader *r, size_t at);
/* The full stop of an abbreviation: 1 or 0. */
size_t reader_stop(const struct when_reader *r, size_t at);

/* 27/11/2026, 27 nov, november 27th, 2026-11-27, with a year or not. */
size_t when_read_date(struct when_reader *r, size_t at);
/* A year behind day and month, a comma before it or not; in French also one of two digits. */
size_t when_read_year(const struct when_reader *r, size_t at, int *year_out);
/* st, nd, rd, th, er right behind a number. */
size_t when_read_ordinal(const struct when_reader *r, size_t at);
/* The number of a day alone: le 28, friday 28, the 28th. */
size_t when_read_day_number(struct when_reader *r, size_t at);
/* week 48, W48, semaine 48, 2026-W48-5, next week. */
size_t when_read_week(struct when_reader *r, size_t at);
/* end of next week, fin novembre, fin S48. */
size_t when_read_end(struct when_reader *r, size_t at);
/* A week, weekend or month without a day: mid-march, courant mars, next month. */
size_t when_read_vague(struct when_reader *r, size_t at);

/* the first monday of december, the last working day of the quarter, the next working day. */
size_t when_read_nth(struct when_reader *r, size_t at);
/* christmas eve, easter monday 2027. */
size_t when_read_feast(struct when_reader *r, size_t at);
/* december 2027, Q1, next quarter, 2027: behind the end of, the first day of. */
size_t when_read_period(struct when_reader *r, size_t at, struct when_period *out);
struct when_period when_period_of(int value);

size_t when_read_clock(struct when_reader *r, size_t at);
/* dix-sept heures, half past five, ten to six, half four. */
size_t when_read_spoken(struct when_reader *r, size_t at, struct when_clock *clock);
/* dix-sept, vingt et une, thirty. *value_out is left alone if it returns 0. */
size_t when_read_number_words(const struct when_reader *r, size_t at, int *value_out);
/* h, heure, heures behind a number; what stands behind them: 30, trente, et demie, moins dix. */
size_t when_read_hour_unit(const struct when_reader *r, size_t at);
size_t when_read_minutes_behind(const struct when_reader *r, size_t at, bool is_in_words,
                                struct when_clock *clock);
size_t when_read_oclock(const struct when_reader *r, size_t at);
void when_apply_meridiem(struct when_clock *clock, bool is_pm, struct said *said);
/* am, pm, p.m., with the full stop that belongs to it. */
size_t when_read_meridiem(const struct when_reader *r, size_t at, bool *is_pm_out);
/* Whether a clock time begins with the number there. */
bool when_is_clock(const struct when_reader *r, size_t at);

/* in, within, dans, sous + length. */
size_t when_read_in(struct when_reader *r, size_t at);
/* A length alone, in digits; behind by and d'ici, or before from now, also one in words. */
size_t when_read_length(struct when_reader *r, size_t at);
/* a week on friday, a fortnight from monday. */
size_t when_read_weeks_on(struct when_reader *r, size_t at);

size_t when_read_zone(struct when_reader *r, size_t at);

/* Sets the weekday; false if another one was said. */
bool reader_set_weekday(struct said *said, int weekday);

#endif
