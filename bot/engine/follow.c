#include "engine/follow.h"

#include <string.h>

#include "engine/absence.h"
#include "engine/personal.h"

enum { FOLLOWERS_MAX = 64, SUBJECT_MAX = 80, AGAIN_MS = 60 * 1000 };

static const char guard[] = "news";

/* --- Who --- */

static void keep(struct turn *turn, struct item *item, const char *person, bool is_muted)
{
    store_run(turn->store,
              "INSERT INTO follow(item, person, is_muted, event) VALUES(?1, ?2, ?3, ?4)"
              " ON CONFLICT(item, person) DO UPDATE SET is_muted = ?3, event = ?4, is_owed = 0",
              "isis", item->id, person, (int64_t)is_muted, turn->cause);
    item_note(turn, item, is_muted ? "mute" : "follow", person, 0);
}

enum outcome follow_act(struct turn *turn, struct item *item, const struct act_request *request)
{
    bool is_muted = request->act == ACT_MUTE;
    if (!lifecycle_may(turn, item, request->person, WHO_ANYBODY))
        return OUTCOME_DONE;
    keep(turn, item, request->person, is_muted);
    /* Their hours do not count for it any more, or count again. */
    lifecycle_act(
        turn, item,
        &(struct act_request){ .act = ACT_RESCHEDULE, .door = DOOR_CONSEQUENCE, .text = request->person });
    if (request->door != DOOR_COMMAND)
        return OUTCOME_DONE;
    struct json_object *values = values_new();
    json_set_str(values, "id", item->name);
    json_set_bool(values, "muted", is_muted);
    turn_answer(turn, "follow/noted", values);
    return OUTCOME_DONE;
}

void follow_from_now(struct turn *turn, struct item *item, const char *person)
{
    if (!follow_is_muted(turn, item->id, person))
        keep(turn, item, person, false);
}

void follow_take_back(struct turn *turn, const char *event)
{
    store_run(turn->store, "DELETE FROM follow WHERE event = ?1", "s", event);
}

bool follow_is_muted(struct turn *turn, int64_t item, const char *person)
{
    return store_int(turn->store, 0, "SELECT is_muted FROM follow WHERE item = ?1 AND person = ?2", "is",
                     item, person);
}

/* --- What they are told --- */

/* This turn has called them to it already. */
static bool was_called(struct turn *turn, const struct item *item, const char *person)
{
    return store_int(turn->store, 0,
                     "SELECT 1 FROM outbox o, json_each(o.mentions) m WHERE o.item = ?1 AND o.cause = ?2"
                     " AND m.value = ?3 LIMIT 1",
                     "iss", item->id, turn->cause, person);
}

static struct person_list owed(struct turn *turn, const struct item *item)
{
    struct person_list list = { .ids = arena_alloc(turn->arena, FOLLOWERS_MAX * sizeof *list.ids) };
    struct rows rows = store_rows(turn->store,
                                  "SELECT person FROM follow WHERE item = ?1 AND is_owed = 1 AND is_muted = 0"
                                  " ORDER BY person LIMIT ?2",
                                  "ii", item->id, (int64_t)FOLLOWERS_MAX);
    while (rows_next(&rows))
        list.ids[list.n++] = rows_dup(&rows, 0, turn->arena);
    return list;
}

static void settle(struct turn *turn, const struct item *item, const char *person)
{
    store_run(turn->store, "UPDATE follow SET is_owed = 0 WHERE item = ?1 AND person = ?2", "is", item->id,
              person);
}

static void say(struct turn *turn, const struct item *item, struct person_list people)
{
    struct json_object *values = values_new();
    json_set_str(values, "id", item->name);
    json_set(values, "subject", values_text(item_field(turn, item, "subject"), SUBJECT_MAX));
    json_set(values, "owner", values_person(turn, item->owner));
    json_set(values, "deadline", values_time(turn, item->deadline_ms, item->deadline_zone));
    json_set_bool(values, "past", item->deadline_ms <= turn->now_ms);
    json_set_bool(values, item->habit->state_names[item->state], true);
    item_ping(turn, item, arena_printf(turn->arena, "%s/news", item->habit->folder), values, people, guard);
}

void follow_tell_rest(struct turn *turn, struct item *item)
{
    struct person_list people = owed(turn, item), now = { .ids = people.ids };
    int64_t next_ms = ABSENCE_FOR_GOOD;
    for (size_t i = 0; i < people.n; i++) {
        const char *person = people.ids[i];
        int64_t begins_ms = personal_next_call_ms(turn, person);
        if (personal_is_at_work(turn, person)) {
            settle(turn, item, person);
            now.ids[now.n++] = person;
        } else {
            /* Back, and about to be told what came meanwhile: after that. */
            begins_ms = begins_ms > turn->cause_ms ? begins_ms : turn->cause_ms + AGAIN_MS;
            next_ms = begins_ms < next_ms ? begins_ms : next_ms;
        }
    }
    if (now.n)
        say(turn, item, now);
    if (next_ms != ABSENCE_FOR_GOOD)
        item_set_timer(turn, item, FOLLOW_TIMER, next_ms, true);
}

void follow_tell(struct turn *turn, struct item *item, const char *by)
{
    /* What was not said yet is outdated. */
    item_forget_pings(turn, item, guard);
    store_run(turn->store, "UPDATE follow SET is_owed = 1 WHERE item = ?1", "i", item->id);
    struct person_list people = owed(turn, item);
    for (size_t i = 0; i < people.n; i++)
        if ((by && strcmp(people.ids[i], by) == 0) || was_called(turn, item, people.ids[i]))
            settle(turn, item, people.ids[i]);
    follow_tell_rest(turn, item);
}
