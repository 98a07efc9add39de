/*
 * scripted - a homeserver that does what the test says, in the test's own thread: real bytes on loopback.
 *
 * Shape:   scripted_work takes what arrived and answers it by the test's function. It remembers each request.
 *          scripted_settle lets both sides work until all is answered that the test's function answers.
 * Bounds:  SCRIPTED_CONNECTIONS, SCRIPTED_REQUESTS, requests of 64 KiB.
 */
#ifndef TESTS_SCRIPTED_H
#define TESTS_SCRIPTED_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../patience.h"
#include "matrix/http.h"

enum { SCRIPTED_CONNECTIONS = 32, SCRIPTED_REQUESTS = 256, SCRIPTED_BYTES = 65536 };

struct scripted_reply {
    int status; /* 0: the connection is closed without an answer; -1: no answer for now */
    const char *text;
    const char *headers; /* "Name: value\r\n", or NULL */
};

struct scripted_request {
    char method[8];
    char path[1024];
    char *body; /* owned */
};

typedef struct scripted_reply scripted_fn(void *data, const struct scripted_request *request);

struct scripted {
    int listener;
    char url[64];
    scripted_fn *reply;
    void *data;
    int n_requests;
    struct scripted_request requests[SCRIPTED_REQUESTS];
    struct {
        int fd; /* -1: free */
        bool is_held; /* it asked, and gets no answer */
        size_t len;
        char text[SCRIPTED_BYTES + 1];
    } connections[SCRIPTED_CONNECTIONS];
};

static inline struct scripted *scripted_create(scripted_fn *reply, void *data)
{
    struct scripted *server = calloc(1, sizeof *server);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    server->reply = reply;
    server->data = data;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(server->listener, (struct sockaddr *)&address, sizeof address) || listen(server->listener, 32) ||
        getsockname(server->listener, (struct sockaddr *)&address, &len))
        abort();
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    for (int i = 0; i < SCRIPTED_CONNECTIONS; i++)
        server->connections[i].fd = -1;
    return server;
}

static inline void scripted_destroy(struct scripted *server)
{
    close(server->listener);
    for (int i = 0; i < SCRIPTED_CONNECTIONS; i++)
        if (server->connections[i].fd >= 0)
            close(server->connections[i].fd);
    for (int i = 0; i < server->n_requests; i++)
        free(server->requests[i].body);
    free(server);
}

static inline void scripted_accept(struct scripted *server)
{
    for (int i = 0; i < SCRIPTED_CONNECTIONS; i++) {
        if (server->connections[i].fd >= 0)
            continue;
        server->connections[i].fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        server->connections[i].len = 0;
        server->connections[i].is_held = false;
        if (server->connections[i].fd < 0)
            return;
    }
}

static inline void scripted_answer(struct scripted *server, int i, const struct scripted_reply *reply)
{
    char text[8192];
    server->connections[i].is_held = reply->status < 0;
    if (reply->status < 0)
        return;
    if (reply->status == 0) {
        close(server->connections[i].fd);
        server->connections[i].fd = -1;
        return;
    }
    int n = snprintf(text, sizeof text,
                     "HTTP/1.1 %d Said\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n%s",
                     reply->status, strlen(reply->text), reply->headers ? reply->headers : "", reply->text);
    if (n < 0 || (size_t)n >= sizeof text || write(server->connections[i].fd, text, (size_t)n) != n)
        abort();
}

/* True if a whole request was there. */
static inline bool scripted_take(struct scripted *server, int i)
{
    char *text = server->connections[i].text;
    text[server->connections[i].len] = '\0';
    char *end = strstr(text, "\r\n\r\n");
    if (!end)
        return false;
    char *length = strcasestr(text, "content-length:");
    size_t body_len = length && length < end ? strtoul(length + 15, NULL, 10) : 0;
    size_t head_len = (size_t)(end + 4 - text);
    if (server->connections[i].len < head_len + body_len)
        return false;
    if (server->n_requests == SCRIPTED_REQUESTS)
        abort();
    struct scripted_request *request = &server->requests[server->n_requests++];
    if (sscanf(text, "%7s %1023s", request->method, request->path) != 2)
        abort();
    request->body = strndup(text + head_len, body_len);
    server->connections[i].len -= head_len + body_len;
    memmove(text, text + head_len + body_len, server->connections[i].len);
    struct scripted_reply reply = server->reply(server->data, request);
    scripted_answer(server, i, &reply);
    return true;
}

static inline void scripted_work(struct scripted *server)
{
    scripted_accept(server);
    for (int i = 0; i < SCRIPTED_CONNECTIONS; i++) {
        if (server->connections[i].fd < 0)
            continue;
        ssize_t n = read(server->connections[i].fd, server->connections[i].text + server->connections[i].len,
                         SCRIPTED_BYTES - server->connections[i].len);
        if (n == 0) {
            close(server->connections[i].fd);
            server->connections[i].fd = -1;
            continue;
        }
        if (n > 0)
            server->connections[i].len += (size_t)n;
        while (server->connections[i].fd >= 0 && scripted_take(server, i))
            ;
    }
}

static inline int scripted_n_held(const struct scripted *server)
{
    int n = 0;
    for (int i = 0; i < SCRIPTED_CONNECTIONS; i++)
        n += server->connections[i].fd >= 0 && server->connections[i].is_held;
    return n;
}

/* Until no request is on its way, in either direction. */
static inline void scripted_drain(struct scripted *server, struct http *http)
{
    PATIENTLY(http_n_in_flight(http) == scripted_n_held(server), {
        scripted_work(server);
        http_work(http);
        http_wait(http, NULL, 0, 1);
    });
}

/* Until nothing is on its way, and the client, which poke lets do what it may, has nothing more to ask: some pokes only
 * write what the next one acts on. */
static inline void scripted_settle(struct scripted *server, struct http *http, void (*poke)(void *data),
                                   void *data)
{
    enum { POKES = 8 };
    for (int i = 0; i < POKES; i++) {
        scripted_drain(server, http);
        int n_in_flight = http_n_in_flight(http);
        poke(data);
        if (http_n_in_flight(http) != n_in_flight)
            i = -1;
    }
}

#endif
