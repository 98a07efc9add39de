/*
 * hours_words - working hours as people write and read them.
 *
 * Shape:   days and times in either language, "mon-fri 9-12 13-17", "du lundi au jeudi 8h30-12h; ven 9h à 12h"; no day
 *          means Monday to Friday. What is kept is the text of hours.h. Nothing is guessed: a word too many, an hour
 *          that ends before it begins, or no time at all, and nothing is read.
 * Owns:    texts live in the caller's arena, a value is the caller's to put.
 * Source:  dates.md R2, R5 (how times are written), R15.
 */
#ifndef TIME_HOURS_WORDS_H
#define TIME_HOURS_WORDS_H

#include <json-c/json.h>

#include "base/arena.h"

/* The text of hours.h; NULL: cannot be read. */
const char *hours_words_read(struct arena *arena, const char *typed);
/* The same for hours that may go over midnight, "20:00-8:00": each day's, where no day is named. */
const char *hours_words_read_quiet(struct arena *arena, const char *typed);
/* For templates, a list of {days: "Mon-Fri", intervals: [{from: "09:00", to, last}], last}, from a text of hours.h. */
struct json_object *hours_words_value(const char *lang, const char *kept);
/* The same of what hours_words_read_quiet has read; days is "" where they are alike. */
struct json_object *hours_words_quiet_value(const char *lang, const char *kept);

#endif
