/*
 * habit - how a habit of the bot joins the simulator: one file, one symbol, one line in habits.c.
 *
 * Shape:   a habit declares what its people do (deeds), keeps its own account of what was said (saw), and says what
 *          must be so (put, end). The account is made from what the homeserver accepted, never from the engine's code.
 * Errors:  what must not be is world_fail.
 */
#ifndef SIM_HABIT_H
#define SIM_HABIT_H

#include "base/json.h"
#include "homeserver.h"
#include "world.h"

/* What a person can do. Does nothing if there is nothing to do it to. */
struct sim_deed {
    const char *name;
    int weight;
    void (*run)(const char *person, struct chance *chance);
};

/* A message that the bot is about to send, for the first time or again; content is what will be seen. */
struct sim_put {
    int room;
    const char *txn;
    struct json_object *content;
    /* As the bot's own outbox has it. */
    const char *template_name; /* "" if unknown */
    int64_t cause_ms, sealed_ms;
    bool is_first;
    bool is_edit;
};

struct sim_habit {
    const char *name;
    const struct sim_deed *deeds; /* ends with one that has no name */
    /* Any of the following may be NULL. */
    void (*saw)(const struct said *said, struct json_object *content); /* a message of the bot's */
    void (*put)(const struct sim_put *put); /* before it leaves */
    /* May the bot say this a second time, word for word? NULL: it may not. */
    bool (*may_repeat)(struct json_object *content);
    void (*end)(void); /* all has come to rest: is what the bot has what was said? */
    /* Seconds before the next date that silence waits for, somebody breaks it; and half a minute before, somebody says
     * something that does not matter. Returns that date; 0: none is to come within a day. */
    int64_t (*break_silence)(struct chance *chance);
};

extern const struct sim_habit habit_decision_sim, habit_reminder_sim, habit_series_sim, habit_members_sim,
    habit_task_sim, habit_escalation_sim, habit_talk_sim, habit_standup_sim, habit_gate_sim, habit_remark_sim,
    habit_rota_sim;
extern const struct sim_habit *const sim_habits[]; /* ends with NULL */

#endif
