/*
 * peers - devices of ours that speak to each other by a homeserver of a screenful, all in one thread.
 *
 * Shape:   each peer is a whole matrix/crypto with a store in memory; its http handle is itself. peers_settle lets all of
 *          them work until nobody asks for anything. The room is row 1 of each store, "!room:x"; who is in it is in each.
 *          peer_say gives the event as the homeserver would, peer_read what the peer makes of it.
 * Owns:    all of it, until peers_finish.
 */
#ifndef TESTS_PEERS_H
#define TESTS_PEERS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "matrix/crypto/crypto.h"
#include "matrix/http.h"
#include "store/hold.h"
#include "store/room.h"
#include "store/store.h"

#define PEERS_ROOM "!room:x"
enum { PEERS_MAX = 4, PEERS_NOW = 1800000000, PEERS_REQUESTS = 16, PEERS_KNOWN = 512 };

struct peer {
    const char *person, *device_id;
    const char *password; /* that it knows; NULL: none. For peer_restart */
    struct store *store;
    struct client client;
    struct crypto *crypto;
    struct json_object *inbox; /* owned: to-device events */
    struct json_object *changed; /* owned: of device lists */
    char known[PEERS_KNOWN]; /* what it was told to be known, a word each */
    int64_t asked_ms;
};

struct peers_request {
    uint64_t id; /* 0: free */
    struct peer *peer;
    char method[8], path[256];
    char *body; /* owned */
    http_done_fn *done;
    void *data;
};

static struct peers {
    struct peer all[PEERS_MAX];
    size_t n;
    struct peers_request requests[PEERS_REQUESTS];
    uint64_t n_requests;
    struct json_object
        *keys; /* owned: device_keys, master_keys, self_signing_keys: person: ...; one_time_keys */
    struct json_object *data; /* owned: account data: person: type: ... */
    int n_data_puts;
    struct json_object *backup; /* owned: of one account: version, algorithm, auth_data, rooms; NULL: none */
    bool has_no_backups; /* nor knows what they are */
    int n_versions, n_kept; /* versions made; requests with keys that were taken */
    const char *lost; /* a part of a path: such requests are done, and their answers lost */
    const char *held; /* such requests are not answered */
    const char *wanted_password; /* of who puts an identity there; NULL: none is wanted */
    int n_asked_password;
    struct json_object
        *said; /* owned: words of verifications, as {"person", "path", "body"}; nobody is told of them */
    struct arena *arena;
    int n_events, n_keys_sent;
} peers;

static const unsigned char peers_key[SECRET_KEY_BYTES] = "one key of thirty-two characters";

static inline struct json_object *peers_in(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(object, name, &value)) {
        value = json_object_new_object();
        json_set(object, name, value);
    }
    return value;
}

/* The transport */

uint64_t http_send(struct http *http, const struct http_request *asked)
{
    for (size_t i = 0; i < PEERS_REQUESTS; i++) {
        struct peers_request *request = &peers.requests[i];
        if (request->id)
            continue;
        *request = (struct peers_request){ .id = ++peers.n_requests,
                                           .peer = (struct peer *)http,
                                           .body = strdup(asked->body ? asked->body : "{}"),
                                           .done = asked->done,
                                           .data = asked->data };
        snprintf(request->method, sizeof request->method, "%s", asked->method);
        snprintf(request->path, sizeof request->path, "%s", asked->path);
        return request->id;
    }
    abort();
}

void http_cancel(struct http *http, uint64_t id)
{
    (void)http;
    for (size_t i = 0; i < PEERS_REQUESTS; i++)
        if (id && peers.requests[i].id == id) {
            free(peers.requests[i].body);
            peers.requests[i] = (struct peers_request){ 0 };
        }
}

/* The homeserver */

static inline void peers_note_change(const char *person)
{
    for (size_t i = 0; i < peers.n; i++)
        json_add_str(peers.all[i].changed, person);
}

static inline void peers_merge(struct json_object *into, struct json_object *from)
{
    json_object_object_foreach(from, name, value)
    {
        struct json_object *old = NULL;
        if (json_object_is_type(value, json_type_object) && json_object_object_get_ex(into, name, &old))
            peers_merge(old, value);
        else
            json_set(into, name, json_object_get(value));
    }
}

