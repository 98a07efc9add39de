/*
 * decision_check - whether the register, the history and the cards say what was said (decision_model.h).
 */
#ifndef SIM_DECISION_CHECK_H
#define SIM_DECISION_CHECK_H

#include "decision_model.h"

/* As the bot's store has it: an enum model_state; 0: it knows no such decision. */
int64_t decision_state(const struct decision *decision);
bool decision_is_contested(const struct decision *decision);
/* When all has come to rest. */
void decision_check(struct decision *decision);

#endif
