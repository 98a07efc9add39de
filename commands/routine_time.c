/* When the rounds of a routine begin: for each person with their own day. */
#include "commands/standup_private.h"
#include "engine/absence.h"
#include "engine/personal.h"
#include "time/hours.h"
#include "time/zone.h"

enum { DAYS_LOOKED_AT = 15, DAYS_OF_A_RULE = 400 };
enum { AGAIN_MS = 7 * 24 * HOUR_MS, NUMBER_AGAIN_MS = 60 * 1000 };

int64_t routine_begins_ms(struct turn *turn, const struct routine *routine, const char *person, int64_t day)
{
    const char *zone = personal_zone(turn, person);
    struct civil from = civil_from_day(day);
    from.hour = routine->minute / 60;
    from.minute = routine->minute % 60;
    int64_t at_ms =
        personal_next_free_ms(turn, person, zone_instant(routine->zone ? routine->zone : zone, from));
    /* Once more: they may work then and be away by then. */
    if (at_ms != ABSENCE_FOR_GOOD)
        at_ms = personal_next_free_ms(turn, person, at_ms);
    bool is_on_it = at_ms != ABSENCE_FOR_GOOD && hours_day_of(zone, at_ms) < day + routine->span_days;
    return is_on_it ? at_ms : ABSENCE_FOR_GOOD;
}

/* When the first of them begins with it; ABSENCE_FOR_GOOD: nobody does. */
static int64_t first_begins_ms(struct turn *turn, const struct routine *routine,
                               const struct person_list *people, int64_t day)
{
    int64_t first_ms = ABSENCE_FOR_GOOD;
    for (size_t i = 0; i < people->n; i++) {
        int64_t at_ms = routine_begins_ms(turn, routine, people->ids[i], day);
        first_ms = at_ms < first_ms ? at_ms : first_ms;
    }
    return first_ms;
}

/* Somebody can still be asked in it: their day is not over. */
static bool has_somebody(struct turn *turn, const struct routine *routine, const struct person_list *people,
                         int64_t day)
{
    for (size_t i = 0; i < people->n; i++) {
        const char *person = people->ids[i];
        int64_t begins_ms = routine_begins_ms(turn, routine, person, day);
        if (begins_ms == ABSENCE_FOR_GOOD)
            continue;
        int64_t at_ms =
            begins_ms > turn->now_ms ? begins_ms : personal_next_free_ms(turn, person, turn->now_ms);
        if (at_ms != ABSENCE_FOR_GOOD &&
            hours_day_of(personal_zone(turn, person), at_ms) < day + routine->span_days)
            return true;
    }
    return false;
}

bool routine_next_day(struct turn *turn, const struct routine *routine, int64_t after_day, int64_t *day_out,
                      int64_t *begins_ms_out)
{
    struct person_list people = routine_people(turn, routine);
    /* Somewhere it is still yesterday. */
    int64_t first = hours_day_of("UTC", turn->now_ms) - routine->span_days;
    first = first > after_day ? first : after_day + 1;
    int64_t end = first + (routine->rule ? DAYS_OF_A_RULE : DAYS_LOOKED_AT) + routine->span_days;
    for (int64_t day = routine_dated_from(routine, first); day < end;
         day = routine_dated_from(routine, day + 1)) {
        int64_t begins_ms = first_begins_ms(turn, routine, &people, day);
        if (begins_ms == ABSENCE_FOR_GOOD || begins_ms < routine->since_ms ||
            !has_somebody(turn, routine, &people, day))
            continue;
        *day_out = day;
        *begins_ms_out = begins_ms;
        return true;
    }
    return false;
}

static int64_t last_day(struct turn *turn, const struct item *item)
{
    struct item *newest = routine_newest_round(turn, item->id, 0);
    return newest ? round_day(turn, newest) : 0;
}

/* Those whose hours, zone and absences move it. */
static void ask_all(struct turn *turn, struct item *item, const struct routine *routine)
{
    struct person_list people = routine_people(turn, routine);
    for (size_t i = 0; i < people.n; i++)
        if (!item_is_asked(turn, item, people.ids[i]))
            item_ask(turn, item, people.ids[i]);
}

void routine_set_timer(struct turn *turn, struct item *item, const struct routine *routine)
{
    int64_t day, begins_ms;
    ask_all(turn, item, routine);
    if (!routine_next_day(turn, routine, last_day(turn, item), &day, &begins_ms))
        begins_ms = turn->now_ms + AGAIN_MS;
    item_set_timer(turn, item, "due", begins_ms, true);
}

enum outcome routine_begin(struct turn *turn, struct item *item, const struct act_request *request)
{
    (void)request;
    struct routine routine = routine_of(turn, item);
    int64_t day, begins_ms;
    bool is_due =
        routine_next_day(turn, &routine, last_day(turn, item), &day, &begins_ms) && begins_ms <= turn->now_ms;
    if (is_due && !round_open(turn, item, &routine, day)) {
        item_set_timer(turn, item, "due", turn->now_ms + NUMBER_AGAIN_MS, true);
        return OUTCOME_DONE;
    }
    routine_set_timer(turn, item, &routine);
    return OUTCOME_DONE;
}
