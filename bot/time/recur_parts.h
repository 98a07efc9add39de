/*
 * recur_parts - inside recur_words: what a phrase says of what comes back, part by part.
 *
 * Shape:   recur_parts.c reads a run of tokens into struct every; every token counts. recur_read.c makes a rule of it, or
 *          several, and finds the phrase in a text.
 * Source:  dates.md R1-R5.
 */
#ifndef TIME_RECUR_PARTS_H
#define TIME_RECUR_PARTS_H

#include "time/recur.h"
#include "time/when_parts.h"

struct every_words; /* what stands at a token: looked up once, asked for often */

struct every_text {
    const struct when_tokens *tokens;
    const struct every_words *words; /* in the arena, one a token */
    const struct when_context *context;
};

struct every {
    const struct when_tokens *tokens;
    const struct every_words *words;
    size_t end;
    const struct when_context *context;

    bool is_each; /* a word says that it comes back */
    int n; /* every n; 0: not said */
    bool has_unit;
    enum recur_unit unit;
    bool is_weekdays, is_open_days; /* Monday to Friday; jours ouvrables */
    bool is_one_off; /* tous les 15 jours: 14 or 15 */
    unsigned weekdays;
    int nth, day, month; /* as in struct recur; 0: not said */
    bool is_nth_working; /* the nth working day */
    bool has_range, is_range_only; /* du lundi au vendredi: every week? */
    bool is_polite;
    bool is_nth_each, is_of_month; /* every second tuesday: of the month, or each other week? */
    struct when_clock clocks[RECUR_TIMES_MAX];
    int n_clocks;
    enum when_part part;
    bool has_zone;
    char zone[RECUR_ZONE_MAX];
    bool has_until, has_from;
    struct when until, from;
    int count;
    int64_t except[RECUR_EXCEPTIONS_MAX]; /* days */
    int n_except;
    bool is_impossible, is_doubtful;

    /* The place where the reading stands. */
    bool after_each, after_article, after_clock, is_at, is_open;
    bool is_each_french;
};

struct every_text every_text(struct arena *arena, const struct when_context *context,
                             const struct when_tokens *tokens);
/* Of what begins there and ends the text: false if a word is left over, or nothing says that it comes back. */
bool every_parse(const struct every_text *text, size_t from, struct every *out);
/* Whether a word like every stands there with a day or a length of time behind it: then it should have been read. */
bool every_is_meant(const struct every_text *text, size_t at);

#endif
