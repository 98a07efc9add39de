/*
 * server - a homeserver of a screenful for tests: a thread for each connection, answers by a function.
 *
 * Shape:   answer() is called with the server's lock held, from its threads; what a test reads or changes of
 * its own data it does between server_lock and server_unlock. Loopback only, a port of the kernel's choice.
 * Owns:    the threads and sockets, until server_stop.
 */
#ifndef TESTS_MATRIX_SERVER_H
#define TESTS_MATRIX_SERVER_H

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../patience.h"

struct server_request {
    char method[8];
    char path[4096]; /* with the query */
    char token[256]; /* after "Bearer " */
    char *body;
};

struct server_answer {
    int status; /* 0: the connection is cut */
    const char *headers; /* whole lines, or NULL */
    char *body; /* freed by the server; NULL: {} */
    int delay_ms;
};

typedef struct server_answer server_fn(void *data, const struct server_request *request);

enum { SERVER_CONNECTIONS = 256 };

struct server {
    server_fn *answer;
    void *data;
    int listener, port;
    pthread_t acceptor;
    pthread_mutex_t lock;
    struct connection {
        struct server *server;
        int fd;
        pthread_t thread;
    } connections[SERVER_CONNECTIONS];
    int n_connections;
    bool is_stopping;
    int n_wakes; /* ends delays */
};

static inline void server_lock(struct server *server)
{
    pthread_mutex_lock(&server->lock);
}

static inline void server_unlock(struct server *server)
{
    pthread_mutex_unlock(&server->lock);
}

static inline bool server_write(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static inline void server_copy_header(const char *head, const char *name, char *out, size_t size)
{
    *out = '\0';
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, strlen(name)) != 0)
            continue;
        const char *value = line + 2 + strlen(name);
        snprintf(out, size, "%.*s", (int)strcspn(value, "\r"), value);
        return;
    }
}

/* Answers that are being delayed go out now. */
static inline void server_wake(struct server *server)
{
    server_lock(server);
    server->n_wakes++;
    server_unlock(server);
}

/* One request; false at the end of the connection. */
static inline bool server_read(int fd, struct server_request *request)
{
    static const size_t head_max = 16384;
    char *head = calloc(1, head_max + 1), number[32];
    size_t len = 0;
    while (len < head_max && (len < 4 || memcmp(head + len - 4, "\r\n\r\n", 4) != 0)) {
        if (recv(fd, head + len, 1, 0) != 1) {
            free(head);
            return false;
        }
        len++;
    }
    bool ok = sscanf(head, "%7s %4095s", request->method, request->path) == 2;
    server_copy_header(head, "Authorization: Bearer ", request->token, sizeof request->token);
    server_copy_header(head, "Content-Length: ", number, sizeof number);
    free(head);
    size_t body_len = (size_t)atol(number);
    request->body = calloc(1, body_len + 1);
    for (size_t got = 0; ok && got < body_len;) {
        ssize_t n = recv(fd, request->body + got, body_len - got, 0);
        ok = n > 0;
        got += n > 0 ? (size_t)n : 0;
    }
    return ok;
}

static inline int server_n_wakes(struct server *server, bool *is_stopping)
{
    server_lock(server);
    int n_wakes = server->n_wakes;
    *is_stopping = server->is_stopping;
    server_unlock(server);
    return n_wakes;
}

/* Whoever asked has given up: what a script has for the next must not go to the last. */
static inline bool server_is_alone(int fd)
{
    char byte;
    ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN);
}

static inline bool server_reply(struct connection *connection, const struct server_request *request)
{
    struct server *server = connection->server;
    server_lock(server);
    if (server_is_alone(connection->fd)) {
        server_unlock(server);
        return false;
    }
    struct server_answer answer = server->answer(server->data, request);
    bool is_stopping = server->is_stopping;
    int n_wakes = server->n_wakes;
    server_unlock(server);
    int64_t until_ms = patience_now_ms() + answer.delay_ms;
    while (!is_stopping && n_wakes == server_n_wakes(server, &is_stopping) && patience_now_ms() < until_ms)
        nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    const char *body = answer.body ? answer.body : "{}";
    char head[1024];
    int head_len = snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n",
                            answer.status, strlen(body), answer.headers ? answer.headers : "");
    bool ok = answer.status && server_write(connection->fd, head, (size_t)head_len) &&
              server_write(connection->fd, body, strlen(body));
    free(answer.body);
    return ok && !is_stopping;
}

static inline void *server_serve(void *data)
{
    struct connection *connection = data;
    bool goes_on = true;
    while (goes_on) {
        struct server_request request = { .body = NULL };
        goes_on = server_read(connection->fd, &request) && server_reply(connection, &request);
        free(request.body);
    }
    shutdown(connection->fd, SHUT_RDWR);
    return NULL;
}

static inline void *server_accept(void *data)
{
    struct server *server = data;
    for (int fd; (fd = accept(server->listener, NULL, NULL)) >= 0;) {
        server_lock(server);
        assert(server->n_connections < SERVER_CONNECTIONS);
        struct connection *connection = &server->connections[server->n_connections++];
        *connection = (struct connection){ .server = server, .fd = fd };
        pthread_create(&connection->thread, NULL, server_serve, connection);
        server_unlock(server);
    }
    return NULL;
}

static inline struct server *server_start(server_fn *answer, void *data)
{
    struct server *server = calloc(1, sizeof *server);
    server->answer = answer;
    server->data = data;
    pthread_mutex_init(&server->lock, NULL);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server->listener, (struct sockaddr *)&address, len) || listen(server->listener, 64) ||
        getsockname(server->listener, (struct sockaddr *)&address, &len))
        abort();
    server->port = ntohs(address.sin_port);
    pthread_create(&server->acceptor, NULL, server_accept, server);
    return server;
}

static inline void server_stop(struct server *server)
{
    server_lock(server);
    server->is_stopping = true;
    server_unlock(server);
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->acceptor, NULL);
    close(server->listener);
    for (int i = 0; i < server->n_connections; i++) {
        shutdown(server->connections[i].fd, SHUT_RDWR);
        pthread_join(server->connections[i].thread, NULL);
        close(server->connections[i].fd);
    }
    pthread_mutex_destroy(&server->lock);
    free(server);
}

#endif
