#include "homeserver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "homeserver_private.h"
#include "need.h"

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

static int64_t clock_ms(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *homeserver_send(struct homeserver *server, int room, const char *sender, const char *type,
                            const char *state_key, struct json_object *content)
{
    char id[32];
    snprintf(id, sizeof id, "$event%05zu", server->n_events);
    struct json_object *event = object_of("event_id", id);
    json_object_object_add(event, "type", json_object_new_string(type));
    json_object_object_add(event, "sender", json_object_new_string(sender));
    json_object_object_add(event, "origin_server_ts", json_object_new_int64(clock_ms(CLOCK_REALTIME)));
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

/* Connections */

static void hang_up(struct connection *connection)
{
    close(connection->fd);
    free(connection->in);
    *connection = (struct connection){ .fd = -1 };
}

void answer(struct connection *connection, int status, struct json_object *json)
{
    char head[256], date[64];
    time_t now = time(NULL);
    struct tm utc;
    const char *body = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &utc));
    snprintf(
        head, sizeof head,
        "HTTP/1.1 %d Scripted\r\nContent-Type: application/json\r\nDate: %s\r\nContent-Length: %zu\r\n\r\n",
        status, date, strlen(body));
    size_t len = strlen(head) + strlen(body);
    char *all = need(malloc(len + 1), "memory");
    snprintf(all, len + 1, "%s%s", head, body);
    connection->is_polling = false;
    /* Whoever has gone does not get it; the loopback's buffers hold all that is said here. */
    (void)!send(connection->fd, all, len, MSG_NOSIGNAL);
    free(all);
    json_object_put(json);
}

static char *decode(const char *text, size_t len)
{
    char *out = need(malloc(len + 1), "memory");
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned code;
        if (text[i] == '%' && i + 2 < len + 1 && sscanf(text + i + 1, "%2x", &code) == 1) {
            out[n++] = (char)code;
            i += 2;
        } else {
            out[n++] = text[i];
        }
    }
    out[n] = '\0';
    return out;
}

static void split_path(struct request *request)
{
    static const char api[] = "/_matrix/client/";
    const char *part = strncmp(request->path, api, strlen(api)) == 0 ? request->path + strlen(api) : "";
    while (*part && request->n_parts < PARTS_MAX) {
        size_t len = strcspn(part, "/");
        request->parts[request->n_parts++] = decode(part, len);
        part += len + (part[len] == '/');
    }
}

static const char *find_token(const struct homeserver *server, const char *head)
{
    static const char name[] = "\r\nAuthorization: Bearer ";
    const char *text = strcasestr(head, name);
    if (!text)
        return NULL;
    text += strlen(name);
    size_t len = strcspn(text, "\r\n");
    for (int i = 0; i < server->n_tokens; i++)
        if (strlen(server->tokens[i].text) == len && strncmp(server->tokens[i].text, text, len) == 0)
            return server->tokens[i].text;
    return NULL;
}

/* head ends with NUL after its last line. */
static void take_request(struct homeserver *server, struct connection *connection, char *head,
                         const char *body)
{
    char *target = strchr(head, ' ');
    char *end = target ? strchr(target + 1, ' ') : NULL;
    need(end, "a request line");
    const char *token = find_token(server, head);
    *target++ = '\0';
    *end = '\0';
    char *query = strchr(target, '?');
    if (query)
        *query++ = '\0';
    struct request request = { .server = server,
                               .connection = connection,
                               .method = head,
                               .path = target,
                               .query = query ? query : "",
                               .body = body,
                               .token = token };
    split_path(&request);
    server->n_requests++;
    handle(&request);
    for (int i = 0; i < request.n_parts; i++)
        free(request.parts[i]);
}

/* One request at a time, as clients send them without pipelining. */
static void take_input(struct homeserver *server, struct connection *connection)
{
    connection->in[connection->len] = '\0';
    char *end = strstr(connection->in, "\r\n\r\n");
    if (!end)
        return;
    const char *length = strcasestr(connection->in, "\r\nContent-Length:");
    size_t wanted = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    if (connection->len < (size_t)(end + 4 - connection->in) + wanted)
        return;
    *end = '\0';
    connection->len = 0;
    take_request(server, connection, connection->in, end + 4);
}

static void read_more(struct homeserver *server, struct connection *connection)
{
    ssize_t n = recv(connection->fd, connection->in + connection->len, REQUEST_MAX - connection->len - 1,
                     MSG_DONTWAIT);
    if (n > 0) {
        connection->len += (size_t)n;
        take_input(server, connection);
    } else if (n == 0 || errno != EAGAIN) {
        hang_up(connection);
    }
}

static void take_connection(struct homeserver *server)
{
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), one = 1;
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *connection = &server->connections[i];
        if (connection->fd >= 0)
            continue;
        *connection = (struct connection){ .fd = fd, .in = need(malloc(REQUEST_MAX), "memory") };
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };
        epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event);
        return;
    }
    close(fd);
}

static void answer_polls(struct homeserver *server)
{
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *connection = &server->connections[i];
        if (connection->fd >= 0 && connection->is_polling &&
            (has_news(server, connection->since) || connection->until_ms <= now_ms))
            answer(connection, 200, sync_answer(server, connection, true, connection->since));
    }
}

void homeserver_work(struct homeserver *server)
{
    struct epoll_event events[16];
    int n;
    while ((n = epoll_wait(server->epoll, events, 16, 0)) > 0) {
        for (int i = 0; i < n; i++) {
            if (!events[i].data.ptr)
                take_connection(server);
            else if (((struct connection *)events[i].data.ptr)->fd >= 0)
                read_more(server, events[i].data.ptr);
        }
    }
    answer_polls(server);
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
    struct homeserver *server = need(calloc(1, sizeof *server), "memory");
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
    for (size_t i = 0; i < server->n_events; i++)
        json_object_put(server->events[i].json);
    for (size_t i = 0; i < server->n_txns; i++) {
        free(server->txns[i].path);
        free(server->txns[i].body);
    }
    for (int i = 0; i < server->n_filters; i++)
        json_object_put(server->filters[i]);
    json_object_put(server->account_data);
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
            is_polling = connection->since == server->n_events && connection->timeout_ms >= 1000;
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
