/*
 * flow - what happens to the bot in one scene: what came before, and the one thing during which it is made to fail.
 *
 * Shape:   steps are lines as in tests/transcripts: who, where, what (flow.c has the few verbs). `before` is played
 *          once, and its end is the snapshot from which each point starts.
 */
#ifndef CRASH_FLOW_H
#define CRASH_FLOW_H

#include <stdbool.h>

#include "homeserver.h"

enum { STEPS_MAX = 12 };

/* All flows in encrypted rooms, where one flow's name is asked for. */
#define FLOWS_ENCRYPTED "encrypted"

/* When the thing happens. */
enum flow_kind {
    FLOW_LIVE, /* while the bot waits in its long poll */
    FLOW_DOWN, /* while it is down: it begins with the start */
    FLOW_END, /* it is asked to end */
    FLOW_FIRST, /* there is no store yet: it begins with the start */
};

struct flow {
    const char *name;
    enum flow_kind kind;
    const char *before[STEPS_MAX];
    const char *steps[STEPS_MAX];
    bool is_refused_when_full; /* it begins something new */
    bool is_encrypted; /* the rooms are, and the homeserver knows keys */
    const char *sql; /* done to the snapshot's store; NULL: nothing */
};

extern const struct flow flows[];
extern const int n_flows;

/* The rooms and people that every scene has. */
void flow_furnish(struct homeserver *server, const struct flow *flow);
/* What a person does, at the homeserver. */
void flow_step(struct homeserver *server, const char *step);
/* All of flow->steps. */
void flow_steps(struct homeserver *server, const struct flow *flow);

#endif
