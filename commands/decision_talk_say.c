/* The decision: how the talk about it is asked for and shown (scenes.md 2). */
#include <string.h>

#include "commands/commands.h"
#include "commands/decision_private.h"
#include "engine/absence.h"
#include "engine/personal.h"
#include "engine/slots.h"
#include "time/hours.h"
#include "time/zone.h"

enum { CONCERNED_MAX = 12 }; /* an objector more than that stands on the card, but finds no time */

struct person_list decision_talk_concerned(struct turn *turn, const struct item *item)
{
    struct act_list positions = item_positions(turn, item);
    struct person_list people = { .ids = arena_alloc(turn->arena, CONCERNED_MAX * sizeof *people.ids) };
    if (!room_has_joined(turn->store, item->room, item->owner))
        return people;
    people.ids[people.n++] = item->owner;
    for (size_t i = 0; i < positions.n && people.n < CONCERNED_MAX; i++)
        if (strcmp(positions.rows[i].what, "object") == 0 &&
            strcmp(positions.rows[i].person, item->owner) != 0 &&
            room_has_joined(turn->store, item->room, positions.rows[i].person))
            people.ids[people.n++] = positions.rows[i].person;
    return people;
}

struct person_list decision_talk_away(struct turn *turn, struct person_list people)
{
    struct person_list away = { .ids = arena_alloc(turn->arena, (people.n + 1) * sizeof *away.ids) };
    for (size_t i = 0; i < people.n; i++)
        if (personal_next_work_ms(turn, people.ids[i], turn->now_ms) > turn->now_ms + SLOTS_AHEAD_MS)
            away.ids[away.n++] = people.ids[i];
    return away;
}

/* Those for whom it waits: nobody calls them now. */
static struct json_object *waited_for(struct turn *turn, struct person_list people)
{
    struct person_list away = decision_talk_away(turn, people);
    for (size_t i = 0; i < people.n && away.n == 0; i++)
        if (absence_holds(turn, people.ids[i]))
            away.ids[away.n++] = people.ids[i];
    return away.n ? values_people(turn, away.ids, away.n) : json_object_new_boolean(false);
}

/* --- Times --- */

/* What a person's clock shows then, where it is another than the room's, or where they do not work. NULL: nothing to say. */
static struct json_object *theirs(struct turn *turn, const char *person, int64_t at_ms)
{
    const char *zone = personal_zone(turn, person);
    bool is_outside = !slots_fits(turn, person, at_ms);
    bool is_alike = zone_local(zone, at_ms).offset_s == zone_local(turn->zone, at_ms).offset_s;
    if (is_alike && !is_outside)
        return NULL;
    struct json_object *row = values_person(turn, person);
    json_set(row, "clock", values_time(turn, at_ms, zone));
    json_set_bool(row, "alike", is_alike);
    json_set_bool(row, "same_day", hours_day_of(zone, at_ms) == hours_day_of(turn->zone, at_ms));
    json_set_bool(row, "outside", is_outside);
    return row;
}

static struct json_object *all_theirs(struct turn *turn, const struct item *item, int64_t at_ms)
{
    struct talk_people people = talk_people(turn, item);
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < people.n; i++) {
        struct json_object *row = theirs(turn, people.list[i].person, at_ms);
        if (row)
            json_object_array_add(list, row);
    }
    return list;
}

/* The zone is shown once a message, at its first hour: the question may have shown one before these. */
enum slots_for { FOR_CARD, FOR_QUESTION, FOR_QUESTION_WITH_ZONE };

/* Those to come, with their numbers. */
static struct json_object *slot_rows(struct turn *turn, const struct item *item, const struct talk *talk,
                                     enum slots_for what_for)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < talk->n_slots; i++) {
        if (talk->slots[i] <= turn->now_ms)
            continue;
        struct person_list can = talk_picked(turn, item, (int64_t)i + 1);
        struct json_object *row = json_object_new_object(),
                           *clocks = what_for != FOR_CARD ? all_theirs(turn, item, talk->slots[i])
                                                          : json_object_new_array();
        json_set_int(row, "number", (int64_t)i + 1);
        json_set(row, "time", values_time(turn, talk->slots[i], NULL));
        json_set_bool(row, "zoned",
                      what_for == FOR_QUESTION_WITH_ZONE && json_object_array_length(list) == 0);
        json_set_bool(row, "has_clocks", json_object_array_length(clocks) > 0);
        json_set(row, "clocks", clocks);
        json_set_bool(row, "has_people", can.n > 0);
        json_set(row, "can", values_people(turn, can.ids, can.n));
        json_object_array_add(list, row);
    }
    return list;
}

