/*
 * holidays - public holidays of a country, or of a part of it, computed: fixed dates, days from Easter, nth weekdays, and what
 *            stands in for those that fall on a weekend.
 *
 * Shape:   a code is a country (ISO 3166-1: FR, BE, LU, DE, CH, GB, IE, ES, IT, NL, PT, US, CA), or it and a part (ISO 3166-2):
 *          DE-BY, CH-ZH, GB-SCT, CA-QC. A country alone has the days of all its parts; CA those of the whole country.
 *          Where a day moves off a weekend, the day itself and the one that stands in for it are both holidays.
 * Units:   a day is a day number (civil.h).
 * Bounds:  the laws as they were known in 2026: right for 2020 to 2040, computed for other years.
 * Missing: communes, school holidays, half days, days that only offices have, other parts of ES, FR, IT, PT, US and CA.
 * Source:  tests/oracle/holidays compares all of them with the PyPI package of that name.
 */
#ifndef TIME_HOLIDAYS_H
#define TIME_HOLIDAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

enum { HOLIDAYS_CODE_MAX = 8 }; /* with its NUL */

bool holidays_is_known(const char *code);
/* An unknown code has none. */
bool holidays_is_off(const char *code, int64_t day);
/* As it is typed, in any case; NULL: no code. */
const char *holidays_read(struct arena *arena, const char *typed);
/* Easter Sunday of the Gregorian calendar. */
int64_t holidays_easter(int year);
/* The codes in order; NULL behind the last. Static. */
const char *holidays_code(int index);

#endif
