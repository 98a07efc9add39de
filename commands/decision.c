/* The decision: its states and its transitions (method.md 2). How it begins: decision_open.c. */
#include "commands/commands.h"
#include "commands/decision_private.h"

enum {
    LIVE = STATE(DECISION_OPEN) | STATE(DECISION_BLOCKED),
    IN_FORCE = STATE(DECISION_ADOPTED) | STATE(DECISION_SETTLED),
    ENDED = IN_FORCE | STATE(DECISION_NOT_ADOPTED) | STATE(DECISION_CANCELLED),
};

static const struct transition transitions[] = {
    /* from                                who                     do                     */
    { LIVE, ACT_AGREE, WHO_ANYBODY, decision_take_position },
    { LIVE, ACT_ABSTAIN, WHO_ANYBODY, decision_take_position },
    { LIVE, ACT_OBJECT, WHO_ANYBODY, decision_object },
    { IN_FORCE, ACT_OBJECT, WHO_ANYBODY, decision_contest },
    { LIVE | IN_FORCE, ACT_WITHDRAW, WHO_ANYBODY, decision_withdraw },
    { LIVE | STATE(DECISION_NOT_ADOPTED), ACT_SETTLE, WHO_OWNER, decision_settle },
    { LIVE, ACT_EXTEND, WHO_OWNER, decision_extend },
    { STATE(DECISION_BLOCKED), ACT_SLOT, WHO_ANYBODY, decision_slot },
    { LIVE | STATE(DECISION_NOT_ADOPTED), ACT_CANCEL, WHO_OWNER_OR_MODERATOR, decision_cancel },
    { ENDED, ACT_REOPEN, WHO_OWNER_OR_MODERATOR, decision_reopen },
    { LIVE, ACT_AMEND, WHO_OWNER_OR_MODERATOR, decision_amend },
    { STATE(DECISION_OPEN), ACT_DEADLINE, WHO_ITSELF, decision_close_by_silence },
    { STATE(DECISION_BLOCKED), ACT_DEADLINE, WHO_ITSELF, decision_deadline_while_blocked },
    { STATE(DECISION_BLOCKED), ACT_TALK, WHO_ITSELF, decision_talk },
    { LIVE, ACT_ASK, WHO_ITSELF, decision_ask_those_at_work },
    { LIVE, ACT_REMIND, WHO_ITSELF, decision_remind },
    { LIVE, ACT_RESCHEDULE, WHO_ITSELF, decision_reschedule },
    { LIVE, ACT_LEFT, WHO_ITSELF, decision_somebody_left },
    { LIVE, ACT_RETURNED, WHO_ITSELF, decision_bot_returned },
    { 0, ACT_NONE, WHO_ITSELF, NULL },
};

static const char *const state_names[DECISION_STATES] = {
    [DECISION_OPEN] = "open",
    [DECISION_BLOCKED] = "blocked",
    [DECISION_ADOPTED] = "adopted",
    [DECISION_SETTLED] = "settled",
    [DECISION_NOT_ADOPTED] = "not_adopted",
    [DECISION_CANCELLED] = "cancelled",
};

const struct habit habit_decision = {
    .prefix = "DEC",
    .folder = "decision",
    .form = &decision_form,
    .transitions = transitions,
    .open_states = LIVE,
    .state_names = state_names,
    .n_states = DECISION_STATES,
    .is_followed = true,
    .card = decision_card,
    .record = decision_record,
    .waits_for = decision_waits_for,
    .has_held = decision_has_held,
    .heard = decision_heard,
    .opening_edited = decision_opening_edited,
    .opening_redacted = decision_opening_redacted,
};
