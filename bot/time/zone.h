/*
 * zone - time zones of the tz database: instants to civil times and back.
 *
 * Shape:   names are those of the system's list only (zone_is_known), never a path; what is loaded is kept.
 * Units:   at_ms since 1970 UTC; offset_s seconds east of UTC.
 * Errors:  an unknown name is UTC: callers check zone_is_known where a name comes in.
 * Source:  dates.md R21, R22; trust.md D.1 (cctz: no difference from zoneinfo), B.2 row 19.
 */
#ifndef TIME_ZONE_H
#define TIME_ZONE_H

#include "time/civil.h"

#ifdef __cplusplus
extern "C" {
#endif

bool zone_is_known(const char *name);
/* The names of the list in order, the first behind NULL; NULL behind the last. Static. */
const char *zone_next(const char *name);

struct zone_local {
    struct civil civil;
    int offset_s;
    char abbreviation[16];
    bool is_dst;
    int weekday; /* 0 = Monday */
};
struct zone_local zone_local(const char *zone, int64_t at_ms);

/* A civil time that is skipped means the first instant after the gap; one that occurs twice, the first.
 * Fields out of range (hour 24, day 32) are carried over. */
int64_t zone_instant(const char *zone, struct civil civil);

#ifdef __cplusplus
}
#endif

#endif
