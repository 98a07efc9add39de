/*
 * timewords - instants as people read them: days, hours, zones, how far off.
 *
 * Shape:   the words and patterns are templates/LANG/words/dates.txt and zones.txt.
 * Units:   at_ms, now_ms in ms since 1970 UTC; zone an IANA name, an unknown one is read as UTC.
 * Owns:    nothing; texts live in the caller's arena.
 * Source:  words.md 3.11-3.16.
 */
#ifndef TIME_TIMEWORDS_H
#define TIME_TIMEWORDS_H

#include <stdint.h>

#include "base/arena.h"

struct timewords_instant {
    const char *lang, *zone;
    int64_t at_ms;
    int now_year; /* the year is written if it is another */
};

/*
 * For templates; NULL if it is none of these:
 *   card      Fri 27 Nov 17:00 CET              ven. 27 nov., 17 h (heure de Paris)
 *   short     Fri 27 Nov 17:00                  ven. 27 nov., 17 h
 *   sentence  Friday 27 November at 17:00 CET   vendredi 27 novembre à 17 h (heure de Paris)
 *   long      Friday 27 November at 17:00       vendredi 27 novembre à 17 h
 *   day       Fri 27 Nov                        ven. 27 nov.
 *   day_long  Friday 27 November                vendredi 27 novembre
 *   hour      17:00                             17 h
 *   zone      CET                               heure de Paris
 *   twice     not "": this clock time comes twice that day, and only its zone says which it is
 */
const char *timewords_text(struct arena *arena, const struct timewords_instant *instant, const char *form);
/* The year of now in that zone. */
int timewords_year(const char *zone, int64_t now_ms);

/* How far off, "in 26 h", "3 h ago"; « dans 26 h », « il y a 3 h »: under 2 h in minutes, under 48 h in hours, else in
 * days, to the nearest. */
char *timewords_in(struct arena *arena, const char *lang, int64_t at_ms, int64_t now_ms);

/* The zone of a time: CET, or Istanbul time where the abbreviation is a number; in French the city. Of a
 * clock time that comes twice, which of the two, where that needs words. */
char *timewords_zone(struct arena *arena, const char *lang, int64_t at_ms, const char *zone);

/* A weekday (0 = Monday), short: Mon, lun. And a minute of the day: 09:00, 9 h. */
char *timewords_weekday(struct arena *arena, const char *lang, int weekday);
char *timewords_clock(struct arena *arena, const char *lang, int minute);

/* 03:20, in every language: what begins a line of the console. */
char *timewords_head(struct arena *arena, int64_t at_ms, const char *zone);

#endif
