#include "engine/follow.h"

#include <string.h>

#include "store/outbox.h"

enum { FOLLOWERS_MAX = 64, SUBJECT_MAX = 80 };

static const char guard[] = "news";

/* --- Who --- */

static void keep(struct turn *turn, struct item *item, const char *person, bool is_muted)
{
    store_run(turn->store,
              "INSERT INTO follow(item, person, is_muted, event) VALUES(?1, ?2, ?3, ?4)"
              " ON CONFLICT(item, person) DO UPDATE SET is_muted = ?3, event = ?4",
              "isis", item->id, person, (int64_t)is_muted, turn->cause);
    item_note(turn, item, is_muted ? "mute" : "follow", person, 0);
}

enum outcome follow_act(struct turn *turn, struct item *item, const struct act_request *request)
{
    bool is_muted = request->act == ACT_MUTE;
    if (!lifecycle_may(turn, item, request->person, WHO_ANYBODY) ||
        (is_muted && item->habit->may_mute && !item->habit->may_mute(turn, item, request->person)))
        return OUTCOME_DONE;
    keep(turn, item, request->person, is_muted);
    if (is_muted)
        outbox_withdraw_held(turn->store, item->id, request->person);
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

void follow_unmute(struct turn *turn, struct item *item, const char *person)
{
    if (!follow_is_muted(turn, item->id, person))
        return;
    store_run(turn->store, "DELETE FROM follow WHERE item = ?1 AND person = ?2", "is", item->id, person);
    item_note(turn, item, "unmute", person, 0);
}

void follow_take_back(struct turn *turn, const char *event)
{
    store_run(turn->store,
              "UPDATE outbox SET state = 5, reason = 'moot' WHERE state = 3 AND guard = ?2"
              " AND (item, held_for) IN (SELECT item, person FROM follow WHERE event = ?1)",
              "ss", event, guard);
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

/* But who did it, and whom this turn has called to it already. */
static struct person_list to_be_told(struct turn *turn, const struct item *item, const char *by)
{
    struct person_list list = { .ids = arena_alloc(turn->arena, FOLLOWERS_MAX * sizeof *list.ids) };
    struct rows rows = store_rows(turn->store,
                                  "SELECT person FROM follow WHERE item = ?1 AND is_muted = 0"
                                  " AND person <> coalesce(?2, '') ORDER BY person LIMIT ?3",
                                  "isi", item->id, by, (int64_t)FOLLOWERS_MAX);
    while (rows_next(&rows))
        list.ids[list.n++] = rows_dup(&rows, 0, turn->arena);
    size_t kept = 0;
    for (size_t i = 0; i < list.n; i++)
        if (!was_called(turn, item, list.ids[i]))
            list.ids[kept++] = list.ids[i];
    list.n = kept;
    return list;
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

void follow_tell(struct turn *turn, struct item *item, const char *by)
{
    /* What was not said yet is outdated. */
    item_forget_pings(turn, item, guard);
    struct person_list people = to_be_told(turn, item, by);
    if (people.n)
        say(turn, item, people);
}
