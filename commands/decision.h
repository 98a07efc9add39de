/*
 * decision - what the files of the habit share: decision.c (states and transitions), decision_open.c (how it begins),
 *            decision_card.c (how it looks); decision_position.c, _end.c, _change.c and _time.c have its acts, by who or what
 *            does them (decision_private.h).
 *
 * Source:  method.md 1 "decision call", "decision record"; 2 "Decisions" and what the articles leave open.
 */
#ifndef COMMANDS_DECISION_H
#define COMMANDS_DECISION_H

#include "engine/command.h"

enum decision_state {
    DECISION_OPEN = 1,
    DECISION_BLOCKED,
    DECISION_ADOPTED,
    DECISION_SETTLED,
    DECISION_NOT_ADOPTED,
    DECISION_CANCELLED,
    DECISION_STATES
};

/* Guards of what is said (outbox.h): all fall when the decision closes, that of the reminder also when one of those whom
 * it calls has spoken, that of the talk when it is settled on, or no longer needed. */
#define GUARD_OPEN     "open"
#define GUARD_REMINDER "reminder"
#define GUARD_TALK     "talk"

enum { DECISION_SUBJECT_MAX = 120, DECISION_VALUE_MAX = 280 };

/* method.md 2: a micro decision leaves each person asked 8 working hours. */
enum { DECISION_FLOOR_MS = 8 * 60 * 60 * 1000 };

extern const struct form decision_form;

struct json_object *decision_card(struct turn *turn, struct item *item, const char **template_out);
struct json_object *decision_record(struct turn *turn, struct item *item);

/* Those asked who have not spoken and have not left. */
struct person_list decision_waiting(struct turn *turn, const struct item *item);
/* Their word, of those who are waited for; of its owner, what is blocked. */
const char *decision_waits_for(struct turn *turn, struct item *item, const char *person);
/* Sets the timers of an open decision: the close, the next who is to be asked, the next who is to be reminded. */
void decision_set_timers(struct turn *turn, struct item *item);
/* One floor of working time from now, in the room's zone. */
int64_t decision_floor_ms(struct turn *turn);

/* The opening message as it is now: a change of the proposal after somebody agreed is a real one. */
void decision_opening_edited(struct turn *turn, struct item *item, const char *body);
/* What is proposed is another text than the one people have spoken about: they are told, and where somebody had agreed
 * the clock starts again. */
void decision_text_changed(struct turn *turn, struct item *item);

#endif
