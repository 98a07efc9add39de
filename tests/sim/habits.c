#include "habit.h"

#include <stddef.h>

const struct sim_habit *const sim_habits[] = {
    &habit_decision_sim, &habit_reminder_sim,   &habit_series_sim, &habit_members_sim,
    &habit_task_sim,     &habit_escalation_sim, &habit_talk_sim,   &habit_standup_sim,
    &habit_gate_sim,     &habit_remark_sim,     &habit_rota_sim,   NULL
};
