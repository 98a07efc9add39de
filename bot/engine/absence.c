#include "engine/absence.h"

#include <string.h>

#include "base/plant.h"
#include "engine/calls.h"
#include "engine/command.h"
#include "engine/direct.h"
#include "engine/personal.h"
#include "store/timer.h"

enum { HELD_MAX = 64 }; /* items in one message; one more than that is asked in its thread */

bool absence_get(struct turn *turn, const char *person, struct absence *out)
{
    struct rows rows = store_rows(
        turn->store, "SELECT from_ms, until_ms, text, room FROM absence WHERE person = ?1", "s", person);
    if (!rows_next(&rows))
        return false;
    *out = (struct absence){ .from_ms = rows_int(&rows, 0),
                             .until_ms = rows_is_null(&rows, 1) ? ABSENCE_FOR_GOOD : rows_int(&rows, 1),
                             .reason = rows_int(&rows, 2),
                             .room = rows_int(&rows, 3) };
    rows_end(&rows);
    return !PLANTED(AWAY_IGNORED);
}

bool absence_is_at(struct turn *turn, const char *person, int64_t at_ms)
{
    struct absence absence;
    return absence_get(turn, person, &absence) && absence.from_ms <= at_ms && at_ms < absence.until_ms;
}

bool absence_holds(struct turn *turn, const char *person)
{
    struct absence absence;
    return absence_get(turn, person, &absence) && absence.from_ms <= turn->now_ms;
}

static void set_timer(struct turn *turn, const char *person, int64_t until_ms)
{
    const char *key = turn_timer_key(turn, person, ABSENCE_TIMER);
    if (until_ms == ABSENCE_FOR_GOOD) {
        timer_remove(turn->store, key);
        return;
    }
    struct timer timer = { .key = key,
                           .due_ms = personal_next_free_ms(turn, person, until_ms),
                           .what = ABSENCE_TIMER,
                           .person = person,
                           .needs_barrier = true };
    timer_set(turn->store, &timer);
}

void absence_set(struct turn *turn, const char *person, const struct absence *absence)
{
    store_run(turn->store, "DELETE FROM absence WHERE person = ?1", "s", person);
    store_run(turn->store,
              "INSERT INTO absence(person, from_ms, until_ms, text, room)"
              " VALUES(?1, ?2, nullif(?3, ?6), nullif(?4, 0), ?5)",
              "siiiii", person, absence->from_ms, absence->until_ms, absence->reason, absence->room,
              ABSENCE_FOR_GOOD);
    personal_note(turn, person, "away",
                  absence->until_ms == ABSENCE_FOR_GOOD
                      ? arena_printf(turn->arena, "%lld", (long long)absence->from_ms)
                      : arena_printf(turn->arena, "%lld %lld", (long long)absence->from_ms,
                                     (long long)absence->until_ms));
    set_timer(turn, person, absence->until_ms);
    lifecycle_reschedule(turn, person);
    calls_reschedule(turn, person);
}

bool absence_end(struct turn *turn, const char *person)
{
    struct absence absence;
    if (!absence_get(turn, person, &absence) || absence.until_ms <= turn->now_ms)
        return false;
    store_run(turn->store, "UPDATE absence SET until_ms = ?2, from_ms = min(from_ms, ?2) WHERE person = ?1",
              "si", person, turn->now_ms);
    personal_note(turn, person, "back", NULL);
    set_timer(turn, person, turn->now_ms);
    lifecycle_reschedule(turn, person);
    return true;
}

void absence_reschedule(struct turn *turn, const char *person)
{
    struct absence absence;
    if (absence_get(turn, person, &absence))
        set_timer(turn, person, absence.until_ms);
}

/* --- Back --- */

struct held {
    struct item *items[HELD_MAX];
    size_t n;
};

static void find_held(struct turn *turn, const char *person, struct held *held)
{
    int64_t ids[HELD_MAX];
    size_t n = 0;
    struct rows rows =
        store_rows(turn->store,
                   "SELECT a.item FROM asked a JOIN item i ON i.id = a.item WHERE a.person = ?1"
                   " AND a.has_left = 0 AND i.closed_ms IS NULL ORDER BY i.deadline_ms LIMIT ?2",
                   "si", person, (int64_t)HELD_MAX);
    while (rows_next(&rows))
        ids[n++] = rows_int(&rows, 0);
    for (size_t i = 0; i < n; i++) {
        struct item *item = item_get(turn, ids[i]);
        if (!item || !item->habit->has_held || !room_has_joined(turn->store, item->room, person))
            continue;
        turn_enter_room(turn, item->room);
        if (item->habit->has_held(turn, item, person))
            held->items[held->n++] = item;
    }
}

static struct json_object *held_row(struct turn *turn, const struct item *item)
{
    enum { SUBJECT_MAX = 80 };
    struct json_object *row = values_new();
    json_set_str(row, "id", item->name);
    json_set(row, "subject", values_text(item_field(turn, item, "subject"), SUBJECT_MAX));
    json_set(row, "deadline", values_time(turn, item->deadline_ms, NULL));
    json_set_bool(row, "past", item->deadline_ms <= turn->now_ms);
    /* false: else the template finds the example around the list */
    for (const struct habit *const *habit = turn_habits(turn); *habit; habit++)
        json_set_bool(row, (*habit)->folder, *habit == item->habit);
    return row;
}

static void say_held(struct turn *turn, const char *person, const struct held *held)
{
    const char *const mentions[] = { person, NULL };
    struct json_object *values = values_new(), *list = json_object_new_array();
    turn_enter_room(turn, direct_room(turn, person));
    for (size_t i = 0; i < held->n; i++)
        json_object_array_add(list, held_row(turn, held->items[i]));
    json_set(values, "person", values_person(turn, person));
    json_set(values, "list", list);
    json_set(values, "calls", calls_take(turn, person));
    /* An example of each kind: what to do about it. */
    for (size_t i = held->n; i-- > 0;)
        json_set_str(values, held->items[i]->habit->folder, held->items[i]->name);
    int64_t row = turn_say(turn, (struct say){ .step = "returned",
                                               .template_name = "away/returned",
                                               .values = values,
                                               .mentions = mentions,
                                               .role = "ping" });
    for (size_t i = 0; i < held->n; i++) {
        struct item *item = held->items[i];
        item_note_called(turn, item, person, row);
        /* It says by itself that its date has passed. */
        if (item->deadline_ms <= turn->now_ms)
            item_note_reminded(turn, item, person);
    }
}

void absence_return(struct turn *turn, const char *person)
{
    struct held held = { .n = 0 };
    struct absence absence;
    if (!absence_get(turn, person, &absence) || absence.until_ms > turn->now_ms)
        return;
    /* Late, for the bot was down at their hour: this is another day's, then. */
    if (personal_next_call_ms(turn, person) > turn->now_ms) {
        set_timer(turn, person, turn->now_ms);
        return;
    }
    find_held(turn, person, &held);
    store_run(turn->store, "DELETE FROM absence WHERE person = ?1", "s", person);
    if (held.n)
        say_held(turn, person, &held);
    lifecycle_reschedule(turn, person);
    calls_due(turn, person);
}
