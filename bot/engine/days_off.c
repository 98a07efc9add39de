#include "engine/days_off.h"

#include <string.h>

#include "engine/absence.h"
#include "engine/calls.h"
#include "engine/command.h"
#include "engine/people.h"
#include "engine/personal.h"
#include "time/zone.h"

enum { AHEAD_MAX = 800, LIST_MAX = 2 * DAYS_OFF_MAX };
enum { NOON = 12 };

static int64_t today(struct turn *turn)
{
    return hours_day_of(turn->zone, turn->now_ms);
}

const char *days_off_hours(struct turn *turn, const char *hours, const char *country, const char *person)
{
    struct hours_off spans[HOURS_OFF_MAX];
    size_t n = 0;
    int64_t now_day = hours_day_of("UTC", turn->now_ms);
    /* Most have none, and this is asked for each of them in each turn: store_int knows it. */
    if (!store_int(turn->store, 0,
                   "SELECT EXISTS(SELECT 1 FROM day_off WHERE whose = '')"
                   " OR EXISTS(SELECT 1 FROM day_off WHERE whose = ?1)"
                   " OR EXISTS(SELECT 1 FROM day_off WHERE whose = ?2)",
                   "ss", turn->room.room_id, person))
        return hours_with_off(turn->arena, hours, country, NULL, 0);
    struct rows rows = store_rows(turn->store,
                                  "SELECT from_day, to_day FROM day_off WHERE whose IN ('', ?1, ?2)"
                                  " AND to_day >= ?3 AND from_day <= ?4 ORDER BY from_day LIMIT ?5",
                                  "ssiii", turn->room.room_id, person, now_day - DAYS_OFF_PAST,
                                  now_day + AHEAD_MAX, (int64_t)HOURS_OFF_MAX);
    while (n < HOURS_OFF_MAX && rows_next(&rows)) {
        spans[n++] = (struct hours_off){ rows_int(&rows, 0), rows_int(&rows, 1) };
    }
    rows_end(&rows);
    return hours_with_off(turn->arena, hours, country, spans, n);
}

bool days_off_has(struct turn *turn, const char *person, int64_t day)
{
    return store_int(turn->store, 0,
                     "SELECT 1 FROM day_off WHERE whose IN ('', ?1, ?2) AND to_day >= ?3 AND from_day <= ?3"
                     " LIMIT 1",
                     "ssi", turn->room.room_id, person, day);
}

/* --- The table --- */

struct days_off_list days_off_of(struct turn *turn, const char *whose, const char *other)
{
    struct days_off_list list = { .days = arena_alloc(turn->arena, LIST_MAX * sizeof *list.days) };
    struct rows rows =
        store_rows(turn->store,
                   "SELECT from_day, to_day, max(name) FROM day_off WHERE whose IN (?1, ?2)"
                   " AND to_day >= ?3 GROUP BY from_day, to_day ORDER BY from_day, to_day LIMIT ?4",
                   "ssii", whose, other, today(turn), (int64_t)LIST_MAX);
    while (list.n < LIST_MAX && rows_next(&rows))
        list.days[list.n++] =
            (struct days_off){ { rows_int(&rows, 0), rows_int(&rows, 1) }, rows_dup(&rows, 2, turn->arena) };
    rows_end(&rows);
    return list;
}

static void put(struct turn *turn, const char *whose, struct hours_off span, const char *name)
{
    store_run(turn->store,
              "INSERT OR IGNORE INTO day_off(whose, from_day, to_day, source, name) VALUES(?1, ?2, ?3,"
              " iif(?4 IS NULL, 'typed', 'calendar'), ?4)",
              "siis", whose, span.from_day, span.to_day, name);
}

bool days_off_add(struct turn *turn, const char *whose, struct hours_off span)
{
    int64_t from = store_int(turn->store, span.from_day,
                             "SELECT min(from_day, ?2) FROM day_off WHERE whose = ?1 AND source = 'typed'"
                             " AND to_day + 1 >= ?2 AND from_day - 1 <= ?3 ORDER BY from_day LIMIT 1",
                             "sii", whose, span.from_day, span.to_day);
    int64_t to = store_int(turn->store, span.to_day,
                           "SELECT max(to_day, ?3) FROM day_off WHERE whose = ?1 AND source = 'typed'"
                           " AND to_day + 1 >= ?2 AND from_day - 1 <= ?3 ORDER BY to_day DESC LIMIT 1",
                           "sii", whose, span.from_day, span.to_day);
    int64_t n = store_int(
        turn->store, 0, "SELECT count(*) FROM day_off WHERE whose = ?1 AND source = 'typed' AND to_day >= ?2",
        "si", whose, today(turn));
    if (n >= DAYS_OFF_MAX)
        return false;
    store_run(turn->store,
              "DELETE FROM day_off WHERE whose = ?1 AND source = 'typed' AND from_day >= ?2 AND to_day <= ?3",
              "sii", whose, from, to);
    put(turn, whose, (struct hours_off){ from, to }, NULL);
    return true;
}

