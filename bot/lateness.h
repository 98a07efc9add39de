/*
 * lateness - one figure: how late what was due was said or done, in the last 24 hours.
 *
 * Shape:   lateness_note is told of what has fired, in the transaction in which it fires: so the figure costs no commit, and what
 *          is taken back was never late. The worst of each hour is kept, LATENESS_HOURS of them.
 *          What came due while nobody listened (the bot down, the machine asleep, the homeserver out of reach) is apart: the
 *          figure says what the running bot did.
 * Units:   *_ms.
 * Owns:    the table lateness.
 * Bounds:  what fires in one commit counts by the one that is the latest of it.
 * Missing: the way from there to the room: the audit finds what waits in the outbox for too long (audit.h).
 */
#ifndef LATENESS_H
#define LATENESS_H

#include <stdint.h>

#include "base/buf.h"
#include "store/store.h"

enum { LATENESS_HOURS = 24, LATENESS_WRONG_MS = 60 * 1000 };

struct lateness {
    int64_t due_ms;
    int64_t now_ms; /* when it fires */
    int64_t heard_ms; /* since when somebody listens */
};

/* In a transaction of the caller. */
void lateness_note(struct store *store, const struct lateness *lateness);
/* A line, if the running bot was too late. */
void lateness_add_finding(struct store *store, int64_t now_ms, struct buf *lines);
/* A line, if it was not; NULL: it was, or nothing was due. In the arena. */
char *lateness_text(struct store *store, int64_t now_ms, struct arena *arena);

#endif
