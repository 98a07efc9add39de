/*
 * message - every event that had an effect, ours and others', by event id.
 *
 * Shape:   role says what it is to us: "card", "answer", "ping", "say" (ours); "command", "word", "reaction",
 *          "redaction", "edit" (theirs). Finds the item of a reply, reaction, edit or redaction; and an event
 * that is here is never applied again (architecture.md "applied once").
 */
#ifndef STORE_MESSAGE_H
#define STORE_MESSAGE_H

#include "store/store.h"

struct message_row {
    const char *event_id;
    int64_t room;
    const char *sender; /* "" for our own */
    const char *role;
    int64_t item; /* 0: none */
    int64_t row; /* of the outbox; 0: not ours */
    int64_t at_ms;
    const char *thread; /* the thread's root it stands in, or NULL */
};

void message_add(struct store *store, const struct message_row *message);
bool message_get(struct store *store, const char *event_id, struct arena *arena, struct message_row *out);
bool message_is_known(struct store *store, const char *event_id);

#endif
