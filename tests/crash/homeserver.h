/*
 * homeserver - the part of the client-server API that the bot uses, in this process and in memory.
 *
 * Shape:   one list of events, a position is an index into it ("s12"); rooms, transaction ids by device and path,
 *          filters and account data beside it. Event and room ids count up, so that the same scene gives the same ids.
 *          It works off whatever has arrived when homeserver_work is called, and never waits. A fork() of the process
 *          is a snapshot of it: the copy calls homeserver_attach first.
 * Owns:    its listener on 127.0.0.1 and the connections.
 * Keys:    homeserver_allow_keys makes it one that knows encryption, and gives its people devices (peers.h).
 * Missing: federation, rights, rate limits: here only the bot's own part is under test.
 * Source:  the Matrix client-server API; tests/e2e/scripted.py, which is slower and can be given faults.
 */
#ifndef CRASH_HOMESERVER_H
#define CRASH_HOMESERVER_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct homeserver;

struct homeserver_event {
    struct json_object *json; /* owned; as clients see it, but for `unsigned` */
    int room; /* index */
    struct json_object *clear; /* owned; as those see it who may read it (homeserver_clear); NULL: not yet */
    uint32_t index; /* of its ratchet, once it is clear */
    const char *token; /* borrowed: of whom sent it with a transaction id; NULL: nobody */
    const char *txn;
};

#define HOMESERVER_BOT      "@greffier:localhost"
#define HOMESERVER_PASSWORD "only-for-this-test"

struct homeserver *homeserver_create(void);
void homeserver_destroy(struct homeserver *server);
/* After a fork: connections are the other process's, the listener is shared and has to be served by one only. */
void homeserver_attach(struct homeserver *server);
int homeserver_port(const struct homeserver *server);
/* Readable when there is something to do. */
int homeserver_fd(const struct homeserver *server);
void homeserver_work(struct homeserver *server);

/* What people do. Rooms by index, in the order in which they were made; ids are borrowed until the next call. */
int homeserver_make_room(struct homeserver *server, const char *name, const char *const *people);
const char *homeserver_send(struct homeserver *server, int room, const char *sender, const char *type,
                            const char *state_key, struct json_object *content);
void homeserver_set_member(struct homeserver *server, int room, const char *sender, const char *person,
                           const char *membership);
void homeserver_redact(struct homeserver *server, int room, const char *sender, const char *event_id);
/* Of a timeline in /sync; more than that is a gap. */
void homeserver_set_limit(struct homeserver *server, int limit);

/* Before the bot's first login. */
void homeserver_allow_keys(struct homeserver *server);
struct peers *homeserver_peers(const struct homeserver *server);
/* The room is encrypted from here on; what people send there is sealed by their device. */
void homeserver_encrypt_room(struct homeserver *server, int room);
bool homeserver_is_encrypted(const struct homeserver *server, int room);
/* The event as everybody sees it who was in the room then; NULL: one of their devices cannot read it, or one of somebody can
 * who was not there. What is in clear is its own. */
struct json_object *homeserver_clear(const struct homeserver *server, size_t n);

/* A client waits in a long poll for what comes after the last event, and no request is half read. */
bool homeserver_is_idle(const struct homeserver *server);
/* Requests answered so far. */
int64_t homeserver_n_requests(const struct homeserver *server);
size_t homeserver_n_events(const struct homeserver *server);
const struct homeserver_event *homeserver_event(const struct homeserver *server, size_t n);
int homeserver_n_rooms(const struct homeserver *server);
const char *homeserver_room_id(const struct homeserver *server, int room);
/* Devices that were ever logged in. */
int homeserver_n_devices(const struct homeserver *server);
/* By type. */
struct json_object *homeserver_account_data(const struct homeserver *server);
/* What stands there of the bot's keys, as lines. Nothing where there are none. */
void homeserver_list_keys(const struct homeserver *server, void (*add)(void *data, const char *line),
                          void *data);
/* Requests that used a transaction id again with another body, or the id of a key for another key: must stay 0. */
int homeserver_n_changed(const struct homeserver *server);

#endif
