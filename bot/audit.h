/*
 * audit - the daemon's look at itself: is everything that should happen going to?
 *
 * Shape:   audit_due says whether it is time; audit_run looks, logs what it found when that has changed, and keeps it.
 *          It runs at a wake-up that has another reason, at most every AUDIT_MS: it never wakes the machine.
 * Finds:   an open item whose date is to come and that no timer waits for; a timer that is overdue; a row of the outbox
 *          that is older than the homeserver's limit explains; a message that was accepted and never seen.
 * Owns:    nothing; borrows the store.
 * Source:  trust.md A.1 (Grafana OnCall's auditor; PagerDuty: an answer of success is no delivery), R9, R11.
 */
#ifndef AUDIT_H
#define AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/store.h"

enum {
    AUDIT_MS = 60 * 1000,
    AUDIT_TIMER_MS = 5 * 60 * 1000, /* a timer is overdue */
    AUDIT_ROW_MS = 10 * 60 * 1000, /* a row is late, with no queue before it */
    AUDIT_UNSEEN_MS = 5 * 60 * 1000, /* trust.md R9 */
};

struct audit {
    int64_t last_ms;
    int64_t n_stepless; /* open items without a next step */
    int64_t n_overdue; /* timers */
    int64_t n_late; /* rows of the outbox */
    int64_t n_unseen; /* sent, and not seen in the room */
};

/* What the daemon knows of the world: only while it is connected and its clock is good is anything late. */
struct audit_world {
    int64_t now_ms;
    int64_t barrier_ms; /* as of engine_timers */
    double refill_per_s; /* of the homeserver's limit; 0: none */
    bool is_well; /* connected since at least AUDIT_TIMER_MS, the clock believed */
};

bool audit_is_due(const struct audit *audit, int64_t now_ms);
void audit_run(struct audit *audit, struct store *store, const struct audit_world *world);
/* The daemon itself is stuck: a new start may mend it. */
bool audit_is_stuck(const struct audit *audit);
/* A line for each finding. */
void audit_add_findings(const struct audit *audit, struct buf *lines);

#endif
