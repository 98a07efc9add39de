#include "engine/digest.h"

#include <stdlib.h>
#include <string.h>

#include "engine/absence.h"
#include "engine/direct.h"
#include "engine/mine.h"
#include "engine/personal.h"
#include "store/timer.h"
#include "time/civil.h"
#include "time/hours.h"
#include "time/zone.h"

enum { AGAIN_MS = 60 * 1000 };

static const char *const wishes[] = { [DIGEST_WEEKS] = "week", [DIGEST_MORNINGS] = "morning" };

enum digest digest_wish(struct turn *turn, const char *person)
{
    const char *wish = personal_get(turn, person, "digest");
    if (!wish)
        return DIGEST_NEVER;
    return strcmp(wish, wishes[DIGEST_WEEKS]) == 0 ? DIGEST_WEEKS : DIGEST_MORNINGS;
}

/* --- Their mornings and weeks --- */

static int64_t morning_of(struct turn *turn, const char *person, int64_t day_number)
{
    int64_t midnight_ms = zone_instant(personal_zone(turn, person), civil_from_day(day_number));
    return personal_next_free_ms(turn, person, midnight_ms);
}

static int64_t today_of(struct turn *turn, const char *person)
{
    return hours_day_of(personal_zone(turn, person), turn->now_ms);
}

static int64_t monday_of(int64_t day_number)
{
    return day_number - civil_weekday(day_number);
}

static bool has_had_week(struct turn *turn, const char *person, int64_t monday)
{
    const char *last = personal_get(turn, person, "digest week");
    return last && strtoll(last, NULL, 10) >= monday;
}

static void keep_week(struct turn *turn, const char *person, int64_t monday)
{
    personal_keep(turn, person, "digest week", arena_printf(turn->arena, "%lld", (long long)monday));
}

/* Of today, if it is still to come, else of the next day on which they work; of the next week for who has had the list of this one
 * and wishes no other. */
static int64_t next_morning_ms(struct turn *turn, const char *person)
{
    int64_t today = today_of(turn, person);
    if (digest_wish(turn, person) == DIGEST_WEEKS && has_had_week(turn, person, monday_of(today)))
        return morning_of(turn, person, monday_of(today) + 7);
    int64_t at_ms = morning_of(turn, person, today);
    return at_ms > turn->now_ms ? at_ms : morning_of(turn, person, today + 1);
}

/* --- The timer --- */

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
    if (digest_wish(turn, person) == DIGEST_NEVER) {
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

void digest_set(struct turn *turn, const char *person, enum digest wish)
{
    int64_t monday = monday_of(today_of(turn, person));
    personal_set(turn, person, "digest", wishes[wish]);
    /* A week that has begun without them is not made up for. */
    if (morning_of(turn, person, monday) <= turn->now_ms)
        keep_week(turn, person, monday);
    digest_reschedule(turn, person);
}

/* --- A morning --- */

/* Back, and not told yet what came meanwhile: that comes first. */
static bool is_about_to_hear(struct turn *turn, const char *person)
{
    return absence_holds(turn, person) && !absence_is_at(turn, person, turn->now_ms);
}

static void say(struct turn *turn, const char *person, bool is_weekly)
{
    struct mine_to_do mine = mine_to_do(turn, person, is_weekly ? MINE_ALL : MINE_TODAY);
    if (mine.list.n == 0)
        return;
    const char *const mentions[] = { person, NULL };
    turn_enter_room(turn, direct_room(turn, person));
    struct json_object *values = mine_values(turn, person, &mine.list);
    json_set_bool(values, is_weekly ? "week" : "morning", true);
    json_set_int(values, "past_more", (int64_t)mine.n_past);
    turn_say(turn, (struct say){ .step = DIGEST_TIMER,
                                 .template_name = "mine/list",
                                 .values = values,
                                 .mentions = mentions,
                                 .role = "ping" });
}

void digest_morning(struct turn *turn, const char *person)
{
    enum digest wish = digest_wish(turn, person);
    int64_t today = today_of(turn, person), monday = monday_of(today);
    bool is_today = hours_day_of(personal_zone(turn, person), turn->cause_ms) == today;
    bool is_now = wish != DIGEST_NEVER && is_today && personal_is_at_work(turn, person);
    bool is_weekly = is_now && !has_had_week(turn, person, monday);
    if (is_weekly)
        keep_week(turn, person, monday);
    digest_reschedule(turn, person);
    if (wish != DIGEST_NEVER && is_today && is_about_to_hear(turn, person))
        set_timer(turn, person, turn->cause_ms + AGAIN_MS);
    if (is_now && (is_weekly || wish == DIGEST_MORNINGS))
        say(turn, person, is_weekly);
}