static inline struct json_object *peers_upload(struct peer *peer, struct json_object *body)
{
    struct json_object *device = json_obj(body, "device_keys");
    struct json_object *stock =
        peers_in(peers_in(peers_in(peers.keys, "stock"), peer->person), peer->device_id);
    if (device) {
        json_set(peers_in(peers_in(peers.keys, "device_keys"), peer->person), peer->device_id,
                 json_object_get(device));
        peers_note_change(peer->person);
    }
    peers_merge(peers_in(stock, "one_time"), json_obj(body, "one_time_keys"));
    if (json_object_object_length(json_obj(body, "fallback_keys")))
        json_set(stock, "fallback", json_object_get(json_obj(body, "fallback_keys")));
    char *text = arena_printf(peers.arena, "{\"one_time_key_counts\":{\"signed_curve25519\":%d}}",
                              json_object_object_length(json_obj(stock, "one_time")));
    return json_parse(text, strlen(text));
}

static inline struct json_object *peers_query(struct json_object *body)
{
    static const char *const members[] = { "device_keys", "master_keys", "self_signing_keys",
                                           "user_signing_keys" };
    struct json_object *answer = json_object_new_object();
    json_object_object_foreach(json_obj(body, "device_keys"), person, devices)
    {
        (void)devices;
        for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
            struct json_object *theirs = NULL, *in = peers_in(answer, members[i]);
            if (json_object_object_get_ex(peers_in(peers.keys, members[i]), person, &theirs))
                json_set(in, person, json_object_get(theirs));
        }
    }
    return answer;
}

static inline struct json_object *peers_claim(struct json_object *body)
{
    struct json_object *answer = json_object_new_object(), *given = peers_in(answer, "one_time_keys");
    json_object_object_foreach(json_obj(body, "one_time_keys"), person, devices)
    {
        json_object_object_foreach(devices, device_id, algorithm)
        {
            (void)algorithm;
            struct json_object *stock = peers_in(peers_in(peers_in(peers.keys, "stock"), person), device_id);
            struct json_object *one_time = peers_in(stock, "one_time"), *theirs = peers_in(given, person);
            struct json_object_iterator first = json_object_iter_begin(one_time);
            if (json_object_object_length(one_time)) {
                char *name = arena_strdup(peers.arena, json_object_iter_peek_name(&first));
                json_set(peers_in(theirs, device_id), name,
                         json_object_get(json_object_iter_peek_value(&first)));
                json_object_object_del(one_time, name);
            } else if (json_obj(stock, "fallback")) {
                json_set(theirs, device_id, json_object_get(json_obj(stock, "fallback")));
            }
        }
    }
    return answer;
}

static inline void peers_deliver(struct peer *from, const char *type, struct json_object *body)
{
    for (size_t i = 0; i < peers.n; i++) {
        struct json_object *devices = NULL, *content = NULL;
        json_object_object_get_ex(json_obj(body, "messages"), peers.all[i].person, &devices);
        if (!devices || !json_object_object_get_ex(devices, peers.all[i].device_id, &content))
            continue;
        struct json_object *event = json_object_new_object();
        json_set_str(event, "sender", from->person);
        json_set_str(event, "type", type);
        json_set(event, "content", json_object_get(content));
        json_object_array_add(peers.all[i].inbox, event);
        peers.n_keys_sent++;
    }
}

static inline void peers_take_identity(struct peer *peer, struct json_object *body)
{
    json_set(peers_in(peers.keys, "master_keys"), peer->person,
             json_object_get(json_obj(body, "master_key")));
    json_set(peers_in(peers.keys, "self_signing_keys"), peer->person,
             json_object_get(json_obj(body, "self_signing_key")));
    json_set(peers_in(peers.keys, "user_signing_keys"), peer->person,
             json_object_get(json_obj(body, "user_signing_key")));
    peers_note_change(peer->person);
}

static inline void peers_take_signatures(struct peer *peer, struct json_object *body)
{
    struct json_object *devices = peers_in(peers_in(peers.keys, "device_keys"), peer->person), *theirs = NULL;
    json_object_object_get_ex(body, peer->person, &theirs);
    struct json_object *device = NULL;
    if (json_object_object_get_ex(theirs, peer->device_id, &device))
        peers_merge(peers_in(devices, peer->device_id), device);
    peers_note_change(peer->person);
}

/* NULL: there is none. */
static inline struct json_object *peers_account_data(struct peers_request *request, struct json_object *body)
{
    struct json_object *theirs = peers_in(peers.data, request->peer->person), *value = NULL;
    const char *type = strstr(request->path, "/account_data/") + strlen("/account_data/");
    if (strcmp(request->method, "PUT") == 0) {
        json_set(theirs, type, json_object_get(body));
        peers.n_data_puts++;
        return json_object_new_object();
    }
    json_object_object_get_ex(theirs, type, &value);
    return json_object_get(value);
}

