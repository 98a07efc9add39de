/* The decision: what its owner, or a moderator, does with it: settle, cancel, another date, open it again. */
#include <string.h>

#include "base/text.h"
#include "commands/commands.h"
#include "commands/decision_private.h"

/* Those who agreed to another text than the one decided. */
static struct person_list agreed_to_another(struct turn *turn, struct item *item, const char *sentence)
{
    int64_t proposal = item_field(turn, item, "proposal");
    const char *text = text_get(turn, proposal ? proposal : item_field(turn, item, "subject"));
    bool is_same = text && strcmp(text_fold(turn->arena, text), text_fold(turn->arena, sentence)) == 0;
    struct person_list nobody = { 0 };
    return is_same ? nobody : decision_people_who(turn, item, "agree");
}

enum outcome decision_settle(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (!*request->text) {
        turn_ask(turn, (struct question){ .template_name = "decision/settle-how",
                                          .values = decision_basics(turn, item),
                                          .completes = arena_printf(turn->arena, "%ssettle %s " TURN_SLOT,
                                                                    turn_prefix(turn), item->name),
                                          .item = item->id });
        return OUTCOME_DONE;
    }
    int64_t sentence = text_add(turn, request->person, request->text);
    struct person_list others = agreed_to_another(turn, item, request->text);
    item_set_field(turn, item, "decision", sentence);
    item_note(turn, item, "settled", NULL, sentence);
    decision_close_as(turn, item, DECISION_SETTLED);
    struct json_object *values = decision_basics(turn, item);
    json_set(values, "decision", values_text(sentence, DECISION_VALUE_MAX));
    if (others.n)
        json_set(values, "changed", values_people(turn, others.ids, others.n));
    const char **mentions = arena_alloc(turn->arena, (others.n + 1) * sizeof *mentions);
    if (others.n)
        memcpy(mentions, others.ids, others.n * sizeof *mentions);
    item_announce(turn, item, "decision/settled", values, mentions);
    return OUTCOME_DONE;
}

enum outcome decision_cancel(struct turn *turn, struct item *item, const struct act_request *request)
{
    int64_t reason = item_note_cancelled(turn, item, request->person, request->text);
    decision_close_as(turn, item, DECISION_CANCELLED);
    struct json_object *values = decision_basics(turn, item);
    json_set(values, "person", values_person(turn, request->person));
    json_set(values, "reason", values_text(reason, DECISION_VALUE_MAX));
    item_announce(turn, item, "decision/cancelled", values, NULL);
    return OUTCOME_DONE;
}

/* The card offers a date that leaves everybody their time: one tap takes it, and the card is the answer. */
static bool take_fair_date(struct turn *turn, struct item *item, const struct act_request *request)
{
    int64_t at_ms =
        request->door == DOOR_REACTION && item->state == DECISION_OPEN ? decision_fair_ms(turn, item) : 0;
    if (!at_ms)
        return false;
    item_set_deadline(turn, item, at_ms, NULL, item->deadline_zone);
    decision_set_timers(turn, item);
    item_show_card(turn, item);
    return true;
}

enum outcome decision_extend(struct turn *turn, struct item *item, const struct act_request *request)
{
    int64_t at_ms;
    if (take_fair_date(turn, item, request))
        return OUTCOME_DONE;
    if (!lifecycle_read_date(turn, item, request, &at_ms))
        return OUTCOME_DONE;
    if (at_ms <= item->deadline_ms) {
        turn_answer(turn, "decision/earlier", decision_basics(turn, item));
        return OUTCOME_DONE;
    }
    item_set_deadline(turn, item, at_ms, NULL, turn->zone);
    decision_set_timers(turn, item);
    item_show_card(turn, item);
    turn_answer(turn, "decision/extended", decision_basics(turn, item));
    return OUTCOME_DONE;
}

enum outcome decision_reopen(struct turn *turn, struct item *item, const struct act_request *request)
{
    int64_t at_ms = decision_floor_ms(turn);
    if (*request->text && !lifecycle_read_date(turn, item, request, &at_ms))
        return OUTCOME_DONE;
    item_forget_pings(turn, item, NULL); /* of its end */
    item_set_extra(turn, item, NULL);
    bool is_blocked = decision_has_objections(turn, item);
    item_set_state(turn, item, is_blocked ? DECISION_BLOCKED : DECISION_OPEN);
    if (is_blocked)
        decision_talk_begin(turn, item, turn->now_ms);
    item_set_deadline(turn, item, at_ms, NULL, turn->zone);
    item_note(turn, item, "reopened", NULL, 0);
    item_show_card(turn, item);
    turn_answer(turn, "decision/reopened", decision_basics(turn, item));
    decision_ask_again(turn, item);
    decision_set_timers(turn, item);
    return OUTCOME_DONE;
}
