/* The decision: agreement, objection, no opinion, and taking it back (method.md 2). */
#include <string.h>

#include "commands/commands.h"
#include "commands/decision_private.h"

enum { CONTEST_MS = 7 * 24 * 60 * 60 * 1000 };

enum outcome decision_take_position(struct turn *turn, struct item *item, const struct act_request *request)
{
    const char *what = act_get(request->act)->name;
    const struct act_row *now = item_position_of(turn, item, request->person);
    if (now && strcmp(now->what, "object") == 0) {
        /* A later 👍 does not lift one's objection; taking it back does. */
        if (request->door == DOOR_COMMAND || request->door == DOOR_WORD)
            turn_answer(turn, "decision/objection-stands", decision_basics(turn, item));
        return OUTCOME_DONE;
    }
    if (!now || strcmp(now->what, what) != 0)
        item_add_act(turn, item, request->person, what, 0);
    decision_spare(turn, item);
    item_show_card(turn, item);
    decision_confirm(turn, item, request, what);
    return OUTCOME_DONE;
}

/* The owner hears of an objection once its reason is known. */
static void tell_owner(struct turn *turn, struct item *item, const struct act_request *request,
                       int64_t reason)
{
    if (strcmp(item->owner, request->person) == 0)
        return;
    struct json_object *values = decision_basics(turn, item);
    json_set(values, "person", values_person(turn, request->person));
    json_set(values, "reason", values_text(reason, DECISION_VALUE_MAX));
    item_ping(turn, item, "decision/objected", values, person_list_of_one(turn, item->owner),
              decision_objection_guard(turn, request->person));
}

static void ask_reason(struct turn *turn, struct item *item, const struct act_request *request)
{
    struct json_object *values = decision_basics(turn, item);
    json_set(values, "person", values_person(turn, request->person));
    int64_t row = item_ping(turn, item, "decision/why", values, person_list_of_one(turn, request->person),
                            arena_printf(turn->arena, "reason %s", request->person));
    turn_ask(turn, (struct question){ .row = row,
                                      .person = request->person,
                                      .completes = arena_printf(turn->arena, "%sobject %s " TURN_SLOT,
                                                                turn_prefix(turn), item->name),
                                      .item = item->id });
}

/* What came out of a hole was said before the words that stand: those are newer, and stay. */
static int64_t new_reason(struct turn *turn, const struct act_row *stands, const struct act_request *request)
{
    bool is_older = stands && stands->text && text_said_ms(turn, stands->text) > turn->at_ms;
    return *request->text && !is_older ? text_add(turn, request->person, request->text) : 0;
}

enum outcome decision_object(struct turn *turn, struct item *item, const struct act_request *request)
{
    const struct act_row *now = item_position_of(turn, item, request->person);
    bool stands = now && strcmp(now->what, "object") == 0, was_told = stands && now->text;
    int64_t reason = new_reason(turn, stands ? now : NULL, request);
    if (!stands)
        item_add_act(turn, item, request->person, "object", reason);
    else if (reason)
        act_set_text(turn, now->id, reason);
    decision_spare(turn, item);
    if (reason)
        item_forget_pings(turn, item, arena_printf(turn->arena, "reason %s", request->person));
    if (item->state == DECISION_OPEN) {
        item_set_state(turn, item, DECISION_BLOCKED);
        decision_talk_begin(turn, item, turn->at_ms);
    } else if (!stands) {
        decision_talk_objected(turn, item);
    }
    if (!stands || reason)
        item_show_card(turn, item);
    decision_confirm(turn, item, request, "object");
    /* Another reason later is read on the card: nobody is pinged twice for one objection. */
    if (reason && !was_told)
        tell_owner(turn, item, request, reason);
    else if (!reason && !stands)
        ask_reason(turn, item, request);
    return OUTCOME_DONE;
}

/* The last objection is gone. After the deadline it takes a new one: one floor later, said on the card. */
static void unblock(struct turn *turn, struct item *item)
{
    item_set_state(turn, item, DECISION_OPEN);
    decision_talk_end(turn, item);
    if (item->deadline_ms <= turn->now_ms) {
        item_set_deadline(turn, item, decision_floor_ms(turn), NULL, turn->zone);
        decision_set_timers(turn, item);
    }
}

enum outcome decision_withdraw(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (request->event && decision_talk_unpick(turn, item, request->event))
        return OUTCOME_DONE;
    int64_t n = item_take_back(turn, item, request->person, request->event);
    if (!n && request->door == DOOR_COMMAND) {
        turn_answer(turn, "decision/nothing-taken", decision_basics(turn, item));
        return OUTCOME_DONE;
    }
    if (!n)
        return OUTCOME_DONE;
    item_forget_pings(turn, item, arena_printf(turn->arena, "reason %s", request->person));
    item_forget_pings(turn, item, decision_objection_guard(turn, request->person));
    if (item->state == DECISION_BLOCKED && !decision_has_objections(turn, item))
        unblock(turn, item);
    decision_talk_recheck(turn, item);
    if (!lifecycle_is_open(item) && !decision_has_objections(turn, item))
        item_set_extra(turn, item, NULL);
    item_show_card(turn, item);
    decision_confirm(turn, item, request, "withdraw");
    return OUTCOME_DONE;
}

/* After the close: within 7 days it marks the decision as contested; later it offers to reopen. */
enum outcome decision_contest(struct turn *turn, struct item *item, const struct act_request *request)
{
    struct json_object *values = decision_basics(turn, item);
    json_set(values, "person", values_person(turn, request->person));
    if (turn->now_ms - item->closed_ms > CONTEST_MS) {
        turn_answer(turn, "decision/too-late", values);
        return OUTCOME_DONE;
    }
    const struct act_row *now = item_position_of(turn, item, request->person);
    bool stands = item->extra && now && strcmp(now->what, "object") == 0;
    int64_t reason = new_reason(turn, stands ? now : NULL, request);
    if (!stands)
        item_add_act(turn, item, request->person, "object", reason);
    else if (reason)
        act_set_text(turn, now->id, reason);
    item_set_extra(turn, item, "contested");
    if (!stands || reason)
        item_show_card(turn, item);
    json_set(values, "reason", values_text(reason, DECISION_VALUE_MAX));
    /* The owner hears at once that it is contested; a reason that comes later is read on the card. */
    if (!stands && strcmp(item->owner, request->person) != 0)
        item_ping(turn, item, "decision/contested", values, person_list_of_one(turn, item->owner), NULL);
    else
        json_object_put(values);
    decision_confirm(turn, item, request, "object");
    if (!reason && !stands)
        ask_reason(turn, item, request);
    return OUTCOME_DONE;
}
