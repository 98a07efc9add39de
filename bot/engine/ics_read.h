/*
 * ics_read - days off out of a calendar that somebody else wrote (iCalendar): whole days, and what could not be one.
 *
 * Shape:   an event is the days that it covers from beginning to end: with dates all of them, with times those that they fill in
 *          the zone. What repeats each year (RRULE, FREQ=YEARLY: on its date, or on the nth weekday of a month; INTERVAL,
 *          COUNT, UNTIL, EXDATE) is each of its times within the window. Whether it is marked as free time says nothing:
 *          calendars of holidays mark all of them so.
 * Bounds:  the enum below. Beyond: the event, or what a line has more, is left out, and that is said. Lines end with LF or
 *          CRLF; what is no UTF-8 shows as U+FFFD.
 * Owns:    all of it is in the caller's arena.
 * Missing: repeats of other kinds, RDATE, a changed time of a repeat (RECURRENCE-ID): left out, with the reason.
 * Source:  RFC 5545 3.1 (lines), 3.3.4, 3.3.5, 3.3.6, 3.3.10, 3.3.11, 3.6.1.
 */
#ifndef ENGINE_ICS_READ_H
#define ENGINE_ICS_READ_H

#include "engine/days_off.h"

enum {
    ICS_FILE_BYTES = 1 << 20,
    ICS_LINE_BYTES = 8 * 1024, /* unfolded; the rest of a longer one is not read */
    ICS_EVENTS_MAX = 5000,
    ICS_DEPTH_MAX = 8, /* of components within components */
    ICS_DAYS_MAX = DAYS_OFF_MAX, /* spans that come of it, the first ones */
    ICS_LEFT_OUT_MAX = 100, /* shown; the others are counted */
    ICS_EXCEPTIONS_MAX = 64, /* of one event */
};

enum ics_why {
    ICS_NO_DATE,
    ICS_PART_OF_A_DAY,
    ICS_TOO_LONG, /* DAYS_OFF_LONGEST */
    ICS_REPEATS, /* in a way that is not read */
    ICS_CANCELLED,
    ICS_TOO_MANY,
    ICS_TOO_DEEP,
};
struct ics_left_out {
    const char *name;
    enum ics_why why;
};

struct ics_days {
    bool is_calendar; /* else there is none in the text, and nothing else here */
    bool is_cut; /* the text ends in the middle of it */
    struct days_off *days; /* in order, none twice */
    size_t n;
    struct ics_left_out *left_out;
    size_t n_left_out, n_left_out_more;
    size_t n_outside; /* spans that lie before or behind the window */
};

/* Those that touch the window. zone: where a time that names none is a day. */
struct ics_days ics_read(struct arena *arena, const char *text, size_t len, const char *zone,
                         struct hours_off window);
/* "it repeats in a way that is not read": for the command line. */
const char *ics_why_text(enum ics_why why);

#endif