static inline bool peers_is_version(const char *path)
{
    const char *asked = strstr(path, "?version="), *version = json_str(peers.backup, "version");
    return asked && version && strcmp(asked + strlen("?version="), version) == 0;
}

/* /room_keys/keys/ROOM/SESSION?version=V, both percent-encoded; NULL: there is none. */
static inline struct json_object *peers_one_key(const char *path)
{
    struct json_object *rooms = json_obj(peers.backup, "rooms");
    const char *rest = strstr(path, "/keys/") + strlen("/keys/");
    if (!rooms || !peers_is_version(path))
        return NULL;
    json_object_object_foreach(rooms, room_id, room)
    {
        json_object_object_foreach(json_obj(room, "sessions"), session_id, session)
        {
            char *name = arena_printf(peers.arena, "%s/%s?", http_escape(peers.arena, room_id),
                                      http_escape(peers.arena, session_id));
            if (strncmp(rest, name, strlen(name)) == 0)
                return json_object_get(session);
        }
    }
    return NULL;
}

/* NULL: 404; with *is_wrong another version is current. */
static inline struct json_object *peers_backup(struct peers_request *request, struct json_object *body,
                                               bool *is_wrong)
{
    bool is_put = strcmp(request->method, "PUT") == 0;
    if (strcmp(request->method, "POST") == 0) {
        json_object_put(peers.backup);
        peers.backup = json_object_get(body);
        json_set_str(peers.backup, "version", arena_printf(peers.arena, "%d", ++peers.n_versions));
        return json_parse("{\"version\":\"x\"}", 15);
    }
    if (!is_put)
        return strstr(request->path, "/keys/") ? peers_one_key(request->path) : json_object_get(peers.backup);
    *is_wrong = peers.backup && !peers_is_version(request->path);
    if (!peers.backup || *is_wrong)
        return NULL;
    peers_merge(peers_in(peers.backup, "rooms"), json_obj(body, "rooms"));
    peers.n_kept++;
    return json_object_new_object();
}

static inline void peers_note_said(const struct peers_request *request, struct json_object *body)
{
    struct json_object *said = json_object_new_object();
    json_set_str(said, "person", request->peer->person);
    json_set_str(said, "path", request->path);
    json_set(said, "body", json_object_get(body));
    json_object_array_add(peers.said, said);
}

/* NULL: 404. */
static inline struct json_object *peers_do(struct peers_request *request, struct json_object *body)
{
    struct peer *peer = request->peer;
    if (strstr(request->path, "/account_data/"))
        return peers_account_data(request, body);
    if (strstr(request->path, "/keys/upload"))
        return peers_upload(peer, body);
    if (strstr(request->path, "/keys/query"))
        return peers_query(body);
    if (strstr(request->path, "/keys/claim"))
        return peers_claim(body);
    if (strstr(request->path, "/device_signing/"))
        peers_take_identity(peer, body);
    else if (strstr(request->path, "/signatures/"))
        peers_take_signatures(peer, body);
    else if (strstr(request->path, "/sendToDevice/m.room.encrypted/"))
        peers_deliver(peer, "m.room.encrypted", body);
    else if (strstr(request->path, "/sendToDevice/m.key.verification.") || strstr(request->path, "/send/m."))
        peers_note_said(request, body);
    else
        abort();
    return json_object_new_object();
}

/* As before MSC3967: who puts an identity there has to say that it is them. NULL: they have, or need not. */
static inline struct json_object *peers_ask_password(const struct peers_request *request,
                                                     struct json_object *body)
{
    static const char text[] = "{\"session\":\"S\",\"flows\":[{\"stages\":[\"m.login.password\"]}]}";
    const char *password = json_str(body, "auth/password"), *session = json_str(body, "auth/session");
    bool is_right = password && session && peers.wanted_password && strcmp(session, "S") == 0 &&
                    strcmp(password, peers.wanted_password) == 0;
    if (!peers.wanted_password || is_right || !strstr(request->path, "/device_signing/"))
        return NULL;
    peers.n_asked_password++;
    return json_parse(text, sizeof text - 1);
}

