/*
 * ics_event - one event of a calendar as it is being read (ics_read.c): its properties, then its days.
 *
 * Shape:   ics_event_begin, ics_event_take for each property in whatever order, ics_event_judge, and if that found nothing wrong
 *          ics_event_next until it says false.
 * Owns:    texts are in the arena.
 */
#ifndef ENGINE_ICS_EVENT_H
#define ENGINE_ICS_EVENT_H

#include "engine/ics_read.h"

struct ics_moment {
    bool is_there, has_time;
    int64_t day;
    int minute;
};
struct ics_rule {
    bool is_there, is_unread;
    int every, count; /* 0: without end */
    int nth, weekday, month; /* nth 0: on the date of the start */
    struct ics_moment until;
};
struct ics_event {
    struct arena *arena; /* borrowed, as the zone */
    const char *zone;
    const char *name; /* "" until it is read */
    struct ics_moment start, end;
    int64_t length_days; /* of DURATION; -1: none */
    char *rule_text; /* NULL: it does not repeat */
    struct ics_rule rule;
    int64_t exceptions[ICS_EXCEPTIONS_MAX];
    int n_exceptions;
    bool is_cancelled;
    bool is_other; /* a time of a repeat, or times that are not read */
    int64_t shift, n_days; /* the first whole day from the start on, and how many */
    int year, n; /* the next time of a repeat */
};

void ics_event_begin(struct ics_event *event, struct arena *arena, const char *zone);
void ics_event_take(struct ics_event *event, const char *name, const char *value);
/* False: it is no days off, and why. */
bool ics_event_judge(struct ics_event *event, enum ics_why *why_out);
/* Its next days, if they begin not after that year. */
bool ics_event_next(struct ics_event *event, int last_year, struct hours_off *out);

#endif
