/*
 * bounds - how much of anything the machine holds, asks for or waits for: every queue, table, answer and request.
 *
 * Shape:   one line each, with what happens beyond it or why it is that much. What people write and read is bounded with
 *          the form and the message (engine/form.h, words/message.h, engine/people.h), a habit's own with the habit.
 * Units:   in the names; what has none is a number of things.
 * Source:  architecture.md "Bounds, in one header"; trust.md B.2 rows 11, 14, 15, 22; lab.md for what Synapse does.
 */
#ifndef BASE_BOUNDS_H
#define BASE_BOUNDS_H

/* Answers of the homeserver. Beyond: the answer counts as none (http_answer.is_too_large). */
enum {
    HTTP_BODY_BYTES = 1 << 20, /* where nothing larger is expected */
    HTTP_HEADER_BYTES = 64 * 1024,
    SYNC_BYTES =
        64 << 20, /* beyond: asked again for one event a room, and the gaps are filled page by page */
    MEMBERS_BYTES = 16 << 20, /* some 30,000 people; beyond: the room goes on with whom it knows */
    GAP_PAGE_BYTES = 16 << 20, /* 100 events of 64 KiB, and their state */
    READBACK_PAGE_BYTES = 16 << 20, /* likewise */
    JSON_DEPTH = 1024, /* of a whole answer: anybody can have a to-device message 941 deep put into one */
    SYNC_TOKEN_BYTES = 4096, /* sync positions and page tokens */
};

/* Events. Beyond: that event says nothing to the engine; those after it do. */
enum {
    EVENT_ID_BYTES = 255, /* ids of all kinds, state keys: the specification's */
    EVENT_BODY_BYTES = 65536, /* no event is larger */
    EVENT_KEY_BYTES = 256, /* keys of reactions, memberships */
    EVENT_DEPTH = 64, /* Synapse lets 125 through */
    ROOM_NAME_BYTES = 1024,
    ROOM_VERSION_BYTES = 32,
    ROOM_CREATORS_MAX = 100, /* beside the first */
};

/* Requests: how long, how slow, how many at once. */
enum {
    HTTP_TIMEOUT_S = 30, /* where nothing else is said */
    HTTP_CONNECT_S = 20,
    HTTP_SLOW_BYTES =
        16, /* a second, over HTTP_SLOW_S: slower is dead. Not for long polls, which are silent */
    HTTP_SLOW_S = 45, /* a policy server may hold an event for 30 s */
    SYNC_SLACK_S = 60, /* beyond the long poll's own time */
    SYNC_FIRST_S = 300, /* the first answer of a large account takes the homeserver minutes */
    SEND_TIMEOUT_S = 60, /* a policy server, again */
    JOIN_TIMEOUT_S = 120, /* joins and invitations wait for other servers */
    LOGIN_TIMEOUT_S = 60, /* passwords are slow to check, on purpose */
    SEND_FLIGHTS = 8, /* PUTs at once, a room and lane has one */
    SEND_URGENT_FLIGHTS = 4, /* more, for what is urgent */
    MEMBERS_JOBS = 4,
    GAP_JOBS = 2,
    GAP_PAGE_EVENTS = 100,
    GAP_EMPTY_PAGES_MAX = 100, /* in a row; beyond: the gap is lost */
    OWN_UP_HOUR_MAX = 10, /* direct messages to one admin about rooms */
    GAP_UNSAID_MS = 600000, /* a room that is on hold for longer says so */
    READBACK_JOBS = 4,
    READBACK_PAGES = 1000, /* of 100 of our own events; beyond: nobody can say */
    /* All of these, sync, invites, account data, direct rooms: nobody waits for a connection behind what hangs. */
    HTTP_CONNECTIONS_MAX = 32,
    HTTP_CONNECTIONS_KEPT = 12, /* when they are idle */
};

/* Tables and queues of the store. */
enum {
    ROOMS_MAX = 4000, /* beyond: an invite is turned down */
    INVITES_MAX = 1000, /* beyond: an invite is ignored */
    INBOX_HELD_MAX = 10000, /* a room's; beyond: set aside, "too many" */
    INBOX_KEYS_MAX = 200, /* a room's that cannot be read; beyond: the oldest are dropped */
    INBOX_KEY_DAYS = 7, /* a key that has not come by then does not come */
    OUTBOX_LOOK_AHEAD = 64, /* rows of a queue that are looked through for one that may go */
    OUTBOX_HEADS_MAX = 64, /* queues served in one poke; the others in the next */
    OUTBOX_SEEN_MAX = 10000, /* own events of a lost life; beyond: looked for, one by one */
    NUMBER_PREFIXES_MAX = 64,
    NUMBER_MAX = 1 << 30,
    TIMERS_IN_COMMIT = 256,
    DRAIN_IN_COMMIT = 64, /* held events that are applied between two looks at the network */
    DEFERRED_MAX = 512, /* writes that wait for a commit; beyond: they make one */
    STATEMENTS_MAX = 512, /* that the binary has: a bug beyond */
};

/* Memory that outlives a turn. */
enum {
    PLACES_MAX = 4096, /* rooms at rest that are remembered; beyond: read from the store again */
    SEND_AHEAD_MAX = 3, /* rows that answers may put before the oldest room; then it has its turn */
    SEND_AWAITED_MAX = 64, /* 200s that no commit has written; beyond: they make one */
    SEND_CLEARED_MAX = 64, /* rows looked for and not there; beyond: looked for again */
    SEND_MARKED_MAX = 64, /* rows that were marked before a try, after an unclean end; beyond: marked again */
    BACKUP_BATCH = 50, /* keys of rooms in one request */
    BACKUP_WISHES_MAX = 64, /* keys that are to be had back; beyond: after the next start */
    BACKUP_ASKED_MAX = 256, /* that were asked for; beyond: the oldest may be asked for again */
    CRYPTO_WISHES_MAX = 64, /* encrypted rooms that wait for keys; beyond: when one has them */
};

/* The control socket. */
enum {
    CONTROL_CLIENTS_MAX = 8,
    CONTROL_REQUEST_MAX = 64 * 1024,
    CONTROL_ANSWER_MAX = 1024 * 1024,
    CONTROL_IDLE_MS = 10000,
};

#endif
