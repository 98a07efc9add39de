/* !undo - takes back the last thing that one did to an item here: a position, an answer, a task that an answer became. */
#include "commands/standup_private.h"

enum { DAY_MS = 24 * HOUR_MS };

struct last_act {
    int64_t item, at_ms;
    const char *event;
};

/* In the item's thread what was done to it, in a direct message in every room, else in this one. */
static struct last_act find_last(struct turn *turn, const struct item *item)
{
    struct last_act last = { 0 };
    struct rows rows = store_rows(
        turn->store,
        "SELECT a.item, a.at_ms, a.event FROM act a JOIN item i ON i.id = a.item WHERE a.person = ?1"
        " AND a.is_taken_back = 0 AND a.at_ms >= ?2 AND (?3 = 0 OR i.room = ?3) AND (?4 = 0 OR i.id = ?4)"
        " ORDER BY a.at_ms DESC, a.id DESC LIMIT 1",
        "siii", turn->event->sender, turn->now_ms - (int64_t)DAY_MS, turn->room.dm_person ? 0 : turn->room.id,
        item ? item->id : 0);
    if (rows_next(&rows))
        last = (struct last_act){ .item = rows_int(&rows, 0),
                                  .at_ms = rows_int(&rows, 1),
                                  .event = rows_dup(&rows, 2, turn->arena) };
    rows_end(&rows);
    return last;
}

static enum outcome say_nothing_left(struct turn *turn)
{
    struct json_object *values = values_new();
    json_set_str(values, "prefix", turn_prefix(turn));
    turn_answer(turn, "help/nothing-to-undo", values);
    return OUTCOME_DONE;
}

/* What is urgent goes on by what was said of it: taking that back has its own word there. */
static bool may_undo(struct turn *turn, const struct item *item)
{
    return item && !item->habit->is_urgent && turn_has_joined(turn, item->room, turn->event->sender) &&
           lifecycle_knows(item, ACT_WITHDRAW, STATE(item->state));
}

static enum outcome undo(struct turn *turn, const struct request *request)
{
    const char *person = turn->event->sender;
    struct last_act last = find_last(turn, request->item);
    struct item *item = last.item ? item_get(turn, last.item) : NULL;
    if (round_undo_task(turn, request->item, last.at_ms))
        return OUTCOME_DONE;
    if (!may_undo(turn, item))
        return say_nothing_left(turn);
    return lifecycle_act(
        turn, item,
        &(struct act_request){
            .act = ACT_WITHDRAW, .door = DOOR_COMMAND, .person = person, .text = "", .event = last.event });
}

const struct command command_undo = {
    .topic = "undo",
    .names = { { "undo" }, { "défaire" } },
    .who = WHO_ANYBODY,
    .takes_item = true,
    .run = undo,
};
