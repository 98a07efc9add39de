/* The requests of the bot, each answered as a homeserver does (homeserver.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "homeserver_private.h"
#include "need.h"

void refuse(struct request *request, int status, const char *code)
{
    struct json_object *error = object_of("errcode", code);
    json_object_object_add(error, "error", json_object_new_string(code));
    answer(request->connection, status, error);
}

void accept_with(struct request *request, struct json_object *json)
{
    answer(request->connection, 200, json);
}

const char *parameter(const char *query, const char *name)
{
    size_t len = strlen(name);
    for (const char *part = query; *part; part += strcspn(part, "&"), part += *part == '&')
        if (strncmp(part, name, len) == 0 && part[len] == '=')
            return part + len + 1;
    return NULL;
}

size_t position(const char *token, size_t fallback)
{
    return token && *token == 's' ? strtoul(token + 1, NULL, 10) : fallback;
}

size_t position_in_news(const char *token)
{
    const char *news = token ? strchr(token, '_') : NULL;
    return news ? strtoul(news + 1, NULL, 10) : 0;
}

void set_position(struct json_object *json, const char *name, size_t at, size_t news)
{
    char text[64];
    snprintf(text, sizeof text, "s%zu_%zu", at, news);
    json_object_object_add(json, name, json_object_new_string(text));
}

/* Session */

static void log_in(struct request *request)
{
    struct homeserver *server = request->server;
    struct json_object *body = json_tokener_parse(request->body);
    const char *password = text_at(body, "password"), *device = text_at(body, "device_id");
    if (!password || strcmp(password, HOMESERVER_PASSWORD) != 0 || server->n_tokens == TOKENS_MAX) {
        refuse(request, 403, "M_FORBIDDEN");
    } else {
        struct token *token = &server->tokens[server->n_tokens++];
        snprintf(token->text, sizeof token->text, "token%d", server->n_tokens);
        snprintf(token->device, sizeof token->device, "%s", device ? device : token->text);
        struct json_object *json = object_of("user_id", HOMESERVER_BOT);
        json_object_object_add(json, "access_token", json_object_new_string(token->text));
        json_object_object_add(json, "device_id", json_object_new_string(token->device));
        accept_with(request, json);
    }
    json_object_put(body);
}

static const char *device_of(const struct homeserver *server, const char *token)
{
    for (int i = 0; i < server->n_tokens; i++)
        if (server->tokens[i].text == token)
            return server->tokens[i].device;
    return "";
}

static void say_who(struct request *request)
{
    struct json_object *json = object_of("user_id", HOMESERVER_BOT);
    json_object_object_add(json, "device_id",
                           json_object_new_string(device_of(request->server, request->token)));
    accept_with(request, json);
}

static void take_filter(struct request *request)
{
    struct homeserver *server = request->server;
    char id[16];
    need(server->n_filters < FILTERS_MAX, "room for a filter");
    snprintf(id, sizeof id, "%d", server->n_filters);
    server->filters[server->n_filters++] = json_tokener_parse(request->body);
    accept_with(request, object_of("filter_id", id));
}

static void account_data(struct request *request)
{
    const char *type = request->parts[4];
    if (strcmp(request->method, "PUT") == 0) {
        json_object_object_add(request->server->account_data, type, json_tokener_parse(request->body));
        accept_with(request, json_object_new_object());
        return;
    }
    struct json_object *json = json_at(request->server->account_data, type);
    if (json)
        accept_with(request, json_object_get(json));
    else
        refuse(request, 404, "M_NOT_FOUND");
}

/* Events */

struct json_object *shown(const struct homeserver *server, size_t n, const char *token)
{
    const struct homeserver_event *event = &server->events[n];
    struct json_object *copy = NULL;
    json_object_deep_copy(event->json, &copy, NULL);
    if (event->token && event->token == token)
        json_object_object_add(copy, "unsigned", object_of("transaction_id", event->txn));
    return copy;
}

struct txn *find_txn(struct homeserver *server, const char *token, const char *path)
{
    for (size_t i = 0; i < server->n_txns; i++)
        if (server->txns[i].token == token && strcmp(server->txns[i].path, path) == 0)
            return &server->txns[i];
    return NULL;
}

