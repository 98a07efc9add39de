/*
 * decision_private - what the files of the decision share among themselves: what its acts say, and the acts that its table
 *                    of transitions (decision.c) names.
 *
 * Source:  method.md 2 "Decisions" and what the articles leave open.
 */
#ifndef COMMANDS_DECISION_PRIVATE_H
#define COMMANDS_DECISION_PRIVATE_H

#include "commands/decision.h"

/* The guard of one person that falls when their objection is gone. */
const char *decision_objection_guard(struct turn *turn, const char *person);
/* What every template of a decision may name. */
struct json_object *decision_basics(struct turn *turn, const struct item *item);
/* A typed command gets its one answer; a word or a tap is answered by the card. */
void decision_confirm(struct turn *turn, const struct item *item, const struct act_request *request,
                      const char *what);
bool decision_has_objections(struct turn *turn, const struct item *item);
/* It is over: nothing waits for it any more. */
void decision_close_as(struct turn *turn, struct item *item, int state);
/* Those whose position is that, but for the owner. */
struct person_list decision_people_who(struct turn *turn, const struct item *item, const char *what);

/* decision_decided.c: « !décidé », which is asked about, never run. */
bool decision_is_participle(struct turn *turn, const char *name);
enum outcome decision_ask_whether_decided(struct turn *turn, const char *text);

/* decision_fair.c */

/* The first date that leaves the floor to everybody who is waited for, if the date of the item does not; else 0. */
int64_t decision_fair_ms(struct turn *turn, const struct item *item);
/* {"list": [{"id", "name", "hours"}], "more", "fair": time}; NULL if the date is fair. */
struct json_object *decision_short_notice(struct turn *turn, const struct item *item);

/* decision_call.c */

/* Those who are still to be asked: now if they work now, else when their day begins. */
void decision_ask(struct turn *turn, struct item *item);
/* Everybody who is waited for is to be asked once more: what was said to them before does not count any longer. */
void decision_ask_again(struct turn *turn, struct item *item);
bool decision_has_held(struct turn *turn, struct item *item, const char *person);
enum outcome decision_ask_those_at_work(struct turn *turn, struct item *item,
                                        const struct act_request *request);
enum outcome decision_remind(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome decision_reschedule(struct turn *turn, struct item *item, const struct act_request *request);
/* Somebody has spoken, or left: a reminder that nobody has seen yet is for the others alone. */
void decision_spare(struct turn *turn, struct item *item);

/* Acts, by the file they stand in. */

/* decision_position.c */
enum outcome decision_take_position(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome decision_object(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome decision_withdraw(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome decision_contest(struct turn *turn, struct item *item, const struct act_request *request);

/* decision_end.c */
enum outcome decision_settle(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome decision_cancel(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome decision_extend(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome decision_reopen(struct turn *turn, struct item *item, const struct act_request *request);

/* decision_change.c */
enum outcome decision_amend(struct turn *turn, struct item *item, const struct act_request *request);
void decision_opening_redacted(struct turn *turn, struct item *item);

/* decision_time.c */
enum outcome decision_close_by_silence(struct turn *turn, struct item *item,
                                       const struct act_request *request);
enum outcome decision_deadline_while_blocked(struct turn *turn, struct item *item,
                                             const struct act_request *request);
enum outcome decision_somebody_left(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome decision_bot_returned(struct turn *turn, struct item *item, const struct act_request *request);

#endif
