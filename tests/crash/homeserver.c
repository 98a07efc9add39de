#include "homeserver.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "homeserver_private.h"
#include "need.h"
#include "peers.h"

/* JSON */

struct json_object *json_at(struct json_object *json, const char *path)
{
    char name[128];
    while (json && *path) {
        size_t len = strcspn(path, "/");
        snprintf(name, sizeof name, "%.*s", (int)len, path);
        if (!json_object_is_type(json, json_type_object) || !json_object_object_get_ex(json, name, &json))
            return NULL;
        path += len + (path[len] == '/');
    }
    return json;
}

const char *text_at(struct json_object *json, const char *path)
{
    struct json_object *found = json_at(json, path);
    return json_object_is_type(found, json_type_string) ? json_object_get_string(found) : NULL;
}

struct json_object *object_of(const char *name, const char *text)
{
    struct json_object *object = json_object_new_object();
    json_object_object_add(object, name, json_object_new_string(text));
    return object;
}

/* State */

struct json_object *state_of(const struct homeserver *server, int room, const char *type, const char *key)
{
    for (size_t i = server->n_events; i-- > 0;) {
        struct json_object *json = server->events[i].json;
        const char *state_key = text_at(json, "state_key");
        if (server->events[i].room == room && state_key && strcmp(state_key, key) == 0 &&
            strcmp(text_at(json, "type"), type) == 0)
            return json;
    }
    return NULL;
}

const char *membership_of(const struct homeserver *server, int room, const char *person)
{
    const char *membership = text_at(state_of(server, room, "m.room.member", person), "content/membership");
    return membership ? membership : "leave";
}

int room_by_id(const struct homeserver *server, const char *id)
{
    for (int i = 0; i < server->n_rooms; i++)
        if (strcmp(server->rooms[i].id, id) == 0)
            return i;
    return -1;
}

size_t event_by_id(const struct homeserver *server, const char *id)
{
    for (size_t i = 0; id && i < server->n_events; i++)
        if (strcmp(text_at(server->events[i].json, "event_id"), id) == 0)
            return i;
    return SIZE_MAX;
}

const char *homeserver_send(struct homeserver *server, int room, const char *sender, const char *type,
                            const char *state_key, struct json_object *content)
{
    char id[32];
    snprintf(id, sizeof id, "$event%05zu", server->n_events);
    struct json_object *event = object_of("event_id", id);
    json_object_object_add(event, "type", json_object_new_string(type));
    json_object_object_add(event, "sender", json_object_new_string(sender));
    json_object_object_add(event, "origin_server_ts", json_object_new_int64(clock_read_ms(CLOCK_REALTIME)));
    json_object_object_add(event, "content", content);
    if (state_key) {
        struct json_object *before = json_at(state_of(server, room, type, state_key), "content");
        json_object_object_add(event, "state_key", json_object_new_string(state_key));
        if (before) {
            struct json_object *unsigned_part = json_object_new_object();
            json_object_object_add(unsigned_part, "prev_content", json_object_get(before));
            json_object_object_add(event, "unsigned", unsigned_part);
        }
    }
    if (server->n_events == server->events_cap)
        server->events = need_array(server->events, &server->events_cap, sizeof *server->events);
    server->events[server->n_events++] = (struct homeserver_event){ .json = event, .room = room };
    return text_at(event, "event_id");
}

void homeserver_set_member(struct homeserver *server, int room, const char *sender, const char *person,
                           const char *membership)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(person + 1, ":"), person + 1);
    struct json_object *content = object_of("membership", membership);
    json_object_object_add(content, "displayname", json_object_new_string(name));
    homeserver_send(server, room, sender, "m.room.member", person, content);
}

int make_room(struct homeserver *server, const char *creator)
{
    int room = server->n_rooms++;
    need(room < ROOMS_MAX, "rooms");
    snprintf(server->rooms[room].id, sizeof server->rooms[room].id, "!room%d:localhost", room);
    homeserver_send(server, room, creator, "m.room.create", "", object_of("room_version", "11"));
    homeserver_set_member(server, room, creator, creator, "join");
    struct json_object *levels = json_object_new_object(), *users = json_object_new_object();
    json_object_object_add(users, creator, json_object_new_int(100));
    json_object_object_add(levels, "users", users);
    homeserver_send(server, room, creator, "m.room.power_levels", "", levels);
    return room;
}