/* --- Messages --- */

static int64_t blocked_since_ms(struct turn *turn, const struct item *item)
{
    struct act_list positions = item_positions(turn, item);
    for (size_t i = 0; i < positions.n; i++)
        if (strcmp(positions.rows[i].what, "object") == 0)
            return positions.rows[i].at_ms;
    return turn->now_ms;
}

static struct json_object *away_rows(struct turn *turn, const struct item *item)
{
    struct person_list away = decision_talk_away(turn, decision_talk_concerned(turn, item));
    return away.n ? values_people(turn, away.ids, away.n) : NULL;
}

void decision_talk_ask(struct turn *turn, struct item *item, const struct talk *talk,
                       struct person_list people, const char *proposer)
{
    struct json_object *values = decision_basics(turn, item), *away = away_rows(turn, item);
    bool is_first = !proposer && talk->n_rounds <= 1;
    json_set(values, "since", values_time(turn, blocked_since_ms(turn, item), NULL));
    json_set(values, "slots", slot_rows(turn, item, talk, is_first ? FOR_QUESTION : FOR_QUESTION_WITH_ZONE));
    json_set_bool(values, "again", !proposer && talk->n_rounds > 1);
    json_set_bool(values, "first_time", is_first);
    if (proposer)
        json_set_str(values, "by", room_person_name(turn->store, turn->room.id, proposer, turn->arena));
    if (away)
        json_set(values, "away", away);
    int64_t row = item_ping(turn, item, "decision/talk", values, people, GUARD_TALK);
    for (size_t i = 0; i < people.n; i++)
        talk_ask(turn, item, talk, people.ids[i], row);
}

void decision_talk_tell_owner(struct turn *turn, struct item *item, const char *template_name,
                              const char *flag)
{
    struct json_object *values = decision_basics(turn, item), *away = away_rows(turn, item);
    struct person_list people = decision_talk_concerned(turn, item);
    json_set(values, "since", values_time(turn, blocked_since_ms(turn, item), NULL));
    json_set(values, "concerned", values_people(turn, people.ids, people.n));
    json_set_bool(values, flag, true);
    if (away)
        json_set(values, "away", away);
    item_ping(turn, item, template_name, values, person_list_of_one(turn, item->owner), GUARD_TALK);
}

/* --- On the card --- */

struct json_object *decision_talk_shown(struct turn *turn, const struct item *item)
{
    static const char *const steps[] = { [TALK_WAITS] = "waits",
                                         [TALK_PROPOSED] = "proposed",
                                         [TALK_SET] = "set",
                                         [TALK_RESULT] = "result",
                                         [TALK_LEFT] = "left" };
    struct talk talk;
    if (!talk_get(turn, item, &talk))
        return NULL;
    struct person_list people = decision_talk_concerned(turn, item);
    struct json_object *values = values_new(), *slots = slot_rows(turn, item, &talk, FOR_CARD);
    bool is_held_up = talk.step == TALK_WAITS && talk.at_ms <= turn->now_ms;
    bool has_passed = talk.step == TALK_PROPOSED && json_object_array_length(slots) == 0;
    json_set_bool(values, has_passed ? "passed" : steps[talk.step], people.n > 1 && !is_held_up);
    json_set(values, "away", is_held_up ? waited_for(turn, people) : json_object_new_boolean(false));
    json_set(values, "at", values_time(turn, talk.at_ms, NULL));
    json_set(values, "slots", slots);
    json_set(values, "concerned", values_people(turn, people.ids, people.n));
    return values;
}

void decision_add_talk_time(struct turn *turn, const struct item *item, struct json_object *values)
{
    struct talk talk;
    if (talk_get(turn, item, &talk) && talk.step == TALK_SET && talk.at_ms > turn->now_ms)
        json_set(values, "talk", values_time(turn, talk.at_ms, NULL));
}
