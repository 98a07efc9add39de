/*
 * zone_names - the names of time zones as people write them: in any case, or by the city.
 *
 * Shape:   names are those of zone.h; an index of them is made once and kept.
 * Owns:    what is returned is static.
 * Errors:  NULL if there is none, or if its file is not there.
 * Source:  dates.md R21.
 */
#ifndef TIME_ZONE_NAMES_H
#define TIME_ZONE_NAMES_H

#include "base/arena.h"

/* "europe/paris" */
const char *zone_names_find(const char *name);
/* "new york", in lower case, words apart by spaces. */
const char *zone_names_of_city(const char *city);
/* "londres", "le caire": folded. */
const char *zone_names_of_french_city(const char *city);
/* Any of these, as somebody typed it. */
const char *zone_names_read(struct arena *arena, const char *typed);

#endif
