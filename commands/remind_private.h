/*
 * remind_private - what the files of the reminder share: remind.c (the command), reminder.c (what it does when its hour has
 *                  come, and what its owner does), reminder_card.c (how it looks).
 *
 * Shape:   one that comes back keeps its rule (recur.h) and has one timer, for its next occurrence.
 */
#ifndef COMMANDS_REMIND_PRIVATE_H
#define COMMANDS_REMIND_PRIVATE_H

#include "commands/commands.h"
#include "time/recur.h"

enum { REMINDER_SET = 1, REMINDER_SAID, REMINDER_CANCELLED, REMINDER_PAUSED, REMINDER_STATES };

/* What an item keeps beside its texts: "room", a rule as text, or both with a space between. */
struct reminder {
    bool is_for_room; /* said to everybody, and nobody's telephone rings */
    bool comes_back;
    struct recur rule;
};
/* A rule that does not read any more, as when its zone is gone, counts as none: it is said once more, then is over. */
struct reminder reminder_of(const struct item *item);
/* Its owner, whom it reminds, is not who asked for it. */
bool reminder_is_for_other(const struct item *item);
void reminder_keep(struct turn *turn, struct item *item, const struct reminder *reminder);
/* The first occurrence after that instant; RECUR_NEVER if none is left. One of working days is none on a day off of its owner or of
 * its room. */
int64_t reminder_next_ms(struct turn *turn, const struct item *item, const struct reminder *reminder,
                         int64_t after_ms);
/* Sets its timer for the next occurrence after that instant, which may be overdue. False: none is left, and nothing is set. */
bool reminder_set_next(struct turn *turn, struct item *item, const struct reminder *reminder,
                       int64_t after_ms);

struct json_object *reminder_card(struct turn *turn, struct item *item, const char **template_out);
struct json_object *reminder_record(struct turn *turn, struct item *item);

#endif
