/* The task: whose it is: taking it, saying that it cannot be, handing it over, leaving. */
#include <string.h>

#include "commands/task_private.h"
#include "engine/hand.h"

const char *task_waits_for(struct turn *turn, struct item *item, const char *person)
{
    (void)turn;
    if (strcmp(item->owner, person) == 0)
        return item->state == TASK_ASKED ? "take" : "do";
    return hand_waits_for(item, person) ? "take" : NULL;
}

/* It is another's: what was said to the one before, and put off by them, is over. */
static void change_owner(struct turn *turn, struct item *item, const char *person)
{
    hand_forget(turn, item);
    item_unask(turn, item, item->owner);
    item_forget_pings(turn, item, TASK_GUARD_ASK);
    item_forget_pings(turn, item, TASK_GUARD_REMIND);
    item_take_back_all(turn, item, "object");
    task_put_off(turn, item, 0);
    item_set_owner(turn, item, person);
    item_ask(turn, item, person);
}

void task_give(struct turn *turn, struct item *item, const char *person)
{
    change_owner(turn, item, person);
    item_set_state(turn, item, strcmp(person, item->author) == 0 ? TASK_TAKEN : TASK_ASKED);
    if (item->state == TASK_TAKEN)
        item_note_asked_by(turn, item, person, item->card);
    task_ask(turn, item);
}

static void take(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (strcmp(item->owner, request->person) != 0)
        change_owner(turn, item, request->person);
    item_forget_pings(turn, item, TASK_GUARD_ASK);
    item_take_back_all(turn, item, "object");
    struct asked_list asked = item_asked(turn, item);
    const struct asked *taker = asked_find(&asked, request->person);
    if (!taker || !taker->asked_ms)
        item_note_asked_by(turn, item, request->person, item->card);
    /* Who takes it after its date has seen that on the card. */
    if (item->deadline_ms <= turn->now_ms)
        item_note_reminded(turn, item, request->person);
    item_add_act(turn, item, request->person, "take", 0);
    item_set_state(turn, item, TASK_TAKEN);
    task_set_timers(turn, item);
    item_show_card(turn, item);
    task_confirm(turn, item, request, "take");
}

static void answer_denied(struct turn *turn, const struct item *item, const char *what)
{
    struct json_object *values = task_basics(turn, item);
    json_set_bool(values, what, true);
    turn_answer(turn, "task/denied", values);
}

enum outcome task_take(struct turn *turn, struct item *item, const struct act_request *request)
{
    bool is_owner = strcmp(item->owner, request->person) == 0;
    bool is_free = item->state == TASK_ASKED || !room_has_joined(turn->store, item->room, item->owner);
    if (is_owner && item->state == TASK_TAKEN)
        task_confirm(turn, item, request, "take");
    else if (is_owner || hand_waits_for(item, request->person) || is_free)
        take(turn, item, request);
    else if (request->door == DOOR_COMMAND)
        answer_denied(turn, item, "take");
    return OUTCOME_DONE;
}

enum outcome task_accept(struct turn *turn, struct item *item, const struct act_request *request)
{
    bool is_asked = hand_waits_for(item, request->person) ||
                    (strcmp(item->owner, request->person) == 0 && item->state == TASK_ASKED);
    return is_asked ? task_take(turn, item, request) : OUTCOME_DONE;
}

/* Who asked for it hears that its owner cannot do it. */
static void tell_author(struct turn *turn, struct item *item, int64_t reason)
{
    if (strcmp(item->author, item->owner) == 0)
        return;
    struct json_object *values = task_basics(turn, item);
    json_set(values, "reason", values_text(reason, TASK_VALUE_MAX));
    item_ping(turn, item, "task/objected", values, person_list_of_one(turn, item->author), TASK_GUARD);
}

static void object_as_owner(struct turn *turn, struct item *item, const struct act_request *request)
{
    const struct act_row *before = item_find_act(turn, item, request->person, "object");
    int64_t reason = *request->text ? text_add(turn, request->person, request->text) : 0;
    if (!before)
        item_add_act(turn, item, request->person, "object", reason);
    else if (reason)
        act_set_text(turn, before->id, reason);
    if (!before || (reason && !before->text))
        tell_author(turn, item, reason);
    item_forget_pings(turn, item, TASK_GUARD_REMIND);
    task_set_timers(turn, item);
    item_show_card(turn, item);
    task_confirm(turn, item, request, "object");
}

static void leave_with_owner(struct turn *turn, struct item *item, const struct act_request *request)
{
    hand_leave(turn, item, request);
    task_set_timers(turn, item);
    item_show_card(turn, item);
    task_confirm(turn, item, request, "decline");
}

enum outcome task_decline(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (hand_waits_for(item, request->person))
        leave_with_owner(turn, item, request);
    else if (strcmp(item->owner, request->person) == 0)
        object_as_owner(turn, item, request);
    else if (request->door == DOOR_COMMAND)
        answer_denied(turn, item, "object");
    return OUTCOME_DONE;
}

/* --- Handing over --- */

static void ask_successor(struct turn *turn, struct item *item, const char *person)
{
    (void)person;
    task_ask(turn, item);
}

static void unask_successor(struct turn *turn, struct item *item, const char *person)
{
    item_unask(turn, item, person);
    item_forget_pings(turn, item, TASK_GUARD_ASK);
}

const struct handing task_handing = { .take = take, .ask = ask_successor, .unask = unask_successor };

/* --- Leaving --- */

/* Once: who comes and goes is not a new question each time. */
static void ask_for_another(struct turn *turn, struct item *item)
{
    if (item_has_noted(turn, item, "owner left", item->owner))
        return;
    bool has_author = room_has_joined(turn->store, item->room, item->author);
    const char *person = has_author ? item->author : lifecycle_moderator(turn, item);
    if (!person)
        return;
    item_ping(turn, item, "task/owner-left", task_basics(turn, item), person_list_of_one(turn, person),
              TASK_GUARD);
    item_note(turn, item, "owner left", item->owner, 0);
}

enum outcome task_somebody_left(struct turn *turn, struct item *item, const struct act_request *request)
{
    bool was_successor = hand_heed_left(turn, item, request->text);
    if (!was_successor && strcmp(item->owner, request->text) == 0)
        ask_for_another(turn, item);
    else if (!was_successor)
        return OUTCOME_DONE;
    task_set_timers(turn, item);
    item_show_card(turn, item);
    return OUTCOME_DONE;
}

/* They are called again, and the card does not say any more that they are gone. */
enum outcome task_somebody_came(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (strcmp(item->owner, request->text) != 0)
        return OUTCOME_DONE;
    task_set_timers(turn, item);
    item_show_card(turn, item);
    return OUTCOME_DONE;
}
