/* The escalation: its states and its transitions (method.md 2). How it begins: escalation_open.c. */
#include "commands/escalation.h"

#include <stdlib.h>

enum {
    CALLED = STATE(ESCALATION_CALLING) | STATE(ESCALATION_UNREACHED),
    TAKEN = STATE(ESCALATION_TAKEN),
    LIVE = CALLED | TAKEN,
    SOLVED = STATE(ESCALATION_SOLVED) | STATE(ESCALATION_CLOSED),
    LAPSED = STATE(ESCALATION_LAPSED),
    ENDED = SOLVED | STATE(ESCALATION_CANCELLED) | LAPSED,
};

static const struct transition transitions[] = {
    /* from                                who                     do                     */
    { CALLED, ACT_TAKE, WHO_ANYBODY, escalation_take },
    { CALLED, ACT_ACCEPT, WHO_ANYBODY, escalation_take },
    { TAKEN, ACT_TAKE, WHO_ANYBODY, escalation_is_taken },
    { TAKEN, ACT_ACCEPT, WHO_ANYBODY, escalation_is_taken },
    { TAKEN, ACT_WITHDRAW, WHO_ANYBODY, escalation_let_go },
    { TAKEN, ACT_SNOOZE, WHO_OWNER, escalation_snooze },
    { TAKEN, ACT_HAND_OVER, WHO_PARTY, hand_over },
    { TAKEN, ACT_OBJECT, WHO_ANYBODY, escalation_decline },
    { LIVE | LAPSED, ACT_DONE, WHO_ANYBODY, escalation_solve },
    { LIVE, ACT_CANCEL, WHO_ANYBODY, escalation_cancel },
    { LIVE, ACT_PROGRESS, WHO_ANYBODY, escalation_progress },
    { ENDED | STATE(ESCALATION_UNREACHED), ACT_REOPEN, WHO_ANYBODY, escalation_reopen },
    { STATE(ESCALATION_SOLVED), ACT_RECAP, WHO_ANYBODY, escalation_recap },
    { STATE(ESCALATION_CLOSED), ACT_RECAP, WHO_ANYBODY, escalation_recap_again },
    { EVERY_STATE, ACT_KEEP, WHO_ANYBODY, escalation_note_down },
    { EVERY_STATE, ACT_AMEND, WHO_ANYBODY, escalation_amend },
    { SOLVED, ACT_AGREE, WHO_ANYBODY, escalation_judge },
    { SOLVED, ACT_OBJECT, WHO_ANYBODY, escalation_judge },
    { SOLVED, ACT_WITHDRAW, WHO_ANYBODY, escalation_unjudge },
    { STATE(ESCALATION_CALLING), ACT_RING, WHO_ITSELF, escalation_ring },
    { STATE(ESCALATION_UNREACHED), ACT_RING, WHO_ITSELF, escalation_lapse },
    { TAKEN, ACT_CHECK, WHO_ITSELF, escalation_check },
    { TAKEN, ACT_ASK, WHO_ITSELF, escalation_ask_again },
    { LIVE, ACT_DEADLINE, WHO_ITSELF, escalation_due },
    { STATE(ESCALATION_SOLVED), ACT_REMIND, WHO_ITSELF, escalation_ask_recap },
    { LIVE, ACT_LEFT, WHO_ITSELF, escalation_left },
    { 0, ACT_NONE, WHO_ITSELF, NULL },
};

static const char *const state_names[ESCALATION_STATES] = {
    [ESCALATION_CALLING] = "calling", [ESCALATION_UNREACHED] = "unreached",
    [ESCALATION_TAKEN] = "taken",     [ESCALATION_SOLVED] = "solved",
    [ESCALATION_CLOSED] = "closed",   [ESCALATION_CANCELLED] = "cancelled",
    [ESCALATION_LAPSED] = "lapsed",
};

const struct habit habit_escalation = {
    .prefix = "ESC",
    .folder = "escalation",
    .form = &escalation_form,
    .transitions = transitions,
    .open_states = LIVE,
    .state_names = state_names,
    .n_states = ESCALATION_STATES,
    .handing = &escalation_handing,
    .is_followed = true,
    .may_mute = escalation_may_mute,
    .is_urgent = true,
    .card = escalation_card,
    .record = escalation_record,
    .heard = escalation_heard,
    .listens_in = ESCALATION_ROOM,
    .overheard = escalation_overheard,
    .hinted = escalation_hinted,
};

struct escalation escalation_of(const struct item *item)
{
    struct escalation escalation = { 0 };
    int is_on_call = 0;
    int *numbers[] = { &escalation.criterion, &escalation.n_rounds, &escalation.n_checks, &escalation.n_hands,
                       &is_on_call };
    const char *text = item->extra ? item->extra : "";
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char *end;
        *numbers[i] = (int)strtol(text, &end, 10);
        text = end;
    }
    escalation.is_on_call = is_on_call;
    return escalation;
}

void escalation_keep(struct turn *turn, struct item *item, const struct escalation *escalation)
{
    item_set_extra(turn, item,
                   arena_printf(turn->arena, "%d %d %d %d %d", escalation->criterion, escalation->n_rounds,
                                escalation->n_checks, escalation->n_hands, escalation->is_on_call));
}

void escalation_confirm(struct turn *turn, const struct item *item, const struct act_request *request,
                        const char *what)
{
    /* A dialogue moves on as well. */
    if (request->door != DOOR_COMMAND && !turn->answer_row)
        return;
    struct json_object *values = escalation_basics(turn, item);
    json_set_bool(values, what, true);
    turn_answer(turn, "escalation/noted", values);
}
