/* The decision: another text, another owner, more people asked. */
#include <string.h>

#include "commands/commands.h"
#include "commands/decision_private.h"
#include "engine/calls.h"
#include "engine/opening.h"
#include "engine/people.h"
#include "store/outbox.h"
#include "time/hours.h"

static struct person_list both(struct turn *turn, struct person_list a, struct person_list b)
{
    struct person_list all = { .ids = arena_alloc(turn->arena, (a.n + b.n + 1) * sizeof *all.ids),
                               .n = a.n + b.n };
    memcpy(all.ids, a.ids, a.n * sizeof *all.ids);
    memcpy(all.ids + a.n, b.ids, b.n * sizeof *all.ids);
    return all;
}

/* What somebody agreed to is another text now: they are asked again, with time to answer. */
static void ask_again_from_now(struct turn *turn, struct item *item)
{
    item_take_back_all(turn, item, "agree");
    /* As much working time as the first announcement gave, and never less than was left. */
    int64_t given_ms = hours_between(turn->hours, turn->zone, item->opened_ms, item->deadline_ms);
    if (given_ms < DECISION_FLOOR_MS)
        given_ms = DECISION_FLOOR_MS;
    int64_t at_ms = hours_add(turn->hours, turn->zone, turn->now_ms, given_ms);
    if (at_ms > item->deadline_ms) {
        item_set_deadline(turn, item, at_ms, NULL, turn->zone);
        decision_set_timers(turn, item);
    }
}

void decision_text_changed(struct turn *turn, struct item *item)
{
    struct person_list agreed = decision_people_who(turn, item, "agree"),
                       objectors = decision_people_who(turn, item, "object");
    item_set_changed(turn, item);
    if (agreed.n)
        ask_again_from_now(turn, item);
    if (agreed.n + objectors.n == 0)
        return;
    struct json_object *values = decision_basics(turn, item);
    json_set(values, "proposal", values_text(item_field(turn, item, "proposal"), DECISION_VALUE_MAX));
    if (agreed.n)
        json_set(values, "agreed", values_people(turn, agreed.ids, agreed.n));
    if (objectors.n)
        json_set(values, "objecting", values_people(turn, objectors.ids, objectors.n));
    item_ping(turn, item, "decision/changed", values, both(turn, agreed, objectors), GUARD_OPEN);
    /* Who hears of it only when their day begins is asked then: until it was said their silence says nothing. */
    for (size_t i = 0; i < agreed.n; i++) {
        int64_t row = calls_held(turn, item->id, agreed.ids[i]);
        if (row)
            item_note_asked_by(turn, item, agreed.ids[i], row);
    }
}

static enum outcome change_owner(struct turn *turn, struct item *item, const char *name)
{
    struct people_read read = people_read(turn, name, NULL);
    if (!read.culprit && read.people.n != 1)
        read.culprit = name;
    if (read.culprit) {
        people_answer_unread(turn, &read);
        return OUTCOME_DONE;
    }
    outbox_withdraw_held(turn->store, item->id, item->owner);
    item_set_owner(turn, item, read.people.ids[0]);
    decision_talk_recheck(turn, item);
    item_ping(turn, item, "decision/owner", decision_basics(turn, item), read.people, GUARD_OPEN);
    return OUTCOME_DONE;
}

static void ask_more(struct turn *turn, struct item *item, const char *names)
{
    struct people_read read = people_read(turn, names, item->owner);
    if (read.culprit) {
        people_answer_unread(turn, &read);
        return;
    }
    struct person_list added = { .ids = arena_alloc(turn->arena, (read.people.n + 1) * sizeof *added.ids) };
    for (size_t i = 0; i < read.people.n; i++)
        if (!item_is_asked(turn, item, read.people.ids[i]))
            added.ids[added.n++] = read.people.ids[i];
    for (size_t i = 0; i < added.n; i++)
        item_ask(turn, item, added.ids[i]);
    if (added.n)
        decision_ask(turn, item);
}

enum outcome decision_amend(struct turn *turn, struct item *item, const struct act_request *request)
{
    bool is_owner = strcmp(item->owner, request->person) == 0, is_real = false;
    for (size_t i = 0; i < request->fields->n; i++) {
        const char *name = request->fields->names[i], *value = request->fields->values[i];
        if (strcmp(name, "owner") == 0) {
            change_owner(turn, item, value);
        } else if (!is_owner) {
            struct json_object *values = decision_basics(turn, item);
            json_set_bool(values, "amend", true);
            turn_answer(turn, "decision/denied", values);
            return OUTCOME_DONE;
        } else if (strcmp(name, "deadline") == 0) {
            decision_extend(
                turn, item,
                &(struct act_request){
                    .act = ACT_EXTEND, .door = request->door, .person = request->person, .text = value });
        } else if (strcmp(name, "asked") == 0) {
            ask_more(turn, item, value);
        } else {
            is_real = is_real || ((strcmp(name, "proposal") == 0 || strcmp(name, "subject") == 0) &&
                                  item_positions(turn, item).n > 0);
            item_set_field(turn, item, name, text_add(turn, request->person, value));
        }
    }
    if (is_real)
        decision_text_changed(turn, item);
    item_show_card(turn, item);
    return OUTCOME_DONE;
}

void decision_opening_redacted(struct turn *turn, struct item *item)
{
    opening_confirm_cancel(turn, item, GUARD_OPEN);
}
