/*
 * decision_private - what the files of the decision share among themselves: what its acts say, and the acts that its table
 *                    of transitions (decision.c) names.
 *
 * Source:  method.md 2 "Decisions" and what the articles leave open.
 */
#ifndef COMMANDS_DECISION_PRIVATE_H
#define COMMANDS_DECISION_PRIVATE_H

#include "commands/decision.h"
#include "engine/talk.h"

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

/* decision_meant.c: false: nobody was asked about what was said. */
bool decision_heard(struct turn *turn, struct item *item);

/* decision_fair.c */

/* The first date that leaves the floor to everybody who is waited for, if the date of the item does not; else 0. */
int64_t decision_fair_ms(struct turn *turn, const struct item *item);
/* {"list": [{"id", "name", "hours"}], "more", "fair": time}; NULL if the date is fair. */
struct json_object *decision_short_notice(struct turn *turn, const struct item *item);

/* The working time up to the date, in the hours of the room, for partials/work. */
struct json_object *decision_room_work(struct turn *turn, const struct item *item);
/* In those of the people, each from now on: one figure, or each their own. */
struct json_object *decision_work_of(struct turn *turn, const struct item *item, struct person_list people);
/* The date and the working time that the card shows are this person's own. */
bool decision_card_tells(struct turn *turn, const struct item *item, const char *person);

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

/* decision_talk.c: blocked for 48 hours, it is talked about for fifteen minutes. */

/* The 48 hours begin. */
void decision_talk_begin(struct turn *turn, struct item *item, int64_t since_ms);
/* Nothing of it is to be said any more. */
void decision_talk_end(struct turn *turn, struct item *item);
/* Somebody objects to what is blocked already. */
void decision_talk_objected(struct turn *turn, struct item *item);
/* Whom it concerns, or when they work, has changed. */
void decision_talk_recheck(struct turn *turn, struct item *item);
/* It is so from now on, and goes on when that says. */
void decision_talk_keep(struct turn *turn, struct item *item, const struct talk *talk);
/* Those who can be asked for a time now: the others are when they begin to work. proposer NULL: the bot. */
void decision_talk_ask_those_at_work(struct turn *turn, struct item *item, const struct talk *talk,
                                     const char *proposer);
enum outcome decision_talk(struct turn *turn, struct item *item, const struct act_request *request);

/* decision_slot.c: its time. */

/* The first time at which everybody can, if there is one; keeps the talk. */
void decision_talk_settle_on_time(struct turn *turn, struct item *item, struct talk *talk);
/* False: that event chose no time. */
bool decision_talk_unpick(struct turn *turn, struct item *item, const char *event);
enum outcome decision_slot(struct turn *turn, struct item *item, const struct act_request *request);

/* decision_talk_say.c: how it is asked and shown. */

enum talk_step {
    TALK_WAITS, /* for its time to come, or for those whom it concerns to be there */
    TALK_PROPOSED,
    TALK_SET,
    TALK_RESULT, /* took place; what was decided is asked for */
    TALK_LEFT, /* nothing more is said of it */
};

/* The owner, first, and those who object, as far as they are in the room. None, if the owner is not. */
struct person_list decision_talk_concerned(struct turn *turn, const struct item *item);
/* Of those, who is not there within the next week. */
struct person_list decision_talk_away(struct turn *turn, struct person_list people);
/* Asks these people, who are at work, for a time; proposer NULL: the bot. */
void decision_talk_ask(struct turn *turn, struct item *item, const struct talk *talk,
                       struct person_list people, const char *proposer);
/* Asks the owner for what only the owner can do: template_name says what; flag, a section of it, why. */
void decision_talk_tell_owner(struct turn *turn, struct item *item, const char *template_name,
                              const char *flag);
/* For the card; NULL: nothing is to be shown. */
struct json_object *decision_talk_shown(struct turn *turn, const struct item *item);
/* When it takes place, if that is still to come. */
void decision_add_talk_time(struct turn *turn, const struct item *item, struct json_object *values);

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
