/*
 * What a homeserver sends, byte for byte: head, header fields, body. The answer is given exactly once, and what is read of
 * it is within its bounds.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/xmalloc.h"
#include "fuzz.h"
#include "matrix/http.h"

enum { BODY_MAX = 1000, DAY_MS = 24 * 3600 * 1000 };

struct server {
    int listener, fd; /* fd: who is being served; -1: nobody */
    char *url;
};

static struct server *start_server(void)
{
    struct server *server = xcalloc(1, sizeof *server);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    server->fd = -1;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    FUZZ_REQUIRE(bind(server->listener, (struct sockaddr *)&address, len) == 0 &&
                 listen(server->listener, 8) == 0 &&
                 getsockname(server->listener, (struct sockaddr *)&address, &len) == 0);
    server->url = xasprintf("http://127.0.0.1:%d", ntohs(address.sin_port));
    return server;
}

static void hang_up(struct server *server)
{
    if (server->fd >= 0)
        close(server->fd);
    server->fd = -1;
}

/* To whoever asks, the same bytes and the end of the connection. */
static void serve(struct server *server, const uint8_t *bytes, size_t len)
{
    char request[4096];
    if (server->fd < 0)
        server->fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (server->fd < 0 || recv(server->fd, request, sizeof request, 0) <= 0)
        return;
    send(server->fd, bytes, len, MSG_NOSIGNAL);
    hang_up(server);
}

static void on_done(void *data, const struct http_answer *answer)
{
    static const char code[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.";
    int *n_done = data;
    ++*n_done;
    FUZZ_REQUIRE(answer->status >= 0 && answer->status <= 999 && answer->text);
    FUZZ_REQUIRE(answer->len <= BODY_MAX && answer->text[answer->len] == '\0');
    FUZZ_REQUIRE((answer->status == 0) == (answer->failure != NULL));
    FUZZ_REQUIRE(answer->retry_after_ms >= -1 && answer->retry_after_ms <= DAY_MS);
    FUZZ_REQUIRE(answer->date_ms >= -1);
    FUZZ_REQUIRE(!answer->errcode || strspn(answer->errcode, code) == strlen(answer->errcode));
    if (answer->error)
        fuzz_check_shown(answer->error);
    struct arena *arena = arena_create();
    FUZZ_REQUIRE(http_describe(arena, answer) && (http_is_transient(answer) || answer->status));
    arena_destroy(arena);
}

void target_http(const uint8_t *bytes, size_t len)
{
    static struct server *server;
    if (!server)
        server = start_server();
    struct http *http = http_create(server->url, NULL);
    int n_done = 0;
    http_send(http, &(struct http_request){ .method = "GET",
                                            .path = "/",
                                            .max_bytes = BODY_MAX,
                                            .timeout_s = 5,
                                            .done = on_done,
                                            .data = &n_done });
    while (!n_done) {
        http_work(http);
        serve(server, bytes, len);
        if (!n_done)
            http_wait(http, NULL, 0, 1);
    }
    http_work(http);
    FUZZ_REQUIRE(n_done == 1);
    http_destroy(http);
    hang_up(server);
}