int homeserver_make_room(struct homeserver *server, const char *name, const char *const *people)
{
    int room = make_room(server, people[0]);
    homeserver_send(server, room, people[0], "m.room.name", "", object_of("name", name));
    for (people++; *people; people++)
        homeserver_set_member(server, room, *people, *people, "join");
    return room;
}

void homeserver_redact(struct homeserver *server, int room, const char *sender, const char *event_id)
{
    size_t target = event_by_id(server, event_id);
    need(target != SIZE_MAX, "the event to redact");
    char id[32];
    snprintf(id, sizeof id, "%s", event_id);
    homeserver_send(server, room, sender, "m.room.redaction", NULL, object_of("redacts", id));
    struct json_object *redaction = server->events[server->n_events - 1].json;
    json_object_object_add(redaction, "redacts", json_object_new_string(id));
    json_object_object_add(server->events[target].json, "content", json_object_new_object());
}

void homeserver_set_limit(struct homeserver *server, int limit)
{
    server->limit = limit;
}

/* Life */

void homeserver_attach(struct homeserver *server)
{
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        if (server->connections[i].fd >= 0)
            hang_up(&server->connections[i]);
    if (server->epoll >= 0)
        close(server->epoll);
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
    epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->listener, &event);
}

struct homeserver *homeserver_create(void)
{
    struct homeserver *server = need_some(calloc(1, sizeof *server), "memory");
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    need(server->listener >= 0 && bind(server->listener, (struct sockaddr *)&address, len) == 0 &&
             listen(server->listener, 64) == 0 &&
             getsockname(server->listener, (struct sockaddr *)&address, &len) == 0,
         "a port on the loopback");
    server->port = ntohs(address.sin_port);
    server->limit = 50;
    server->epoll = -1;
    server->account_data = json_object_new_object();
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        server->connections[i].fd = -1;
    homeserver_attach(server);
    return server;
}

void homeserver_destroy(struct homeserver *server)
{
    if (!server)
        return;
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        if (server->connections[i].fd >= 0)
            hang_up(&server->connections[i]);
    for (size_t i = 0; i < server->n_events; i++) {
        json_object_put(server->events[i].json);
        json_object_put(server->events[i].clear);
    }
    for (size_t i = 0; i < server->n_news; i++)
        json_object_put(server->news[i].message);
    for (size_t i = 0; i < server->n_txns; i++) {
        free(server->txns[i].path);
        free(server->txns[i].body);
    }
    for (int i = 0; i < server->n_filters; i++)
        json_object_put(server->filters[i]);
    json_object_put(server->account_data);
    json_object_put(server->keys);
    peers_destroy(server->peers);
    free(server->news);
    free(server->events);
    free(server->txns);
    close(server->listener);
    close(server->epoll);
    free(server);
}

int homeserver_port(const struct homeserver *server)
{
    return server->port;
}

int homeserver_fd(const struct homeserver *server)
{
    return server->epoll;
}

bool homeserver_is_idle(const struct homeserver *server)
{
    bool is_polling = false;
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        const struct connection *connection = &server->connections[i];
        if (connection->fd >= 0 && connection->len > 0)
            return false;
        if (connection->fd >= 0 && connection->is_polling)
            is_polling = connection->since == server->n_events && connection->since_news == server->n_news &&
                         connection->timeout_ms >= 1000;
    }
    return is_polling;
}

int64_t homeserver_n_requests(const struct homeserver *server)
{
    return server->n_requests;
}

size_t homeserver_n_events(const struct homeserver *server)
{
    return server->n_events;
}

const struct homeserver_event *homeserver_event(const struct homeserver *server, size_t n)
{
    return &server->events[n];
}

int homeserver_n_rooms(const struct homeserver *server)
{
    return server->n_rooms;
}

struct json_object *homeserver_account_data(const struct homeserver *server)
{
    return server->account_data;
}

const char *homeserver_room_id(const struct homeserver *server, int room)
{
    return server->rooms[room].id;
}

int homeserver_n_devices(const struct homeserver *server)
{
    int n = 0;
    for (int i = 0; i < server->n_tokens; i++) {
        bool is_known = false;
        for (int j = 0; j < i; j++)
            is_known = is_known || strcmp(server->tokens[i].device, server->tokens[j].device) == 0;
        n += !is_known;
    }
    return n;
}

int homeserver_n_changed(const struct homeserver *server)
{
    return server->n_changed;
}
