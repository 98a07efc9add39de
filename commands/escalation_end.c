/* The escalation: how it ends, how it begins again, and whether it was urgent. */
#include <string.h>

#include "base/text.h"
#include "commands/escalation.h"
#include "engine/pin.h"

/* --- Over --- */

static void end_as(struct turn *turn, struct item *item, int state)
{
    hand_forget(turn, item);
    item_remove_timer(turn, item, NULL);
    item_set_state(turn, item, state);
    if (state != ESCALATION_SOLVED)
        pin_forget_rest(turn, item);
    escalation_silence(turn, item);
    item_forget_pings(turn, item, NULL);
}

/* Who opened it, who has it or is called, and the moderators. */
static bool may_end(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (item_is_asked(turn, item, request->person) || strcmp(item->author, request->person) == 0 ||
        lifecycle_may(turn, item, request->person, WHO_OWNER_OR_MODERATOR))
        return true;
    struct json_object *values = escalation_basics(turn, item);
    json_set_bool(values, act_get(request->act)->name, true);
    if (request->door == DOOR_COMMAND || request->door == DOOR_WORD)
        turn_answer(turn, "escalation/denied", values);
    else
        json_object_put(values);
    return false;
}

enum outcome escalation_solve(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (!may_end(turn, item, request))
        return OUTCOME_DONE;
    struct escalation escalation = escalation_of(item);
    bool was_taken = item->state == ESCALATION_TAKEN;
    if (!was_taken)
        item_set_owner(turn, item, request->person);
    escalation.n_checks = 0;
    escalation_keep(turn, item, &escalation);
    item_note(turn, item, "solved", request->person,
              *request->text ? text_add(turn, request->person, request->text) : 0);
    end_as(turn, item, ESCALATION_SOLVED);
    item_show_card(turn, item);
    struct json_object *values = escalation_basics(turn, item);
    json_set(values, "person", values_person(turn, request->person));
    item_announce(turn, item, "escalation/solved", values, NULL);
    escalation_set_recap(turn, item, turn->cause_ms);
    return OUTCOME_DONE;
}

enum outcome escalation_cancel(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (!may_end(turn, item, request))
        return OUTCOME_DONE;
    int64_t reason = *request->text ? text_add(turn, request->person, request->text) : 0;
    item_note(turn, item, "cancelled", NULL, reason);
    end_as(turn, item, ESCALATION_CANCELLED);
    item_show_card(turn, item);
    struct json_object *values = escalation_basics(turn, item);
    json_set(values, "person", values_person(turn, request->person));
    json_set(values, "reason", values_text(reason, ESCALATION_ACTION_MAX));
    item_announce(turn, item, "escalation/cancelled", values, NULL);
    return OUTCOME_DONE;
}

/* Whoever reported it hears of that in their hours; nobody else is called. */
enum outcome escalation_lapse(struct turn *turn, struct item *item, const struct act_request *request)
{
    (void)request;
    struct json_object *values = escalation_basics(turn, item), *list = escalation_tried(turn, item);
    json_set_bool(values, "was_taken", item->state == ESCALATION_TAKEN);
    json_set_bool(values, "nobody", json_object_array_length(list) == 0);
    json_set(values, "list", list);
    item_add_outage(turn, values);
    item_note(turn, item, "lapsed", NULL, 0);
    end_as(turn, item, ESCALATION_LAPSED);
    item_show_card(turn, item);
    json_set(values, "people", values_people(turn, &item->author, 1));
    turn_say(turn, (struct say){ .step = "lapsed",
                                 .template_name = "escalation/lapsed",
                                 .values = values,
                                 .item = item->id,
                                 .mentions = (const char *[]){ item->author, NULL },
                                 .role = "ping" });
    return OUTCOME_DONE;
}

/* --- Once more --- */

enum outcome escalation_reopen(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (!may_end(turn, item, request))
        return OUTCOME_DONE;
    /* What there was to say is another thing when it is over again. */
    escalation_forget_recap(turn, item);
    item_note(turn, item, "reopened", NULL, 0);
    escalation_call_again(turn, item, "reopened");
    escalation_confirm(turn, item, request, "reopened");
    return OUTCOME_DONE;
}

/* --- Was it urgent? --- */

enum outcome escalation_unjudge(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (item_take_back(turn, item, request->person, request->event))
        item_show_card(turn, item);
    return OUTCOME_DONE;
}

/* One tap of those who were called: the others were not disturbed. A word in its thread is about something else. */
enum outcome escalation_judge(struct turn *turn, struct item *item, const struct act_request *request)
{
    const char *what = act_get(request->act)->name;
    const struct act_row *before = item_position_of(turn, item, request->person);
    if (request->door == DOOR_WORD || !item_is_asked(turn, item, request->person) ||
        (before && strcmp(before->what, what) == 0))
        return OUTCOME_DONE;
    if (before)
        item_take_back(turn, item, request->person, NULL);
    item_add_act(turn, item, request->person, what, 0);
    item_show_card(turn, item);
    return OUTCOME_DONE;
}
