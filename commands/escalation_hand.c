/* The escalation from hand to hand: who has it asks somebody to take it over, at whatever hour, and has it until they do. */
#include "base/plant.h"
#include "commands/escalation.h"
#include "engine/follow.h"

enum {
    HAND_MS = 5 * 60 * 1000, /* asked, and asked again after it; then it stays where it is */
    HANDS = 2,
};

static int64_t say_hand(struct turn *turn, struct item *item, const char *person, const char *what,
                        const char *guard)
{
    struct json_object *values = escalation_basics(turn, item);
    json_set_bool(values, what, true);
    json_set_bool(values, "again", escalation_of(item).n_hands > 1);
    if (item->successor)
        json_set(values, "person", values_person(turn, item->successor));
    struct person_list people = { .ids = (const char *[]){ person, item->owner },
                                  .n = PLANTED(HAND_CALLS_BOTH) ? 2 : 1 };
    return item_ping_now(turn, item, "escalation/hand", values, people, guard);
}

static void ask_now(struct turn *turn, struct item *item, int n_hands)
{
    struct escalation escalation = escalation_of(item);
    escalation.n_hands = n_hands;
    escalation_keep(turn, item, &escalation);
    item_forget_pings(turn, item, GUARD_HAND);
    follow_unmute(turn, item, item->successor);
    int64_t row = say_hand(turn, item, item->successor, "ask", GUARD_HAND);
    item_note_called(turn, item, item->successor, row);
    item_note(turn, item, "called", arena_printf(turn->arena, "%s hand", item->successor), 0);
    item_set_urgent_timer(turn, item, TIMER_HAND, turn->cause_ms + HAND_MS);
}

static void ask(struct turn *turn, struct item *item, const char *person)
{
    (void)person;
    ask_now(turn, item, 1);
}

static void unask(struct turn *turn, struct item *item, const char *person)
{
    (void)person;
    item_remove_timer(turn, item, TIMER_HAND);
    item_forget_pings(turn, item, GUARD_HAND);
}

static void take(struct turn *turn, struct item *item, const struct act_request *request)
{
    escalation_give_to(turn, item, request->person);
    escalation_confirm(turn, item, request, "taken");
}

const struct handing escalation_handing = { .take = take, .ask = ask, .unask = unask };

enum outcome escalation_ask_again(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (escalation_is_stale(turn, item))
        return escalation_lapse(turn, item, request);
    int n_hands = escalation_of(item).n_hands;
    if (!item->successor)
        return OUTCOME_DONE;
    if (n_hands < HANDS) {
        ask_now(turn, item, n_hands + 1);
        return OUTCOME_DONE;
    }
    item_note(turn, item, "unanswered", item->successor, 0);
    say_hand(turn, item, item->owner, "silent", GUARD_OPEN);
    hand_forget(turn, item);
    item_show_card(turn, item);
    return OUTCOME_DONE;
}

enum outcome escalation_decline(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (!hand_waits_for(item, request->person))
        return OUTCOME_DONE;
    hand_leave(turn, item, request);
    item_show_card(turn, item);
    escalation_confirm(turn, item, request, "declined");
    return OUTCOME_DONE;
}

void escalation_successor_left(struct turn *turn, struct item *item)
{
    say_hand(turn, item, item->owner, "gone", GUARD_OPEN);
    hand_heed_left(turn, item, item->successor);
    item_show_card(turn, item);
}
