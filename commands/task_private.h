/*
 * task_private - what the files of the task share: task.c (states and transitions), task_open.c (how it begins), task_act.c (what
 *                people do to it), task_hand.c (whose it is), task_call.c (whom it calls, and when), task_card.c (how it looks).
 *
 * Shape:   one owner, who has taken it or is asked to; at most one person more is asked, to take it over: until they do it stays
 *          with its owner. The owner is called once to be asked, then at the reminders before its date, and once when that
 *          has passed; not when they said that it cannot be, which its author hears.
 * Source:  method.md 2 ("owner + deadline + next action"), words.md 1 and 2, scenes.md 4.
 */
#ifndef COMMANDS_TASK_PRIVATE_H
#define COMMANDS_TASK_PRIVATE_H

#include "commands/commands.h"

enum task_state { TASK_ASKED = 1, TASK_TAKEN, TASK_DONE, TASK_CANCELLED, TASK_STATES };

/* Guards of what is said: of all that is about an open task; of what asks somebody to take it; of reminders. */
#define TASK_GUARD        "open"
#define TASK_GUARD_ASK    "ask"
#define TASK_GUARD_REMIND "remind"

enum { TASK_SUBJECT_MAX = 120, TASK_VALUE_MAX = 280 };

extern const struct form task_form;

/* --- task_card.c --- */

struct json_object *task_card(struct turn *turn, struct item *item, const char **template_out);
struct json_object *task_record(struct turn *turn, struct item *item);
/* What every template of a task may name. */
struct json_object *task_basics(struct turn *turn, const struct item *item);
/* A typed command gets its one answer; a word or a tap is answered by the card. */
void task_confirm(struct turn *turn, const struct item *item, const struct act_request *request,
                  const char *what);

/* --- task_open.c --- */

/* One that comes of something else than a command: its subject is a text that is there already. NULL as item_create. */
struct item *task_make(struct turn *turn, const char *owner, int64_t subject, const struct when *when);
/* It is shown, and calls whom it is to call. */
void task_begin(struct turn *turn, struct item *item);
void task_opening_edited(struct turn *turn, struct item *item, const char *body);
void task_opening_redacted(struct turn *turn, struct item *item);

/* --- task_call.c --- */

/* Sets the timers of an open task: who is next to be asked, and the next call to its owner. */
void task_set_timers(struct turn *turn, struct item *item);
/* Those who are still to be asked: now if they work now, else when their day begins. */
void task_ask(struct turn *turn, struct item *item);
/* Until then nothing reminds its owner; 0: not any more. */
void task_put_off(struct turn *turn, struct item *item, int64_t until_ms);
bool task_has_held(struct turn *turn, struct item *item, const char *person);
enum outcome task_ask_now(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome task_call_now(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome task_reschedule(struct turn *turn, struct item *item, const struct act_request *request);

/* --- task_hand.c --- */

extern const struct handing task_handing;
/* It is theirs from now on, and they are asked to take it. */
void task_give(struct turn *turn, struct item *item, const char *person);
const char *task_waits_for(struct turn *turn, struct item *item, const char *person);
enum outcome task_take(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome task_accept(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome task_decline(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome task_somebody_left(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome task_somebody_came(struct turn *turn, struct item *item, const struct act_request *request);

/* --- task_act.c --- */

enum outcome task_done(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome task_cancel(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome task_extend(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome task_snooze(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome task_reopen(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome task_withdraw(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome task_amend(struct turn *turn, struct item *item, const struct act_request *request);

#endif
