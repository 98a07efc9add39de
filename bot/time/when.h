/*
 * when - dates in words, French and English: read rightly, or asked.
 *
 * Shape:   pure: the phrase, now, a zone, a language, working hours -> one instant, candidates, or why not.
 * Units:   *_ms since 1970 UTC, whole seconds.
 * Owns:    nothing; texts are in the caller's arena.
 * Bounds:  texts over 1,000 characters are not read; 8 candidates.
 * Source:  dates.md R0-R28.
 */
#ifndef TIME_WHEN_H
#define TIME_WHEN_H

#include <stddef.h>

#include "base/arena.h"
#include "time/civil.h"

enum { WHEN_CANDIDATES_MAX = 8 };

enum when_result { WHEN_AT, WHEN_ASK, WHEN_ERROR, WHEN_NONE };

/* Why there is no instant, so that a template can say it. MISFIT goes with WHEN_ASK: the date is no such weekday, and both are
 * candidates. */
enum when_fault { WHEN_FAULTLESS, WHEN_PAST, WHEN_IMPOSSIBLE, WHEN_UNREAD, WHEN_TOO_LONG, WHEN_MISFIT };

struct when_context {
    int64_t now_ms;
    const char *zone;
    const char *lang; /* "en", "fr"; overlays such as fr-CA by their beginning */
    const char *hours; /* hours.h, or NULL */
    bool is_strict; /* when_read: nothing is proposed for a span, a bare number and the like */
};

struct when {
    enum when_result result;
    enum when_fault fault;
    int64_t at_ms; /* WHEN_AT */
    struct civil civil; /* WHEN_AT: as announced, in zone */
    char zone[64];
    bool has_clock; /* a clock time was said */
    int64_t candidates[WHEN_CANDIDATES_MAX]; /* WHEN_ASK, in order of time */
    size_t n_candidates;
    const char *subject; /* sentences and tails: what is not the date; NULL for when_read */
    const char *phrase; /* the piece that was read or that raised the doubt */
};

/* The whole text is the phrase: R1-R24. */
struct when when_read(struct arena *arena, const struct when_context *context, const char *phrase);
/* A sentence with, perhaps, a deadline in it: R25, R26. WHEN_NONE: there is none. subject is set also when it
 * asks. */
struct when when_read_sentence(struct arena *arena, const struct when_context *context, const char *sentence);
/* The longest phrase that ends the text: R28. WHEN_NONE: no date ends it; subject is then all of it. */
struct when when_read_tail(struct arena *arena, const struct when_context *context, const char *text);

#endif
