/* The task: its states and its transitions. How it begins: task_open.c. */
#include "commands/task_private.h"
#include "engine/hand.h"

enum {
    LIVE = STATE(TASK_ASKED) | STATE(TASK_TAKEN),
    ENDED = STATE(TASK_DONE) | STATE(TASK_CANCELLED),
};

static const struct transition transitions[] = {
    /* from                        who             do                 */
    { LIVE, ACT_TAKE, WHO_ANYBODY, task_take },
    { LIVE, ACT_ACCEPT, WHO_ANYBODY, task_accept },
    { LIVE, ACT_OBJECT, WHO_ANYBODY, task_decline },
    { LIVE, ACT_DONE, WHO_PARTY, task_done },
    { LIVE, ACT_EXTEND, WHO_PARTY, task_extend },
    { LIVE, ACT_SNOOZE, WHO_OWNER, task_snooze },
    { LIVE, ACT_HAND_OVER, WHO_PARTY, hand_over },
    { LIVE, ACT_CANCEL, WHO_PARTY, task_cancel },
    { LIVE, ACT_AMEND, WHO_PARTY, task_amend },
    { ENDED, ACT_REOPEN, WHO_PARTY, task_reopen },
    { LIVE | STATE(TASK_DONE), ACT_WITHDRAW, WHO_ANYBODY, task_withdraw },
    { LIVE, ACT_ASK, WHO_ITSELF, task_ask_now },
    { LIVE, ACT_REMIND, WHO_ITSELF, task_call_now },
    { LIVE, ACT_RESCHEDULE, WHO_ITSELF, task_reschedule },
    { LIVE, ACT_RETURNED, WHO_ITSELF, task_reschedule },
    { LIVE, ACT_LEFT, WHO_ITSELF, task_somebody_left },
    { LIVE, ACT_CAME, WHO_ITSELF, task_somebody_came },
    { 0, ACT_NONE, WHO_ITSELF, NULL },
};

static const char *const state_names[TASK_STATES] = {
    [TASK_ASKED] = "untaken",
    [TASK_TAKEN] = "taken",
    [TASK_DONE] = "finished",
    [TASK_CANCELLED] = "cancelled",
};

const struct habit habit_task = {
    .prefix = "TSK",
    .folder = "task",
    .form = &task_form,
    .transitions = transitions,
    .open_states = LIVE,
    .state_names = state_names,
    .n_states = TASK_STATES,
    .handing = &task_handing,
    .is_followed = true,
    .alike_states = LIVE,
    .card = task_card,
    .record = task_record,
    .waits_for = task_waits_for,
    .has_held = task_has_held,
    .opening_edited = task_opening_edited,
    .opening_redacted = task_opening_redacted,
};