static inline void peers_answer(struct peers_request *slot)
{
    struct peers_request request = *slot;
    *slot = (struct peers_request){ 0 };
    struct json_object *body = json_parse(request.body, strlen(request.body));
    struct http_answer answer = { .status = 200, .retry_after_ms = -1, .date_ms = -1 };
    bool is_wrong = false;
    answer.json = peers_ask_password(&request, body);
    if (answer.json)
        answer.status = 401;
    else if (strstr(request.path, "/room_keys/"))
        answer.json = peers.has_no_backups ? NULL : peers_backup(&request, body, &is_wrong);
    else
        answer.json = peers_do(&request, body);
    if (!answer.json) {
        answer.status = is_wrong ? 403 : 404;
        answer.errcode = is_wrong ? "M_WRONG_ROOM_KEYS_VERSION"
                         : peers.has_no_backups && strstr(request.path, "/room_keys/") ? "M_UNRECOGNIZED"
                                                                                       : "M_NOT_FOUND";
    }
    if (peers.lost && strstr(request.path, peers.lost)) {
        json_object_put(answer.json);
        answer = (struct http_answer){ .failure = "lost", .retry_after_ms = -1, .date_ms = -1 };
    }
    request.done(request.data, &answer);
    request.peer->client.is_reachable = request.peer->client.is_caught_up = true;
    json_object_put(answer.json);
    json_object_put(body);
    free(request.body);
}

/* For what blocks: all that was asked is answered. */
void http_work(struct http *http)
{
    (void)http;
    for (size_t i = 0; i < PEERS_REQUESTS; i++)
        if (peers.requests[i].id)
            peers_answer(&peers.requests[i]);
}

void http_wait(struct http *http, struct curl_waitfd *extra, unsigned n_extra, int timeout_ms)
{
    (void)http;
    (void)extra;
    (void)n_extra;
    (void)timeout_ms;
}

/* Time passes for all alike. */
static inline void peers_wait(int64_t ms)
{
    for (size_t i = 0; i < peers.n; i++)
        peers.all[i].client.now_ms += ms;
}

