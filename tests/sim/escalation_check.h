/*
 * escalation_check - what must be so of an escalation (escalation_model.h): before the bot calls somebody, and in the end.
 *
 * Errors:  what is not so is world_fail.
 */
#ifndef SIM_ESCALATION_CHECK_H
#define SIM_ESCALATION_CHECK_H

#include "habit.h"

void escalation_put(const struct sim_put *put);
bool escalation_may_repeat(struct json_object *content);
void escalation_end(int room);

#endif