bool days_off_remove(struct turn *turn, const char *whose, struct hours_off span)
{
    struct days_off_list list = days_off_of(turn, whose, NULL);
    bool has_any = false;
    for (size_t i = 0; i < list.n; i++) {
        struct hours_off was = list.days[i].span;
        if (was.to_day < span.from_day || was.from_day > span.to_day)
            continue;
        has_any = true;
        store_run(turn->store, "DELETE FROM day_off WHERE whose = ?1 AND from_day = ?2 AND to_day = ?3",
                  "sii", whose, was.from_day, was.to_day);
        if (was.from_day < span.from_day)
            put(turn, whose, (struct hours_off){ was.from_day, span.from_day - 1 }, list.days[i].name);
        if (was.to_day > span.to_day)
            put(turn, whose, (struct hours_off){ span.to_day + 1, was.to_day }, list.days[i].name);
    }
    return has_any;
}

int64_t days_off_take_in(struct turn *turn, const char *whose, const struct days_off *days, size_t n)
{
    store_run(turn->store, "DELETE FROM day_off WHERE whose = ?1 AND source = 'calendar'", "s", whose);
    int64_t n_gone = store_changes(turn->store);
    for (size_t i = 0; i < n; i++)
        put(turn, whose, days[i].span, days[i].name ? days[i].name : "");
    return n_gone;
}

bool days_off_has_any(struct turn *turn, const char *whose)
{
    return store_int(turn->store, 0, "SELECT 1 FROM day_off WHERE whose = ?1 LIMIT 1", "s", whose);
}

void days_off_forget(struct turn *turn, const char *whose)
{
    store_run(turn->store, "DELETE FROM day_off WHERE whose = ?1", "s", whose);
}

void days_off_move(struct turn *turn, int64_t from_room)
{
    store_run(
        turn->store,
        "INSERT OR IGNORE INTO day_off(whose, from_day, to_day, source, name)"
        " SELECT ?1, d.from_day, d.to_day, d.source, d.name FROM day_off d JOIN room r ON r.room_id = d.whose WHERE r.id = ?2",
        "si", turn->room.room_id, from_room);
}

/* --- What follows from a change --- */

static void reschedule_person(struct turn *turn, const char *person)
{
    absence_reschedule(turn, person);
    lifecycle_reschedule(turn, person);
    calls_reschedule(turn, person);
}

/* Whoever is asked about anything that is open. */
static struct person_list everybody(struct turn *turn)
{
    struct person_list list = { .n = 0 };
    int64_t most = store_int(turn->store, 0, "SELECT count(DISTINCT person) FROM asked", "");
    list.ids = arena_alloc(turn->arena, ((size_t)most + 1) * sizeof *list.ids);
    struct rows rows = store_rows(turn->store,
                                  "SELECT DISTINCT a.person FROM asked a JOIN item i ON i.id = a.item"
                                  " WHERE i.closed_ms IS NULL AND a.has_left = 0 ORDER BY a.person",
                                  "");
    while (list.n < (size_t)most && rows_next(&rows))
        list.ids[list.n++] = rows_dup(&rows, 0, turn->arena);
    rows_end(&rows);
    return list;
}

void days_off_reschedule(struct turn *turn, const char *whose)
{
    if (*whose == '@') {
        reschedule_person(turn, whose);
        return;
    }
    struct person_list people = *whose ? people_of_room(turn, NULL) : everybody(turn);
    for (size_t i = 0; i < people.n; i++)
        reschedule_person(turn, people.ids[i]);
}

/* --- Values --- */

static const char *day_text(struct turn *turn, int64_t day)
{
    struct civil c = civil_from_day(day);
    return arena_printf(turn->arena, "%04d-%02d-%02d", c.year, c.month, c.day);
}

const char *days_off_text(struct turn *turn, struct hours_off span)
{
    const char *from = day_text(turn, span.from_day);
    return span.from_day == span.to_day
               ? from
               : arena_printf(turn->arena, "%s/%s", from, day_text(turn, span.to_day));
}

bool days_off_read_text(const char *text, struct hours_off *out)
{
    *out = (struct hours_off){ 0 };
    if (!civil_read_date(&text, &out->from_day))
        return false;
    out->to_day = out->from_day;
    if (*text == '/') {
        text++;
        if (!civil_read_date(&text, &out->to_day))
            return false;
    }
    return *text == '\0' && out->from_day <= out->to_day;
}

/* Noon: no change of clocks moves it to another day. */
static struct json_object *day_value(struct turn *turn, int64_t day)
{
    struct civil civil = civil_from_day(day);
    civil.hour = NOON;
    return values_time(turn, zone_instant(turn->zone, civil), NULL);
}

struct json_object *days_off_value(struct turn *turn, const struct days_off *days)
{
    struct json_object *value = json_object_new_object();
    json_set(value, "from", day_value(turn, days->span.from_day));
    /* false: else the template finds what stands around the list */
    json_set_bool(value, "to", false);
    json_set_bool(value, "name", false);
    if (days->span.to_day > days->span.from_day)
        json_set(value, "to", day_value(turn, days->span.to_day));
    json_set_str(value, "name", days->name && *days->name ? days->name : NULL);
    return value;
}

struct json_object *days_off_values(struct turn *turn, const struct days_off_list *list, size_t max)
{
    if (list->n == 0)
        return NULL;
    struct json_object *value = json_object_new_object(), *shown = json_object_new_array();
    for (size_t i = 0; i < list->n && i < max; i++)
        json_object_array_add(shown, days_off_value(turn, &list->days[i]));
    json_set(value, "list", shown);
    json_set_int(value, "more", list->n > max ? (int64_t)(list->n - max) : 0);
    return value;
}
