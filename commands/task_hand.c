/* The task: whose it is: taking it, saying that it cannot be, handing it over, leaving. */
#include <string.h>

#include "commands/task_private.h"
#include "engine/people.h"

const char *task_successor(struct turn *turn, const struct item *item)
{
    struct asked_list asked = item_asked(turn, item);
    for (size_t i = 0; i < asked.n; i++)
        if (strcmp(asked.people[i].person, item->owner) != 0)
            return asked.people[i].person;
    return NULL;
}

const char *task_waits_for(struct turn *turn, struct item *item, const char *person)
{
    const char *successor = task_successor(turn, item);
    if (strcmp(item->owner, person) == 0)
        return item->state == TASK_ASKED ? "take" : "do";
    return successor && strcmp(successor, person) == 0 ? "take" : NULL;
}

/* Nobody is asked to take it over any more. */
static void forget_successor(struct turn *turn, struct item *item)
{
    const char *person = task_successor(turn, item);
    if (!person)
        return;
    item_unask(turn, item, person);
    item_forget_pings(turn, item, TASK_GUARD_ASK);
}

/* It is another's: what was said to the one before, and put off by them, is over. */
static void change_owner(struct turn *turn, struct item *item, const char *person)
{
    forget_successor(turn, item);
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

static bool is_of(const char *person, const struct act_request *request)
{
    return person && strcmp(person, request->person) == 0;
}

enum outcome task_take(struct turn *turn, struct item *item, const struct act_request *request)
{
    bool is_owner = is_of(item->owner, request), is_successor = is_of(task_successor(turn, item), request);
    bool is_free = item->state == TASK_ASKED || !room_has_joined(turn->store, item->room, item->owner);
    if (is_owner && item->state == TASK_TAKEN)
        task_confirm(turn, item, request, "take");
    else if (is_owner || is_successor || is_free)
        take(turn, item, request);
    else if (request->door == DOOR_COMMAND)
        answer_denied(turn, item, "take");
    return OUTCOME_DONE;
}

enum outcome task_accept(struct turn *turn, struct item *item, const struct act_request *request)
{
    bool is_asked = is_of(task_successor(turn, item), request) ||
                    (is_of(item->owner, request) && item->state == TASK_ASKED);
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
    struct json_object *values = task_basics(turn, item);
    int64_t reason = *request->text ? text_add(turn, request->person, request->text) : 0;
    json_set(values, "person", values_person(turn, request->person));
    json_set(values, "reason", values_text(reason, TASK_VALUE_MAX));
    item_note(turn, item, "not taken over", request->person, reason);
    forget_successor(turn, item);
    item_ping(turn, item, "task/declined", values, person_list_of_one(turn, item->owner), TASK_GUARD);
    task_set_timers(turn, item);
    item_show_card(turn, item);
    task_confirm(turn, item, request, "decline");
}

enum outcome task_decline(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (is_of(task_successor(turn, item), request))
        leave_with_owner(turn, item, request);
    else if (is_of(item->owner, request))
        object_as_owner(turn, item, request);
    else if (request->door == DOOR_COMMAND)
        answer_denied(turn, item, "object");
    return OUTCOME_DONE;
}

/* --- Handing over --- */

static const char *command_again(struct turn *turn, const struct item *item)
{
    return arena_printf(turn->arena, "%s%s %s " TURN_SLOT, turn_prefix(turn),
                        command_shown_name(act_get(ACT_HAND_OVER)->names, turn->lang), item->name);
}

/* NULL: it was asked. */
static const char *read_successor(struct turn *turn, struct item *item, const char *text)
{
    const char *again = command_again(turn, item);
    if (!*text) {
        turn_ask(turn, (struct question){ .template_name = "task/to-whom",
                                          .values = task_basics(turn, item),
                                          .completes = again,
                                          .item = item->id });
        return NULL;
    }
    struct people_read read = people_read(turn, text, NULL);
    if (read.culprit)
        people_ask(turn, &read, text, again);
    else if (read.people.n != 1)
        people_ask_for_one(turn, text, again);
    return !read.culprit && read.people.n == 1 ? read.people.ids[0] : NULL;
}

enum outcome task_hand_over(struct turn *turn, struct item *item, const struct act_request *request)
{
    const char *person = read_successor(turn, item, request->text);
    if (!person)
        return OUTCOME_DONE;
    if (turn_is_bot(turn, person) || strcmp(person, item->owner) == 0) {
        answer_denied(turn, item, turn_is_bot(turn, person) ? "bot" : "same");
        return OUTCOME_DONE;
    }
    forget_successor(turn, item);
    item_note(turn, item, "handover", person, 0);
    if (strcmp(person, request->person) == 0) {
        take(turn, item, request);
        return OUTCOME_DONE;
    }
    item_ask(turn, item, person);
    item_show_card(turn, item);
    struct json_object *values = task_basics(turn, item);
    json_set(values, "person", values_person(turn, person));
    turn_answer(turn, "task/handed", values);
    task_ask(turn, item);
    return OUTCOME_DONE;
}

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
    const char *successor = task_successor(turn, item);
    if (successor && strcmp(successor, request->text) == 0) {
        item_note(turn, item, "left", successor, 0);
        forget_successor(turn, item);
    } else if (strcmp(item->owner, request->text) == 0) {
        ask_for_another(turn, item);
    } else {
        return OUTCOME_DONE;
    }
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
