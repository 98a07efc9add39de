/*
 * apply - an event reaches the engine, once: at once, ahead of what its room waits for, or from the inbox.
 *
 * Shape:   events of a room that waits for nothing are applied as they come, and a message that the engine
 * does not want costs no SQL. Behind a gap, behind people not yet known, behind an event that waits for a
 * number, events go to the inbox and are applied in order when that ended; what only stops things is applied
 * ahead. An event that fails three times, or ended the program three times, is set aside there.
 * Errors:  the store's, see intake.h.
 * Source:  architecture.md "applied once", "gaps hold their room only", "An event's time".
 */
#ifndef MATRIX_APPLY_H
#define MATRIX_APPLY_H

#include "base/json.h"
#include "matrix/intake.h"

/* An event of a timeline: the bot's own go to on_own_event, others are applied or held. before_ms: it is not
 * older, whatever it claims. */
void apply_take(struct place *place, struct json_object *json, int64_t before_ms);
/* An event made up for what has none of its own. */
void apply_made(struct place *place, struct json_object *json, const struct event *event);

/* Into the inbox. key 0: behind all that came before. In a transaction; json's time becomes event's. */
void apply_hold(struct place *place, struct json_object *json, const struct event *event, int64_t key);
/* Small talk is not worth a row there. */
bool apply_is_small_talk(struct intake *intake, const struct event *event);
int64_t apply_next_key(struct place *place);

/* What was said in a hole of the room will never be known: stands aside there, so that a closing that lies over it asks
 * its owner, and the room is told. Nothing of it is older than from_ms. In a transaction. */
void apply_lose(struct place *place, int64_t from_ms);

/* On hold from now, unless it is already. In a transaction. */
void apply_start_hold(struct place *place);
/* Releases the room if it waits for nothing any more. In a transaction. */
void apply_settle(struct place *place);

/* Applies what waits and need not any more, a bounded number of events, in transactions of its own. True if
 * something was applied or released. */
bool apply_drain(struct intake *intake);
/* Events that wait for a number may be tried at once. */
void apply_retry_waiting(struct intake *intake);

#endif
