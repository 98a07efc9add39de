/* What is said about an item: to the room, or to some of its people in the thread. */
#include <string.h>

#include "engine/item.h"
#include "engine/personal.h"
#include "time/zone.h"

void item_announce(struct turn *turn, const struct item *item, const char *template_name,
                   struct json_object *values, const char *const *mentions)
{
    /* Done from a direct message, it is announced in the room, and is no reply to what nobody there has seen. */
    bool is_answer = turn->event && turn->event->kind == EVENT_MESSAGE && !turn->event->thread &&
                     !turn->answer_row && turn->event->room == turn->room.id;
    turn_say(turn, (struct say){ .step = template_name,
                                 .template_name = template_name,
                                 .values = values,
                                 .item = item->id,
                                 .reply = is_answer ? turn->origin : NULL,
                                 .mentions = mentions,
                                 .called = (const char *[]){ "changed", NULL } });
    turn->has_answered = turn->has_answered || is_answer;
}

static struct say ping_of(struct turn *turn, const struct item *item, const char *template_name,
                          struct json_object *values, struct person_list people, const char *guard)
{
    static const char *const called[] = { "people", "agreed", "objecting", NULL };
    const char **mentions = arena_alloc(turn->arena, (people.n + 1) * sizeof *mentions);
    memcpy(mentions, people.ids, people.n * sizeof *mentions);
    json_set(values, "people", values_people(turn, people.ids, people.n));
    return (struct say){ .step = template_name,
                         .template_name = template_name,
                         .values = values,
                         .item = item->id,
                         .thread = item_thread(turn, item),
                         .mentions = mentions,
                         .called = called,
                         .guard = guard,
                         .role = "ping" };
}

int64_t item_ping(struct turn *turn, const struct item *item, const char *template_name,
                  struct json_object *values, struct person_list people, const char *guard)
{
    return turn_say(turn, ping_of(turn, item, template_name, values, people, guard));
}

int64_t item_ping_now(struct turn *turn, const struct item *item, const char *template_name,
                      struct json_object *values, struct person_list people, const char *guard)
{
    struct say say = ping_of(turn, item, template_name, values, people, guard);
    say.is_urgent = true;
    return turn_say(turn, say);
}

const char *item_date_zone(struct turn *turn, const struct item *item, const char *person)
{
    const char *zone = personal_zone(turn, person), *announced = item->deadline_zone;
    bool is_alike =
        zone_local(zone, item->deadline_ms).offset_s == zone_local(announced, item->deadline_ms).offset_s;
    return is_alike ? announced : zone;
}

static struct say call_of(struct turn *turn, const struct item *item, const char *template_name,
                          struct json_object *values, struct person_list people, const char *guard)
{
    const char *zone = item_date_zone(turn, item, people.ids[0]);
    bool is_theirs = strcmp(zone, item->deadline_zone) != 0;
    json_set(values, "deadline", values_time(turn, item->deadline_ms, zone));
    json_set_bool(values, "yours", is_theirs);
    struct say say = ping_of(turn, item, template_name, values, people, guard);
    if (is_theirs)
        say.step = arena_printf(turn->arena, "%s %s", template_name, zone);
    return say;
}

int64_t item_call(struct turn *turn, const struct item *item, const char *template_name,
                  struct json_object *values, struct person_list people, const char *guard)
{
    return turn_say(turn, call_of(turn, item, template_name, values, people, guard));
}

int64_t item_call_as_asked(struct turn *turn, const struct item *item, const char *template_name,
                           struct json_object *values, const char *person, const char *guard)
{
    struct say say = call_of(turn, item, template_name, values, person_list_of_one(turn, person), guard);
    say.is_asked_for = true;
    return turn_say(turn, say);
}

/* An outage of so long is said with its days: 13:00 to 13:00 would be nothing. */
enum { HOURS_AS_DAYS_MS = 12 * 3600 * 1000 };

void item_add_outage(struct turn *turn, struct json_object *values)
{
    if (!turn->outage.to_ms)
        return;
    struct json_object *down = values_new();
    json_set(down, "from", values_time(turn, turn->outage.from_ms, NULL));
    json_set(down, "to", values_time(turn, turn->outage.to_ms, NULL));
    json_set_bool(down, "days", turn->outage.to_ms - turn->outage.from_ms >= HOURS_AS_DAYS_MS);
    json_set(values, "down", down);
}

struct person_list person_list_of_one(struct turn *turn, const char *person)
{
    struct person_list list = { .ids = arena_alloc(turn->arena, sizeof *list.ids), .n = 1 };
    list.ids[0] = person;
    return list;
}