static inline void peer_commit(struct peer *peer)
{
    struct err err;
    if (store_in_transaction(peer->store) && !store_commit(peer->store, &err)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
}

/* One answer of sync: what lies there for the device, and whose devices changed. */
static inline void peer_sync(struct peer *peer)
{
    struct json_object *answer = json_object_new_object(), *events = peers_in(answer, "to_device");
    struct json_object *stock =
        peers_in(peers_in(peers_in(peers.keys, "stock"), peer->person), peer->device_id);
    struct json_object *counts = peers_in(answer, "device_one_time_keys_count");
    json_set(events, "events", peer->inbox);
    json_set(peers_in(answer, "device_lists"), "changed", peer->changed);
    json_set_int(counts, "signed_curve25519", json_object_object_length(peers_in(stock, "one_time")));
    peer->inbox = json_object_new_array();
    peer->changed = json_object_new_array();
    crypto_take(peer->crypto, answer, peer->client.now_ms, false);
    peer_commit(peer);
    json_object_put(answer);
}

static inline bool peers_work(void)
{
    bool has_worked = false;
    for (size_t i = 0; i < peers.n; i++) {
        peer_sync(&peers.all[i]);
        crypto_poke(peers.all[i].crypto);
    }
    for (size_t i = 0; i < PEERS_REQUESTS; i++)
        if (peers.requests[i].id && !(peers.held && strstr(peers.requests[i].path, peers.held))) {
            peers_answer(&peers.requests[i]);
            has_worked = true;
        }
    return has_worked;
}

static inline void peers_settle(void)
{
    for (int n_idle = 0; n_idle < 3;) {
        peers_wait(1);
        n_idle = peers_work() ? 0 : n_idle + 1;
    }
}

/* The peers */

static inline void peer_note_known(void *data, const char *what)
{
    struct peer *peer = data;
    size_t len = strlen(peer->known);
    snprintf(peer->known + len, sizeof peer->known - len, "%s ", what);
}

static inline void peer_start(struct peer *peer, bool is_lax)
{
    static const char *const admins[] = { "@alice:x", NULL };
    peer->crypto =
        crypto_create(&peer->client,
                      &(struct crypto_settings){
                          .key = peers_key, .is_lax = is_lax, .password = peer->password, .admins = admins });
    crypto_listen(peer->crypto, peer_note_known, peer);
}

static inline void peer_restart(struct peer *peer, bool is_lax)
{
    crypto_destroy(peer->crypto);
    peer_start(peer, is_lax);
}

/* Into the room as everybody sees it. */
static inline void peers_set_member(const char *person, const char *membership)
{
    for (size_t i = 0; i < peers.n; i++) {
        store_begin(peers.all[i].store);
        room_set_member(peers.all[i].store, 1, person, membership, NULL);
        peer_commit(&peers.all[i]);
    }
}

static inline struct peer *peers_add(const char *person, const char *device_id, bool is_lax)
{
    struct peer *peer = &peers.all[peers.n++];
    *peer = (struct peer){ .person = person, .device_id = device_id, .inbox = json_object_new_array() };
    peer->changed = json_object_new_array();
    if (store_open(NULL, &peer->store, NULL) != STORE_OPENED)
        abort();
    peer->client = (struct client){
        .http = (struct http *)peer, .store = peer->store, .me = person, .device_id = device_id
    };
    client_init(&peer->client, PEERS_NOW);
    peer->client.is_caught_up = true;
    store_begin(peer->store);
    int64_t room = room_ensure(peer->store, PEERS_ROOM);
    room_set(peer->store, room, "membership", "join");
    room_set_encrypted(peer->store, room);
    room_set_has_members(peer->store, room, true);
    peer_commit(peer);
    peer_start(peer, is_lax);
    for (size_t i = 0; i < peers.n; i++)
        peers_set_member(peers.all[i].person, "join");
    return peer;
}

static inline void peers_begin(void)
{
    log_set_level(LOG_LEVEL_ERROR + 1);
    peers = (struct peers){ .keys = json_object_new_object(),
                            .data = json_object_new_object(),
                            .said = json_object_new_array(),
                            .arena = arena_create() };
}

static inline void peers_finish(void)
{
    for (size_t i = 0; i < peers.n; i++) {
        crypto_destroy(peers.all[i].crypto);
        store_close(peers.all[i].store);
        json_object_put(peers.all[i].inbox);
        json_object_put(peers.all[i].changed);
    }
    json_object_put(peers.keys);
    json_object_put(peers.data);
    json_object_put(peers.backup);
    json_object_put(peers.said);
    arena_destroy(peers.arena);
}

/* What is said */

static inline bool peer_is_ready(struct peer *peer, bool is_urgent)
{
    struct room room = { .id = 1, .room_id = PEERS_ROOM, .is_encrypted = true };
    struct seal_cipher cipher = crypto_cipher(peer->crypto);
    return cipher.is_ready(cipher.data, &room, "m.room.message", is_urgent);
}

/* The bytes of a message, in a transaction that is left open; NULL: it may not be said. */
static inline const char *peer_seal(struct peer *peer, const char *body)
{
    struct room room = { .id = 1, .room_id = PEERS_ROOM, .is_encrypted = true };
    struct seal_cipher cipher = crypto_cipher(peer->crypto);
    struct err err;
    struct json_object *content = json_object_new_object();
    json_set_str(content, "msgtype", "m.text");
    json_set_str(content, "body", body);
    store_begin(peer->store);
    const char *bytes = cipher.encrypt(cipher.data, &room, "m.room.message", content, peers.arena, &err);
    json_object_put(content);
    return bytes;
}

static inline const char *peers_event(const char *person, const char *bytes)
{
    return arena_printf(
        peers.arena, "{\"event_id\":\"$%d\",\"sender\":\"%s\",\"type\":\"m.room.encrypted\",\"content\":%s}",
        ++peers.n_events, person, bytes);
}

/* As an event, once all that it needs has been done; NULL: it never may be said. */
static inline const char *peer_say(struct peer *peer, const char *body)
{
    for (int i = 0; i < 5 && !peer_is_ready(peer, false); i++)
        peers_settle();
    const char *bytes = peer_is_ready(peer, false) ? peer_seal(peer, body) : NULL;
    peer_commit(peer);
    return bytes ? peers_event(peer->person, bytes) : NULL;
}

/* The body of what was said; "waits for X", "unsigned", "refused". */
static inline const char *peer_read(struct peer *peer, const char *event)
{
    const char *waits = NULL, *found = "refused";
    struct json_object *json = json_parse(event, strlen(event)), *clear = NULL;
    store_begin(peer->store);
    switch (crypto_read_event(peer->crypto, PEERS_ROOM, json, peers.arena, &clear, &waits)) {
    case CRYPTO_READ:
        found = arena_strdup(peers.arena, json_str(clear, "content/body"));
        break;
    case CRYPTO_WAITS:
        found = arena_printf(peers.arena, "waits for %s", waits);
        break;
    case CRYPTO_UNSIGNED:
        found = "unsigned";
        break;
    case CRYPTO_REFUSED:
        break;
    }
    peer_commit(peer);
    json_object_put(clear);
    json_object_put(json);
    return found;
}

static inline int64_t peer_count(struct peer *peer, const char *sql)
{
    return store_int(peer->store, 0, sql, "");
}

#endif