struct txn *keep_txn(struct request *request)
{
    struct homeserver *server = request->server;
    if (server->n_txns == server->txns_cap)
        server->txns = need_array(server->txns, &server->txns_cap, sizeof *server->txns);
    struct txn *txn = &server->txns[server->n_txns++];
    *txn = (struct txn){ .path = need_some(strdup(request->path), "memory"),
                         .body = need_some(strdup(request->body), "memory"),
                         .token = request->token };
    return txn;
}

static bool is_refused_relation(const struct homeserver *server, struct json_object *content)
{
    const char *target = text_at(content, "m.relates_to/event_id");
    return target && event_by_id(server, target) == SIZE_MAX;
}

/* What it says stands beside what it removes. */
static const char *redact(struct homeserver *server, int room, const char *target,
                          struct json_object *content)
{
    homeserver_redact(server, room, HOMESERVER_BOT, target);
    struct json_object *redaction = server->events[server->n_events - 1].json;
    json_object_object_foreach(content, name, value)
        json_object_object_add(json_at(redaction, "content"), name, json_object_get(value));
    json_object_put(content);
    return text_at(redaction, "event_id");
}

/* .../send/TYPE/TXN or .../redact/EVENT/TXN */
static void take_event(struct request *request, int room)
{
    struct homeserver *server = request->server;
    struct txn *known = find_txn(server, request->token, request->path);
    if (known) {
        server->n_changed += strcmp(known->body, request->body) != 0;
        accept_with(request, object_of("event_id", known->event_id));
        return;
    }
    struct json_object *content = json_tokener_parse(request->body);
    bool is_redaction = strcmp(request->parts[3], "redact") == 0;
    bool has_target = !is_redaction || event_by_id(server, request->parts[4]) != SIZE_MAX;
    if (!content || !has_target || is_refused_relation(server, content)) {
        refuse(request, 400, "M_UNKNOWN");
        json_object_put(content);
        return;
    }
    struct txn *txn = keep_txn(request);
    const char *id = is_redaction
                         ? redact(server, room, request->parts[4], content)
                         : homeserver_send(server, room, HOMESERVER_BOT, request->parts[4], NULL, content);
    snprintf(txn->event_id, sizeof txn->event_id, "%s", id);
    server->events[server->n_events - 1].token = request->token;
    server->events[server->n_events - 1].txn = strrchr(txn->path, '/') + 1;
    accept_with(request, object_of("event_id", txn->event_id));
}

static void give_event(struct request *request, int room)
{
    size_t n = event_by_id(request->server, request->parts[4]);
    if (n == SIZE_MAX || request->server->events[n].room != room)
        refuse(request, 404, "M_NOT_FOUND");
    else
        accept_with(request, shown(request->server, n, request->token));
}

static void give_messages(struct request *request, int room)
{
    const struct homeserver *server = request->server;
    const char *limit = parameter(request->query, "limit");
    size_t from = position(parameter(request->query, "from"), server->n_events);
    size_t to = position(parameter(request->query, "to"), 0);
    size_t left = limit ? strtoul(limit, NULL, 10) : 10;
    struct json_object *json = json_object_new_object(), *chunk = json_object_new_array();
    set_position(json, "start", from, 0);
    for (; from > to && left > 0; from--) {
        if (server->events[from - 1].room == room) {
            json_object_array_add(chunk, shown(server, from - 1, request->token));
            left--;
        }
    }
    json_object_object_add(json, "chunk", chunk);
    if (from > to)
        set_position(json, "end", from, 0);
    accept_with(request, json);
}

bool is_newest_state(const struct homeserver *server, size_t n)
{
    struct json_object *json = server->events[n].json;
    const char *key = text_at(json, "state_key");
    return key && state_of(server, server->events[n].room, text_at(json, "type"), key) == json;
}

static void give_members(struct request *request, int room)
{
    const struct homeserver *server = request->server;
    struct json_object *json = json_object_new_object(), *chunk = json_object_new_array();
    for (size_t i = 0; i < server->n_events; i++)
        if (server->events[i].room == room && is_newest_state(server, i) &&
            strcmp(text_at(server->events[i].json, "type"), "m.room.member") == 0)
            json_object_array_add(chunk, json_object_get(server->events[i].json));
    json_object_object_add(json, "chunk", chunk);
    accept_with(request, json);
}

/* Rooms */

