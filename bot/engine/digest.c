#include "engine/digest.h"

#include "engine/absence.h"
#include "engine/direct.h"
#include "engine/mine.h"
#include "engine/personal.h"
#include "store/timer.h"
#include "time/hours.h"
#include "time/zone.h"

enum { AGAIN_MS = 60 * 1000 };

bool digest_is_wanted(struct turn *turn, const char *person)
{
    return personal_get(turn, person, "digest") != NULL;
}

void digest_set(struct turn *turn, const char *person, bool is_wanted)
{
    personal_set(turn, person, "digest", is_wanted ? "morning" : NULL);
    digest_reschedule(turn, person);
}

static int64_t morning_of(struct turn *turn, const char *person, int64_t day_number)
{
    int64_t midnight_ms = zone_instant(personal_zone(turn, person), civil_from_day(day_number));
    return personal_next_free_ms(turn, person, midnight_ms);
}

/* Of today, if it is still to come, else of the next day on which they work. */
static int64_t next_morning_ms(struct turn *turn, const char *person)
{
    int64_t today = hours_day_of(personal_zone(turn, person), turn->now_ms);
    int64_t at_ms = morning_of(turn, person, today);
    return at_ms > turn->now_ms ? at_ms : morning_of(turn, person, today + 1);
}

static void set_timer(struct turn *turn, const char *person, int64_t due_ms)
{
    const char *key = turn_timer_key(turn, person, DIGEST_TIMER);
    struct timer timer = {
        .key = key, .due_ms = due_ms, .what = DIGEST_TIMER, .person = person, .needs_barrier = true
    };
    if (due_ms == ABSENCE_FOR_GOOD)
        timer_remove(turn->store, key);
    else
        timer_set(turn->store, &timer);
}

/* Or at once after what is due now. */
static bool is_due(struct turn *turn, const char *person)
{
    return store_int(turn->store, INT64_MAX, "SELECT due_ms FROM timer WHERE key = ?1", "s",
                     turn_timer_key(turn, person, DIGEST_TIMER)) <= turn->now_ms + AGAIN_MS;
}

void digest_reschedule(struct turn *turn, const char *person)
{
    if (!digest_is_wanted(turn, person)) {
        set_timer(turn, person, ABSENCE_FOR_GOOD);
        return;
    }
    /* Who comes back the moment that their day begins has the list of that day. */
    if (is_due(turn, person))
        return;
    /* What is said to them alone is in their own zone, wherever they asked for it. */
    struct room here = turn->room;
    turn->room = (struct room){ 0 };
    int64_t due_ms = next_morning_ms(turn, person);
    turn->room = here;
    set_timer(turn, person, due_ms);
}

/* Back, and not told yet what came meanwhile: that comes first. */
static bool is_about_to_hear(struct turn *turn, const char *person)
{
    return absence_holds(turn, person) && !absence_is_at(turn, person, turn->now_ms);
}

void digest_morning(struct turn *turn, const char *person)
{
    const char *zone = personal_zone(turn, person);
    bool is_today = hours_day_of(zone, turn->cause_ms) == hours_day_of(zone, turn->now_ms);
    digest_reschedule(turn, person);
    if (!digest_is_wanted(turn, person) || !is_today)
        return;
    if (is_about_to_hear(turn, person))
        set_timer(turn, person, turn->cause_ms + AGAIN_MS);
    if (!personal_is_at_work(turn, person))
        return;
    struct item_list mine = mine_to_do(turn, person);
    if (mine.n == 0)
        return;
    const char *const mentions[] = { person, NULL };
    turn_enter_room(turn, direct_room(turn, person));
    struct json_object *values = mine_values(turn, person, &mine);
    json_set_bool(values, "morning", true);
    turn_say(turn, (struct say){ .step = DIGEST_TIMER,
                                 .template_name = "mine/list",
                                 .values = values,
                                 .mentions = mentions,
                                 .role = "ping" });
}
