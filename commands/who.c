/* !who - who of this room works now, what their clocks show, and who is back when. */
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "engine/absence.h"
#include "engine/people.h"
#include "engine/personal.h"
#include "time/hours.h"

enum { SHOWN_MAX = 15 };

struct present {
    const char *person;
    int64_t begins_ms; /* of their work: now, or later; ABSENCE_FOR_GOOD: nobody knows */
    bool is_away;
};

static int by_begin(const void *a, const void *b)
{
    int64_t one = ((const struct present *)a)->begins_ms, other = ((const struct present *)b)->begins_ms;
    if (one != other)
        return one < other ? -1 : 1;
    return strcmp(((const struct present *)a)->person, ((const struct present *)b)->person);
}

static struct json_object *row_of(struct turn *turn, const struct present *present)
{
    struct json_object *row = values_new();
    struct absence absence;
    const char *zone = personal_zone(turn, present->person);
    bool is_at_work = !present->is_away && present->begins_ms == turn->now_ms;
    json_set(row, "person", values_person(turn, present->person));
    json_set(row, "now", values_time(turn, turn->now_ms, zone));
    json_set_bool(row, "at_work", is_at_work);
    json_set_bool(row, "away", present->is_away);
    json_set_bool(row, "off", hours_is_off(personal_hours(turn, present->person), zone, turn->now_ms));
    if (!is_at_work && present->begins_ms != ABSENCE_FOR_GOOD)
        json_set(row, "begins", values_time(turn, present->begins_ms, zone));
    /* What was said of it in another room stays there. */
    if (present->is_away && absence_get(turn, present->person, &absence) && absence.reason &&
        absence.room == turn->room.id)
        json_set(row, "reason", values_text(absence.reason, 80));
    return row;
}

static enum outcome who(struct turn *turn, const struct request *request)
{
    (void)request;
    struct person_list people = people_of_room(turn, NULL);
    struct present *all = arena_alloc(turn->arena, (people.n + 1) * sizeof *all);
    for (size_t i = 0; i < people.n; i++)
        all[i] = (struct present){ .person = people.ids[i],
                                   .begins_ms = personal_next_work_ms(turn, people.ids[i], turn->now_ms),
                                   .is_away = absence_is_at(turn, people.ids[i], turn->now_ms) };
    if (people.n)
        qsort(all, people.n, sizeof *all, by_begin);
    struct json_object *values = values_new(), *list = json_object_new_array();
    for (size_t i = 0; i < people.n && i < SHOWN_MAX; i++)
        json_object_array_add(list, row_of(turn, &all[i]));
    json_set(values, "list", list);
    json_set_int(values, "more", people.n > SHOWN_MAX ? (int64_t)(people.n - SHOWN_MAX) : 0);
    turn_answer(turn, "who/list", values);
    return OUTCOME_DONE;
}

const struct command command_who = {
    .topic = "who",
    .names = { { "who" }, { "qui" } },
    .who = WHO_ANYBODY,
    .run = who,
};
