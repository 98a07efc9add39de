/*
 * moments - how long before a date somebody is reminded of it: "1 day, 1 hour", in working days and working hours.
 *
 * Shape:   parts by ',', each a number and "day(s)" or "hour(s)"; "none": not before the date at all.
 * Bounds:  MOMENTS_MAX parts, 1 to 30 days, 1 to 99 hours.
 * Errors:  what cannot be read is none.
 */
#ifndef ENGINE_MOMENTS_H
#define ENGINE_MOMENTS_H

#include <stdbool.h>

enum { MOMENTS_MAX = 4, MOMENTS_DAYS_MAX = 30, MOMENTS_HOURS_MAX = 99 };

#define MOMENTS_DEFAULT "1 day, 1 hour"

struct moment {
    int n_days; /* working days; 0: it is hours */
    int n_hours;
};
struct moments {
    struct moment moments[MOMENTS_MAX];
    int n;
};

bool moments_parse(const char *text, struct moments *out);

#endif
