#include "engine/personal.h"

#include <string.h>

#include "base/text.h"
#include "engine/absence.h"
#include "engine/calls.h"
#include "engine/command.h"
#include "engine/days_off.h"
#include "store/number.h"
#include "time/hours.h"

const char *personal_get(struct turn *turn, const char *person, const char *name)
{
    return store_str(turn->store, turn->arena, "SELECT value FROM personal WHERE person = ?1 AND name = ?2",
                     "ss", person, name);
}

/* A change of this kind belongs to no item: the history says whose it is in its detail. */
void personal_note(struct turn *turn, const char *person, const char *name, const char *value)
{
    turn_note(turn, 0, turn->room.id, arena_printf(turn->arena, "me %s", name),
              arena_printf(turn->arena, "%s %s", person, value ? value : "default"), 0);
}

void personal_keep(struct turn *turn, const char *person, const char *name, const char *value)
{
    if (value)
        store_run(turn->store,
                  "INSERT INTO personal(person, name, value) VALUES(?1, ?2, ?3)"
                  " ON CONFLICT(person, name) DO UPDATE SET value = excluded.value",
                  "sss", person, name, value);
    else
        store_run(turn->store, "DELETE FROM personal WHERE person = ?1 AND name = ?2", "ss", person, name);
}

void personal_set(struct turn *turn, const char *person, const char *name, const char *value)
{
    const char *before = personal_get(turn, person, name);
    if (before == value || (before && value && strcmp(before, value) == 0))
        return;
    personal_keep(turn, person, name, value);
    personal_note(turn, person, name, value);
}

static const char *or_else(const char *own, const char *of_room, const char *by_default)
{
    return own ? own : of_room ? of_room : by_default;
}

const char *personal_profile_zone(struct turn *turn, const char *person)
{
    return store_str(turn->store, turn->arena, "SELECT zone FROM profile WHERE person = ?1", "s", person);
}

void personal_keep_profile(struct turn *turn, const char *person, const char *zone)
{
    const char *before = personal_profile_zone(turn, person);
    store_run(
        turn->store,
        "INSERT INTO profile(person, zone, asked_ms) VALUES(?1, ?2, ?3) ON CONFLICT(person) DO UPDATE SET"
        " zone = excluded.zone, asked_ms = excluded.asked_ms",
        "ssi", person, zone, turn->now_ms);
    bool is_same = before == zone || (before && zone && strcmp(before, zone) == 0);
    if (is_same || personal_get(turn, person, "zone"))
        return;
    absence_reschedule(turn, person);
    lifecycle_reschedule(turn, person);
    calls_reschedule(turn, person);
}

void personal_forget_profile(struct turn *turn, const char *person)
{
    store_run(
        turn->store,
        "INSERT INTO profile(person, zone, asked_ms) VALUES(?1, NULL, ?2) ON CONFLICT(person) DO UPDATE SET"
        " zone = NULL, asked_ms = excluded.asked_ms",
        "si", person, INT64_MAX);
}

const char *personal_zone(struct turn *turn, const char *person)
{
    const char *own = personal_get(turn, person, "zone");
    return or_else(own ? own : personal_profile_zone(turn, person), turn->room.zone,
                   turn_defaults(turn)->zone);
}

const char *personal_country(struct turn *turn, const char *person)
{
    return or_else(personal_get(turn, person, "country"), turn->room.country, turn_defaults(turn)->country);
}

const char *personal_hours(struct turn *turn, const char *person)
{
    const char *hours = or_else(personal_get(turn, person, "hours"), NULL, turn_defaults(turn)->hours);
    return days_off_hours(turn, hours, personal_country(turn, person), person);
}

const char *personal_lang(struct turn *turn, const char *person)
{
    return or_else(personal_get(turn, person, "lang"), turn->room.lang, turn_defaults(turn)->lang);
}

void personal_address(struct turn *turn, const char *person)
{
    turn->lang = personal_lang(turn, person);
    turn->zone = personal_zone(turn, person);
    turn->hours = personal_hours(turn, person);
}

int64_t personal_next_work_ms(struct turn *turn, const char *person, int64_t from_ms)
{
    struct absence absence;
    if (absence_get(turn, person, &absence) && absence.from_ms <= from_ms && from_ms < absence.until_ms)
        from_ms = absence.until_ms;
    if (from_ms == ABSENCE_FOR_GOOD)
        return ABSENCE_FOR_GOOD;
    return hours_start_after(personal_hours(turn, person), personal_zone(turn, person), from_ms);
}

