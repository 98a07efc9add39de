/* The decision: what its acts have in common: whom it calls, what it says, when it is over. */
#include <string.h>

#include "base/plant.h"
#include "commands/commands.h"
#include "commands/decision_private.h"
#include "engine/hours.h"

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

/* An outage of so long is said with its days: 13:00 to 13:00 would be nothing. */
enum { HOURS_AS_DAYS_MS = 12 * 3600 * 1000 };

void decision_add_down(struct turn *turn, struct json_object *values)
{
    if (!turn->outage.to_ms)
        return;
    struct json_object *down = values_new();
    json_set(down, "from", values_time(turn, turn->outage.from_ms, NULL));
    json_set(down, "to", values_time(turn, turn->outage.to_ms, NULL));
    json_set_bool(down, "days", turn->outage.to_ms - turn->outage.from_ms >= HOURS_AS_DAYS_MS);
    json_set(values, "down", down);
}

/* A line in the main timeline: what everybody in the room should know. */
void decision_announce(struct turn *turn, const struct item *item, const char *template_name,
                       struct json_object *values, const char *const *mentions)
{
    bool is_answer =
        turn->event && turn->event->kind == EVENT_MESSAGE && !turn->event->thread && !turn->answer_row;
    turn_say(turn, (struct say){ .step = template_name,
                                 .template_name = template_name,
                                 .values = values,
                                 .item = item->id,
                                 .reply = is_answer ? turn->origin : NULL,
                                 .mentions = mentions });
    turn->has_answered = turn->has_answered || is_answer;
}

/* A line in the item's thread that makes somebody's phone ring. */
int64_t decision_ping(struct turn *turn, const struct item *item, const char *template_name,
                      struct json_object *values, struct person_list people, const char *guard)
{
    const char **mentions = arena_alloc(turn->arena, (people.n + 1) * sizeof *mentions);
    memcpy(mentions, people.ids, people.n * sizeof *mentions);
    json_set(values, "people", values_people(turn, people.ids, people.n));
    return turn_say(turn, (struct say){ .step = template_name,
                                        .template_name = template_name,
                                        .values = values,
                                        .item = item->id,
                                        .thread = item_thread(turn, item),
                                        .mentions = mentions,
                                        .guard = guard,
                                        .role = "ping" });
}

struct person_list decision_only(struct turn *turn, const char *person)
{
    struct person_list list = { .ids = arena_alloc(turn->arena, sizeof *list.ids), .n = 1 };
    list.ids[0] = person;
    return list;
}

/* A typed command gets its one answer; a word or a tap is answered by the card. */
void decision_confirm(struct turn *turn, const struct item *item, const struct act_request *request,
                      const char *what)
{
    if (request->door != DOOR_COMMAND)
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
