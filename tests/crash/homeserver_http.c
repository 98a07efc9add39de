/* HTTP/1.1 with keep-alive, one request at a time on a connection. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "homeserver_private.h"
#include "need.h"

void hang_up(struct connection *connection)
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
    char *all = need_some(malloc(len + 1), "memory");
    snprintf(all, len + 1, "%s%s", head, body);
    connection->is_polling = false;
    /* Whoever has gone does not get it; the loopback's buffers hold all that is said here. */
    (void)!send(connection->fd, all, len, MSG_NOSIGNAL);
    free(all);
    json_object_put(json);
}

static char *decode(const char *text, size_t len)
{
    char *out = need_some(malloc(len + 1), "memory");
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
        *connection = (struct connection){ .fd = fd, .in = need_some(malloc(REQUEST_MAX), "memory") };
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };
        epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event);
        return;
    }
    close(fd);
}

static void answer_polls(struct homeserver *server)
{
    int64_t now_ms = clock_now_ms();
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *connection = &server->connections[i];
        if (connection->fd >= 0 && connection->is_polling &&
            (has_news(server, connection) || connection->until_ms <= now_ms))
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
