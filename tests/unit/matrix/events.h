/*
 * events - events as a homeserver writes them, in JSON, for tests of what is done with them.
 *
 * Shape:   EVENT_AT is a whole event; the others are what its last argument may be. All arguments are string literals.
 */
#ifndef TESTS_EVENTS_H
#define TESTS_EVENTS_H

#define EVENT_AT(id, sender, ts, more)                                                                       \
    "{\"event_id\":\"" id "\",\"sender\":\"" sender "\",\"origin_server_ts\":" ts "," more "}"
#define TEXT(body) "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"" body "\"}"
#define MEMBER(person, membership)                                                                           \
    "\"type\":\"m.room.member\",\"state_key\":\"" person "\",\"content\":{\"membership\":\"" membership "\"}"
#define REPLACED_BY(room)                                                                                    \
    "\"type\":\"m.room.tombstone\",\"state_key\":\"\",\"content\":{\"replacement_room\":\"" room "\"}"

#endif
