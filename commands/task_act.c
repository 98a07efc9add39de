/* The task: what its owner, who opened it, or a moderator does to it: done, cancel, another date, later, open it again. */
#include <string.h>

#include "commands/task_private.h"
#include "engine/hand.h"
#include "engine/personal.h"
#include "time/when.h"

enum { LATER_MS = 2 * 60 * 60 * 1000 };

/* It is over: nothing calls anybody any more. */
static void close_as(struct turn *turn, struct item *item, int state)
{
    hand_forget(turn, item);
    item_remove_timer(turn, item, NULL);
    item_forget_pings(turn, item, NULL);
    item_set_state(turn, item, state);
    item_show_card(turn, item);
    round_task_changed(turn, item);
}

enum outcome task_done(struct turn *turn, struct item *item, const struct act_request *request)
{
    int64_t result = *request->text ? text_add(turn, request->person, request->text) : 0;
    item_add_act(turn, item, request->person, "done", result);
    close_as(turn, item, TASK_DONE);
    task_confirm(turn, item, request, "done");
    return OUTCOME_DONE;
}

enum outcome task_cancel(struct turn *turn, struct item *item, const struct act_request *request)
{
    item_note_cancelled(turn, item, request->person, request->text);
    close_as(turn, item, TASK_CANCELLED);
    task_confirm(turn, item, request, "cancel");
    return OUTCOME_DONE;
}

static void move_date(struct turn *turn, struct item *item, int64_t at_ms)
{
    item_forget_pings(turn, item, TASK_GUARD_REMIND);
    task_put_off(turn, item, 0);
    item_set_deadline(turn, item, at_ms, NULL, turn->zone);
    item_set_changed(turn, item);
    /* Another date is an answer to who said that it cannot be. */
    item_take_back_all(turn, item, "object");
    task_set_timers(turn, item);
}

enum outcome task_extend(struct turn *turn, struct item *item, const struct act_request *request)
{
    int64_t at_ms;
    if (!lifecycle_read_date(turn, item, request, &at_ms))
        return OUTCOME_DONE;
    move_date(turn, item, at_ms);
    item_show_card(turn, item);
    turn_answer(turn, "task/extended", task_basics(turn, item));
    return OUTCOME_DONE;
}

/* The owner has taken it, by saying so or by opening it. */
static int live_state(struct turn *turn, const struct item *item)
{
    bool is_taken = strcmp(item->owner, item->author) == 0 || item_find_act(turn, item, item->owner, "take");
    return is_taken ? TASK_TAKEN : TASK_ASKED;
}

static void open_again(struct turn *turn, struct item *item)
{
    item_take_back_all(turn, item, "done");
    item_set_state(turn, item, live_state(turn, item));
    task_set_timers(turn, item);
}

enum outcome task_reopen(struct turn *turn, struct item *item, const struct act_request *request)
{
    int64_t at_ms = item->deadline_ms;
    if ((*request->text || at_ms <= turn->now_ms) && !lifecycle_read_date(turn, item, request, &at_ms))
        return OUTCOME_DONE;
    item_note(turn, item, "reopened", NULL, 0);
    open_again(turn, item);
    if (at_ms != item->deadline_ms)
        move_date(turn, item, at_ms);
    item_show_card(turn, item);
    turn_answer(turn, "task/reopened", task_basics(turn, item));
    return OUTCOME_DONE;
}

enum outcome task_withdraw(struct turn *turn, struct item *item, const struct act_request *request)
{
    int64_t n = item_take_back(turn, item, request->person, request->event);
    if (!n && request->door == DOOR_COMMAND)
        turn_answer(turn, "task/nothing-taken", task_basics(turn, item));
    if (!n)
        return OUTCOME_DONE;
    if (item->state != TASK_DONE)
        item_set_state(turn, item, live_state(turn, item));
    else if (!item_find_act(turn, item, NULL, "done"))
        open_again(turn, item);
    if (lifecycle_is_open(item))
        task_set_timers(turn, item);
    item_show_card(turn, item);
    task_confirm(turn, item, request, "withdraw");
    return OUTCOME_DONE;
}

/* --- Later --- */

/* Without a date: in two working hours. False: it was asked for. */
static bool read_later(struct turn *turn, struct item *item, const struct act_request *request,
                       int64_t *until_ms_out)
{
    if (!*request->text) {
        int64_t at_ms = personal_add_work(turn, request->person, turn->at_ms, LATER_MS);
        *until_ms_out = personal_next_free_ms(turn, request->person, at_ms);
        return true;
    }
    return lifecycle_read_date(turn, item, request, until_ms_out);
}

enum outcome task_snooze(struct turn *turn, struct item *item, const struct act_request *request)
{
    int64_t until_ms;
    if (!read_later(turn, item, request, &until_ms))
        return OUTCOME_DONE;
    item_forget_pings(turn, item, TASK_GUARD_REMIND);
    task_put_off(turn, item, until_ms);
    item_note(turn, item, "snoozed", arena_printf(turn->arena, "%lld", (long long)until_ms), 0);
    task_set_timers(turn, item);
    struct json_object *values = task_basics(turn, item);
    json_set(values, "until", values_time(turn, until_ms, personal_zone(turn, request->person)));
    json_set_bool(values, "chosen", *request->text != '\0');
    turn_answer(turn, "task/snoozed", values);
    return OUTCOME_DONE;
}

/* --- Another text --- */

enum outcome task_amend(struct turn *turn, struct item *item, const struct act_request *request)
{
    for (size_t i = 0; request->fields && i < request->fields->n; i++) {
        const char *name = request->fields->names[i], *value = request->fields->values[i];
        struct act_request change = {
            .act = ACT_EXTEND, .door = request->door, .person = request->person, .text = value
        };
        if (strcmp(name, "owner") == 0) {
            change.act = ACT_HAND_OVER;
            hand_over(turn, item, &change);
        } else if (strcmp(name, "deadline") == 0) {
            task_extend(turn, item, &change);
        } else if (strcmp(name, "room") != 0) {
            item_set_field(turn, item, name, text_add(turn, request->person, value));
        }
    }
    item_show_card(turn, item);
    return OUTCOME_DONE;
}
