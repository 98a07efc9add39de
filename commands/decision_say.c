/* The decision: what its acts have in common: whom it calls, what it says, when it is over. */
#include <string.h>

#include "base/plant.h"
#include "commands/commands.h"
#include "commands/decision_private.h"
#include "time/hours.h"

const char *decision_objection_guard(struct turn *turn, const char *person)
{
    return arena_printf(turn->arena, "objection %s", person);
}

struct json_object *decision_basics(struct turn *turn, const struct item *item)
{
    struct json_object *values = values_new();
    json_set_str(values, "id", item->name);
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set(values, "subject", values_text(item_field(turn, item, "subject"), DECISION_SUBJECT_MAX));
    json_set(values, "owner", values_person(turn, item->owner));
    if (item->deadline_ms)
        json_set(values, "deadline", values_time(turn, item->deadline_ms, item->deadline_zone));
    return values;
}

/* A typed command gets its one answer, and so does what was asked back; a word or a tap is answered by the card. */
void decision_confirm(struct turn *turn, const struct item *item, const struct act_request *request,
                      const char *what)
{
    if (request->door != DOOR_COMMAND && !turn->answer_row)
        return;
    struct json_object *values = decision_basics(turn, item);
    json_set_bool(values, what, true);
    if (lifecycle_is_open(item))
        json_set_int(values, "waiting", (int64_t)decision_waiting(turn, item).n);
    turn_answer(turn, "decision/noted", values);
}

bool decision_has_objections(struct turn *turn, const struct item *item)
{
    struct act_list positions = item_positions(turn, item);
    for (size_t i = 0; i < positions.n; i++)
        if (strcmp(positions.rows[i].what, "object") == 0)
            return true;
    return false;
}

struct person_list decision_waiting(struct turn *turn, const struct item *item)
{
    struct asked_list asked = item_asked(turn, item);
    struct act_list positions = item_positions(turn, item);
    struct person_list waiting = { .ids = arena_alloc(turn->arena, (asked.n + 1) * sizeof *waiting.ids) };
    for (size_t i = 0; i < asked.n; i++) {
        /* Who became the owner meanwhile settles it, and is not waited for. */
        bool has_spoken = asked.people[i].has_left || strcmp(asked.people[i].person, item->owner) == 0;
        for (size_t j = 0; j < positions.n && !PLANTED(ACK_IGNORED); j++)
            has_spoken = has_spoken || strcmp(positions.rows[j].person, asked.people[i].person) == 0;
        if (!has_spoken)
            waiting.ids[waiting.n++] = asked.people[i].person;
    }
    return waiting;
}

int64_t decision_floor_ms(struct turn *turn)
{
    return hours_add(turn->hours, turn->zone, turn->now_ms, DECISION_FLOOR_MS);
}

void decision_close_as(struct turn *turn, struct item *item, int state)
{
    decision_talk_end(turn, item);
    item_remove_timer(turn, item, NULL);
    item_forget_pings(turn, item, NULL);
    item_set_state(turn, item, state);
    item_show_card(turn, item);
}

/* Those whose position is that; the owner needs no telling of what the owner does. */
struct person_list decision_people_who(struct turn *turn, const struct item *item, const char *what)
{
    struct act_list positions = item_positions(turn, item);
    struct person_list people = { .ids = arena_alloc(turn->arena, (positions.n + 1) * sizeof *people.ids) };
    for (size_t i = 0; i < positions.n; i++)
        if (strcmp(positions.rows[i].what, what) == 0 && strcmp(positions.rows[i].person, item->owner) != 0)
            people.ids[people.n++] = positions.rows[i].person;
    return people;
}

const char *decision_waits_for(struct turn *turn, struct item *item, const char *person)
{
    struct person_list waiting = decision_waiting(turn, item);
    if (person_list_has(&waiting, person))
        return "answer";
    return item->state == DECISION_BLOCKED && strcmp(item->owner, person) == 0 ? "settle" : NULL;
}
