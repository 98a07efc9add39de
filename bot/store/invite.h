/*
 * invite - invites that were accepted and are not yet done with: to join, or to turn down after all.
 *
 * Shape:   a row for each room, INVITE_JOIN until the join was granted (then it is removed), INVITE_LEAVE once
 * joining was given up. Invites that nobody asked us to accept have no row.
 * Bounds:  INVITE_MAX rows.
 * Source:  matrix.md 2.7.
 */
#ifndef STORE_INVITE_H
#define STORE_INVITE_H

#include "store/store.h"

enum { INVITE_MAX = 1000 };

enum invite_state { INVITE_JOIN, INVITE_LEAVE };

struct invite_row {
    const char *room_id;
    const char *inviter;
    const char *via; /* a server that knows the room */
    int attempts;
    int64_t next_try_ms;
    enum invite_state state;
};

/* False if INVITE_MAX wait already. An invite that is there begins anew. */
bool invite_add(struct store *store, const struct invite_row *row);
void invite_remove(struct store *store, const char *room_id);
void invite_retry(struct store *store, const char *room_id, enum invite_state state, int attempts,
                  int64_t next_try_ms);
/* The wall clock was set, by so much. */
void invite_clock_moved(struct store *store, int64_t by_ms);
/* The one whose try is next, whenever that is; false if there is none. */
bool invite_next(struct store *store, struct arena *arena, struct invite_row *out);

#endif
