/*
 * recur_words - what comes back, in words: read, said back, and as it could be typed again.
 *
 * Shape:   "every 2 weeks on tue and thu 14:00 until 31 december", « le premier lundi du mois à 9h »: read by the words,
 *          clock times, zones and dates of when.h, of both languages in both. Said by templates/LANG/words/recurrence.
 * Owns:    nothing; texts are in the caller's arena.
 * Bounds:  those of when.h and recur.h; 4 candidates.
 * Source:  dates.md R1-R8, R11, R14, R15, R17, R21, R28 apply; a repetition needs a word that says so (every, each,
 *          chaque, tous les, daily, mondays, sur deux, of the month). Seen, and refused with what to type: minutes, "twice
 *          a week", biweekly, quarters, weekends, two days of a month, feasts that move.
 */
#ifndef TIME_RECUR_WORDS_H
#define TIME_RECUR_WORDS_H

#include "time/recur.h"
#include "time/when.h"

enum { RECUR_CANDIDATES_MAX = 4 };

struct recur_reading {
    enum when_result result; /* WHEN_AT: rule; WHEN_NONE: nothing comes back here, the text may be a date */
    enum when_fault fault;
    struct recur rule; /* WHEN_AT */
    bool has_no_time; /* WHEN_ASK: everything is clear but the time of the day */
    struct recur candidates[RECUR_CANDIDATES_MAX]; /* WHEN_ASK */
    size_t n_candidates;
    const char *subject; /* what is not the rule */
    const char *phrase; /* the piece that was read or that raised the doubt */
};

/* The longest phrase that ends the text. Working days are those of the context's hours, else Monday to Friday; where
 * nothing else is said a rule starts now, and hours count from now. */
struct recur_reading recur_read_tail(struct arena *arena, const struct when_context *context,
                                     const char *text);

/* "every Monday at 09:00, 10 times": in the language, the zone not named. */
char *recur_say(struct arena *arena, const char *lang, const struct recur *rule, int64_t now_ms);
/* What recur_read_tail makes the same rule of, but for a start that is over and for its pause. */
char *recur_type(struct arena *arena, const struct recur *rule, int64_t now_ms);

#endif
