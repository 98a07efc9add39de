/* Decisions, a stub. */
#include "habit.h"
static const struct sim_deed deeds[] = { { NULL, 0, NULL } };
static void saw(const struct said *said)
{
    (void)said;
}
static void put(const struct sim_put *put)
{
    (void)put;
}
static void end(void) {}
const struct sim_habit habit_decision_sim = {
    .name = "decision", .deeds = deeds, .saw = saw, .put = put, .end = end
};
