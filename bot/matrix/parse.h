/*
 * parse - an event of the homeserver -> struct event. Pure: no store, no clock.
 *
 * Shape:   whatever is missing, of another type, too long or too deep makes the event one that says nothing
 * to the engine; it never stops the events after it. What stands here was sent by anybody: servers check
 * events in clear only, and not all do.
 * Ids:     with anything that cannot be seen in them (spaces, controls, zero widths, directions) are none.
 * Bounds:  EVENT_*.
 * Owns:    nothing; texts live in the caller's arena or in the JSON, which must outlive the result.
 * Source:  matrix.md 2.8 (redactions), 2.9, 3.4-3.6; trust.md B.2 rows 7, 14, 15, 24.
 */
#ifndef MATRIX_PARSE_H
#define MATRIX_PARSE_H

#include "base/arena.h"
#include "base/bounds.h"
#include "base/json.h"
#include "engine/event.h"

enum parse_result {
    PARSE_EVENT, /* event is set, but for room and is_ahead; at_ms is what the server claims */
    PARSE_OWN, /* the bot's own message, reaction, edit or redaction: txn and content_txn are set */
    PARSE_NOTHING, /* nothing the engine looks at: other types, redacted, malformed */
    PARSE_TOO_DEEP,
};

struct parsed {
    struct event event; /* id, sender and at_ms for PARSE_OWN too */
    const char *txn; /* unsigned.transaction_id, or NULL */
    const char *content_txn;
};

enum parse_result parse_event(struct json_object *json, const char *me, struct arena *arena,
                              struct parsed *out);

/* Borrowed from the JSON; NULL if it has none that could be one. */
const char *parse_event_id(struct json_object *json);
const char *parse_sender(struct json_object *json);
bool parse_is_room_id(const char *text);
bool parse_is_user_id(const char *text);
/* NULL unless it is a state event, with any state key. */
const char *parse_state_key(struct json_object *json);
/* A membership event of person that says `membership` and did not before (a change of name is none). */
bool parse_is_turning(struct json_object *json, const char *person, const char *membership);

#endif
