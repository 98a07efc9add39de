/*
 * homeserver_private - what homeserver.c (state), homeserver_http.c (connections), homeserver_api.c (requests) and
 * homeserver_keys.c, homeserver_secret.c (encryption) share.
 */
#ifndef CRASH_HOMESERVER_PRIVATE_H
#define CRASH_HOMESERVER_PRIVATE_H

#include "homeserver.h"

enum {
    ROOMS_MAX = 128,
    TOKENS_MAX = 64,
    FILTERS_MAX = 16,
    CONNECTIONS_MAX = 32,
    REQUEST_MAX = 1 << 18,
    PARTS_MAX = 12
};

struct room {
    char id[32];
};

struct token {
    char text[32];
    char device[64];
};

struct txn {
    char *path; /* owned */
    char *body; /* owned */
    const char *token;
    char event_id[32];
};

struct connection {
    int fd; /* -1: free */
    char *in; /* owned */
    size_t len;
    bool is_polling; /* in a long poll */
    size_t since, since_news;
    int64_t until_ms; /* by CLOCK_MONOTONIC */
    int timeout_ms;
    const char *token;
    int limit;
};

/* What the bot's device is told besides events. */
struct news {
    const char *changed; /* whose devices did; NULL: it is a message */
    struct json_object *message; /* owned; of a device to it */
};

struct homeserver {
    int listener, epoll, port;
    struct homeserver_event *events; /* owned */
    size_t n_events, events_cap;
    struct room rooms[ROOMS_MAX];
    int n_rooms;
    struct token tokens[TOKENS_MAX];
    int n_tokens, n_changed, limit;
    struct txn *txns; /* owned */
    size_t n_txns, txns_cap;
    struct json_object *filters[FILTERS_MAX]; /* owned */
    int n_filters;
    struct json_object *account_data; /* owned; by type */
    struct json_object *keys; /* owned; NULL: it knows no encryption */
    struct news *news; /* owned */
    size_t n_news, news_cap, n_news_gone; /* gone: they were acknowledged, and are not told again */
    int n_identities, n_backups;
    struct peers *peers; /* owned; NULL as keys is */
    int64_t n_requests;
    struct connection connections[CONNECTIONS_MAX];
};

struct request {
    struct homeserver *server;
    struct connection *connection;
    const char *method;
    const char *path; /* undecoded */
    char *parts[PARTS_MAX]; /* decoded, of the path after /_matrix/client/ */
    int n_parts;
    const char *query;
    const char *body;
    const char *token; /* NULL: none that is known */
};

/* homeserver.c */
struct json_object *json_at(struct json_object *json, const char *path);
const char *text_at(struct json_object *json, const char *path);
struct json_object *object_of(const char *name, const char *text);
const char *membership_of(const struct homeserver *server, int room, const char *person);
struct json_object *state_of(const struct homeserver *server, int room, const char *type, const char *key);
int room_by_id(const struct homeserver *server, const char *id);
size_t event_by_id(const struct homeserver *server, const char *id); /* SIZE_MAX: none */
int make_room(struct homeserver *server, const char *creator);

/* homeserver_http.c */
void hang_up(struct connection *connection);
void answer(struct connection *connection, int status, struct json_object *json);

/* homeserver_keys.c */
bool take_keys_request(struct request *request);
/* What an answer of sync says besides rooms. */
void add_news(const struct homeserver *server, const struct connection *connection,
              struct json_object *answer);
void note_change(struct homeserver *server, const char *person);
/* To the bot's device. */
void note_message(struct homeserver *server, const char *sender, struct json_object *content);
/* A member by its exact name, made if it is not there. */
struct json_object *inside(struct json_object *json, const char *name);
/* The same, but NULL if it is not there. */
struct json_object *inside_if(struct json_object *json, const char *name);
/* What this device has lying there: one_time, fallback. */
struct json_object *stock_of(const struct homeserver *server, const char *person, const char *device_id);
/* A one-time key of this device, or its fallback key: for the caller to put; NULL: it has none. */
struct json_object *give_one_time(struct homeserver *server, const char *person, const char *device_id);

/* homeserver_api.c: answers at once, or leaves the connection polling. */
void handle(struct request *request);
/* The value of a parameter, as it stands; NULL: it is not there. For numbers and positions only. */
const char *parameter(const char *query, const char *name);
size_t position(const char *token, size_t fallback);
size_t position_in_news(const char *token);
void set_position(struct json_object *json, const char *name, size_t at, size_t news);
void refuse(struct request *request, int status, const char *code);
void accept_with(struct request *request, struct json_object *json);
/* What the bot sent under this path before; NULL: nothing. */
struct txn *find_txn(struct homeserver *server, const char *token, const char *path);
struct txn *keep_txn(struct request *request);
/* As whoever has this token sees it. */
struct json_object *shown(const struct homeserver *server, size_t n, const char *token);
bool is_newest_state(const struct homeserver *server, size_t n);

/* homeserver_sync.c */
void sync_with(struct request *request);
struct json_object *sync_answer(const struct homeserver *server, const struct connection *connection,
                                bool has_since, size_t since);
bool has_news(const struct homeserver *server, const struct connection *connection);

#endif
