/*
 * event - something that happened in a room, as the engine sees it: no JSON, no socket.
 *
 * Shape:   made by matrix/ from an event of the homeserver, or by the console from a line. Bodies are already
 *          without a reply's quoted fallback, and cleaned of nothing else: the engine folds and cleans where it
 *          compares and echoes.
 * Units:   at_ms is origin_server_ts clamped into [the sync before the one that brought it, the one that
 *          brought it].
 * Owns:    nothing; every pointer is borrowed for the length of the call.
 * Source:  matrix.md 2.9, 3.4-3.6; architecture.md "An event's time".
 */
#ifndef ENGINE_EVENT_H
#define ENGINE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

enum event_kind {
    EVENT_MESSAGE, /* m.text (or m.emote) of another person */
    EVENT_NOTICE, /* m.notice of another: never answered, marks its sender as a bot */
    EVENT_EDIT, /* target: what it replaces; body: the new text. Sender, room and type were checked to be
                        those of the target's */
    EVENT_REDACTION, /* target: what is gone */
    EVENT_REACTION, /* target, key */
    EVENT_MEMBER, /* person, membership (the fact itself is already in the store); from_membership is what it
                     was before */
    EVENT_SELF_JOINED, /* the bot came into the room, the first time or again */
    EVENT_SELF_LEFT, /* the bot was kicked, banned, or left */
    EVENT_MOVE_DOUBTED, /* the room is said by sender to be replaced by target, a room id, and is not followed there; key:
                           "predecessor" (that room does not say so; "left" in membership: the bot was there) or
                           "sender" (who may not say so) */
    EVENT_UNREADABLE, /* encrypted, and no key for it: holds a closing its sender is asked for */
};

struct event {
    enum event_kind kind;
    const char *id;
    int64_t room; /* the store's row */
    const char *sender;
    int64_t at_ms;
    const char *body; /* MESSAGE, EDIT */
    const char *thread; /* root of the thread it stands in, or NULL */
    const char *reply; /* what it answers (no thread fallback), or NULL */
    const char *target; /* EDIT, REDACTION, REACTION, MOVE_DOUBTED */
    const char *key; /* REACTION, MOVE_DOUBTED */
    const char *person; /* MEMBER: whose membership */
    const char *membership; /* MEMBER, SELF_LEFT: "join", "leave", "ban", "invite" */
    const char *reason; /* SELF_LEFT: what the one who sent the bot out gave as such, or NULL */
    bool is_mentioning_me; /* m.mentions names the bot */
    bool is_decrypted; /* it came encrypted, and was read */
    bool
        is_ahead; /* applied before what is still to come in its room: it stops what is there, or waits for its turn */
};

#endif