static void join(struct request *request, const char *room_id)
{
    int room = room_by_id(request->server, room_id);
    const char *membership = room >= 0 ? membership_of(request->server, room, HOMESERVER_BOT) : "leave";
    if (strcmp(membership, "leave") == 0) {
        refuse(request, 403, "M_FORBIDDEN");
        return;
    }
    if (strcmp(membership, "join") != 0)
        homeserver_set_member(request->server, room, HOMESERVER_BOT, HOMESERVER_BOT, "join");
    accept_with(request, object_of("room_id", room_id));
}

static void create_room(struct request *request)
{
    struct homeserver *server = request->server;
    struct json_object *body = json_tokener_parse(request->body), *invited = json_at(body, "invite");
    int room = make_room(server, HOMESERVER_BOT);
    struct json_object *creation = json_at(body, "creation_content");
    if (creation) {
        struct json_object *content = json_at(state_of(server, room, "m.room.create", ""), "content");
        json_object_object_foreach(creation, name, value)
            json_object_object_add(content, name, json_object_get(value));
    }
    struct json_object *state = json_at(body, "initial_state");
    for (size_t i = 0; state && i < json_object_array_length(state); i++) {
        struct json_object *event = json_object_array_get_idx(state, i);
        homeserver_send(server, room, HOMESERVER_BOT, text_at(event, "type"), "",
                        json_object_get(json_at(event, "content")));
    }
    for (size_t i = 0; invited && i < json_object_array_length(invited); i++)
        homeserver_set_member(server, room, HOMESERVER_BOT,
                              json_object_get_string(json_object_array_get_idx(invited, i)), "invite");
    json_object_put(body);
    accept_with(request, object_of("room_id", server->rooms[room].id));
}

/* Routes */

static void ask_room(struct request *request)
{
    int room = room_by_id(request->server, request->parts[2]);
    const char *what = request->n_parts > 3 ? request->parts[3] : "";
    if (room < 0 || strcmp(membership_of(request->server, room, HOMESERVER_BOT), "join") != 0)
        refuse(request, 403, "M_FORBIDDEN");
    else if ((strcmp(what, "send") == 0 || strcmp(what, "redact") == 0) && request->n_parts == 6)
        take_event(request, room);
    else if (strcmp(what, "event") == 0 && request->n_parts == 5)
        give_event(request, room);
    else if (strcmp(what, "messages") == 0)
        give_messages(request, room);
    else if (strcmp(what, "members") == 0)
        give_members(request, room);
    else
        refuse(request, 404, "M_UNRECOGNIZED");
}

static bool is_path(const struct request *request, const char *first, const char *second)
{
    return request->n_parts >= 2 && strcmp(request->parts[0], first) == 0 &&
           strcmp(request->parts[1], second) == 0;
}

static void handle_open(struct request *request)
{
    if (request->n_parts == 1 && strcmp(request->parts[0], "versions") == 0)
        accept_with(request, json_tokener_parse("{\"versions\":[\"v1.11\",\"v1.15\"]}"));
    else if (is_path(request, "v3", "login") && strcmp(request->method, "GET") == 0)
        accept_with(request, json_tokener_parse("{\"flows\":[{\"type\":\"m.login.password\"}]}"));
    else if (is_path(request, "v3", "login"))
        log_in(request);
    else
        refuse(request, 401, "M_UNKNOWN_TOKEN");
}

void handle(struct request *request)
{
    bool is_login = request->n_parts == 1 || is_path(request, "v3", "login");
    if (!request->token || is_login)
        handle_open(request);
    else if (is_path(request, "v3", "sync"))
        sync_with(request);
    else if (is_path(request, "v3", "account"))
        say_who(request);
    else if (is_path(request, "v3", "user") && request->n_parts == 4)
        take_filter(request);
    else if (is_path(request, "v3", "user") && request->n_parts == 5)
        account_data(request);
    else if (is_path(request, "v3", "rooms") && request->n_parts > 2)
        ask_room(request);
    else if (is_path(request, "v3", "join") && request->n_parts == 3)
        join(request, request->parts[2]);
    else if (is_path(request, "v3", "createRoom"))
        create_room(request);
    else if (!request->server->keys || !take_keys_request(request))
        refuse(request, 404, "M_UNRECOGNIZED");
}