/* The first working moment from work_ms on, one itself, that is not quiet; INT64_MAX: in weeks there is none. */
static int64_t next_not_quiet_ms(struct turn *turn, const char *person, const char *quiet, int64_t work_ms)
{
    enum { LOOKS_MAX = 128 }; /* some weeks of several a day */
    const char *zone = personal_zone(turn, person);
    for (int i = 0; i < LOOKS_MAX && work_ms != ABSENCE_FOR_GOOD; i++) {
        int64_t end_ms = hours_end_of(quiet, zone, work_ms);
        if (end_ms == work_ms)
            return work_ms;
        work_ms = personal_next_work_ms(turn, person, end_ms);
    }
    return INT64_MAX;
}

int64_t personal_next_free_ms(struct turn *turn, const char *person, int64_t from_ms)
{
    const char *quiet = personal_get(turn, person, "quiet");
    int64_t work_ms = personal_next_work_ms(turn, person, from_ms);
    int64_t free_ms = quiet ? next_not_quiet_ms(turn, person, quiet, work_ms) : work_ms;
    return free_ms == INT64_MAX ? work_ms : free_ms;
}

bool personal_leaves_work(struct turn *turn, const char *person, const char *quiet)
{
    const char *zone = personal_zone(turn, person);
    int64_t work_ms = hours_start_after(personal_hours(turn, person), zone, turn->now_ms);
    return next_not_quiet_ms(turn, person, quiet, work_ms) != INT64_MAX;
}

int64_t personal_next_call_from_ms(struct turn *turn, const char *person, int64_t from_ms)
{
    int64_t at_ms = personal_next_free_ms(turn, person, from_ms > turn->cause_ms ? from_ms : turn->cause_ms);
    int64_t from_now_ms = personal_next_free_ms(turn, person, turn->now_ms);
    /* What a life of the store that was lost has said then is found, not said again, whatever the hour is now. */
    bool is_in_time =
        at_ms >= turn->now_ms || from_now_ms == turn->now_ms || number_is_restored(turn->store, turn->now_ms);
    return is_in_time ? at_ms : from_now_ms;
}

int64_t personal_next_call_ms(struct turn *turn, const char *person)
{
    return personal_next_call_from_ms(turn, person, turn->cause_ms);
}

bool personal_is_at_work(struct turn *turn, const char *person)
{
    return !absence_holds(turn, person) && personal_next_call_ms(turn, person) == turn->cause_ms;
}

int64_t personal_work_between(struct turn *turn, const char *person, int64_t a_ms, int64_t b_ms)
{
    const char *hours = personal_hours(turn, person), *zone = personal_zone(turn, person);
    struct absence absence;
    int64_t work_ms = hours_between(hours, zone, a_ms, b_ms);
    if (!absence_get(turn, person, &absence))
        return work_ms;
    int64_t from_ms = absence.from_ms > a_ms ? absence.from_ms : a_ms;
    int64_t until_ms = absence.until_ms < b_ms ? absence.until_ms : b_ms;
    return work_ms - hours_between(hours, zone, from_ms, until_ms);
}

int64_t personal_add_work(struct turn *turn, const char *person, int64_t from_ms, int64_t work_ms)
{
    const char *hours = personal_hours(turn, person), *zone = personal_zone(turn, person);
    struct absence absence;
    int64_t at_ms = hours_add(hours, zone, from_ms, work_ms);
    if (!absence_get(turn, person, &absence) || absence.until_ms == ABSENCE_FOR_GOOD ||
        absence.from_ms >= at_ms || absence.until_ms <= from_ms)
        return at_ms;
    int64_t before_ms = hours_between(hours, zone, from_ms, absence.from_ms);
    return hours_add(hours, zone, absence.until_ms, work_ms - before_ms);
}

const char *personal_read_asking(struct arena *arena, const char *typed)
{
    static const char *const thread[] = { "thread",   "the thread", "in thread", "in the thread", "room",
                                          "the room", "fil",        "le fil",    "dans le fil",   NULL };
    static const char *const direct[] = { "dm",
                                          "by dm",
                                          "in dm",
                                          "private",
                                          "direct message",
                                          "direct messages",
                                          "by direct message",
                                          "prive",
                                          "en prive",
                                          "message prive",
                                          "messages prives",
                                          "par message prive",
                                          "en message prive",
                                          NULL };
    const char *folded = text_fold(arena, typed);
    if (text_is_one_of(folded, thread))
        return "thread";
    return text_is_one_of(folded, direct) ? "direct" : NULL;
}
