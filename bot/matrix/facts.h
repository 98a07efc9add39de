/*
 * facts - state events of a room -> store/room: who is in it, who may what, what it is called.
 *
 * Shape:   each event overwrites what it says and nothing else; encryption, once seen, stays (an event that
 * empties it, or its redaction, is an attack or a mistake). Nothing is written that is so already.
 * Bounds:  ROOM_*.
 * Errors:  what is malformed is not applied.
 * Source:  matrix.md 2.4, 2.8; trust.md B.2 row 6.
 */
#ifndef MATRIX_FACTS_H
#define MATRIX_FACTS_H

#include "base/json.h"
#include "store/store.h"

/* A state event of a type that facts_apply reads. */
bool facts_is_read(struct json_object *event);
/* In a transaction. True if somebody's membership, known before, is another one now. */
bool facts_apply(struct store *store, int64_t room, struct json_object *event);

#endif
