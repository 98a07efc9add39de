/* matrix/http against a homeserver that sends what none should: without end, byte by byte, packed, or no text at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../patience.h"
#include "base/xmalloc.h"
#include "matrix/http.h"

enum {
    BODY_MAX = 1 << 20,
    SENT_MAX = 64 << 20, /* far more than any buffer between the two holds; then the server gives up */
    DRIP_MS = 50,
    DRIPS_MAX = PATIENCE_MS / DRIP_MS,
};

#define OK_HEAD "HTTP/1.1 200 OK\r\n"

/* Says something to whoever asks, in a thread of its own. */
struct server {
    int listener, port;
    pthread_t thread;
    void (*speak)(struct server *server, int fd);
    char request[4096];
    size_t n_sent;
};

static bool give(struct server *server, int fd, const void *bytes, size_t len)
{
    const char *from = bytes;
    while (len) {
        ssize_t n = send(fd, from, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        server->n_sent += (size_t)n;
        from += n;
        len -= (size_t)n;
    }
    return true;
}

static bool say(struct server *server, int fd, const char *text)
{
    return give(server, fd, text, strlen(text));
}

static void *serve(void *data)
{
    struct server *server = data;
    for (int fd; (fd = accept(server->listener, NULL, NULL)) >= 0; close(fd)) {
        ssize_t n = recv(fd, server->request, sizeof server->request - 1, 0);
        server->request[n > 0 ? n : 0] = '\0';
        server->speak(server, fd);
    }
    return NULL;
}

static struct server *start(void (*speak)(struct server *server, int fd))
{
    struct server *server = xcalloc(1, sizeof *server);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    server->speak = speak;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(server->listener, 8), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
    return server;
}

/* What the last answer was. */
struct heard {
    int n, status;
    size_t len;
    char text[64], failure[256];
    bool has_json;
};

static void on_done(void *data, const struct http_answer *answer)
{
    struct heard *heard = data;
    heard->n++;
    heard->status = answer->status;
    heard->len = answer->len;
    heard->has_json = answer->json != NULL;
    snprintf(heard->text, sizeof heard->text, "%s", answer->text);
    snprintf(heard->failure, sizeof heard->failure, "%s", answer->failure ? answer->failure : "");
}

/* Asks once, hears what comes of it, and ends the server; n_sent_out: how much it could say. */
static struct heard ask(void (*speak)(struct server *server, int fd), int timeout_s, struct server *out)
{
    struct server *server = start(speak);
    char *url = xasprintf("http://127.0.0.1:%d", server->port);
    struct http *http = http_create(url, NULL);
    struct heard heard = { 0 };
    http_call(http, &(struct http_request){ .method = "GET",
                                            .path = "/_matrix/client/v3/sync",
                                            .max_bytes = BODY_MAX,
                                            .timeout_s = timeout_s,
                                            .done = on_done,
                                            .data = &heard });
    http_destroy(http);
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
    *out = *server;
    free(server);
    free(url);
    assert_int_equal(heard.n, 1);
    return heard;
}

static long peak_rss_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* Without end */

static void speak_for_ever(struct server *server, int fd)
{
    static const char block[65536] = { 0 };
    say(server, fd, OK_HEAD "\r\n");
    while (server->n_sent < SENT_MAX && give(server, fd, block, sizeof block))
        ;
}

static void announce_ten_gigabytes(struct server *server, int fd)
{
    static const char block[65536] = { 0 };
    say(server, fd, OK_HEAD "Content-Length: 10737418240\r\n\r\n");
    while (server->n_sent < SENT_MAX && give(server, fd, block, sizeof block))
        ;
}

static void speak_in_chunks_for_ever(struct server *server, int fd)
{
    say(server, fd, OK_HEAD "Transfer-Encoding: chunked\r\n\r\n");
    while (server->n_sent < SENT_MAX && say(server, fd, "8\r\n[[[[[[[[\r\n"))
        ;
}

static void http_work__cuts_off__a_body_without_end(void **state)
{
    (void)state;
    void (*const speakers[])(struct server *, int) = { speak_for_ever, announce_ten_gigabytes,
                                                       speak_in_chunks_for_ever };
    for (size_t i = 0; i < sizeof speakers / sizeof speakers[0]; i++) {
        struct server server;
        long before_kib = peak_rss_kib();
        struct heard heard = ask(speakers[i], PATIENCE_MS / 1000, &server);
        assert_int_equal(heard.status, 0);
        assert_non_null(strstr(heard.failure, "larger"));
        assert_true(server.n_sent < SENT_MAX);
        assert_true(peak_rss_kib() - before_kib < 32 * 1024);
    }
}

static void give_headers_for_ever(struct server *server, int fd)
{
    say(server, fd, OK_HEAD);
    while (server->n_sent < SENT_MAX &&
           say(server, fd, "X-More: yes and no and yes and no and yes and no\r\n"))
        ;
}

static void continue_for_ever(struct server *server, int fd)
{
    while (server->n_sent < SENT_MAX && say(server, fd, "HTTP/1.1 100 Continue\r\n\r\n"))
        ;
}

static void http_work__cuts_off__headers_without_end(void **state)
{
    (void)state;
    void (*const speakers[])(struct server *, int) = { give_headers_for_ever, continue_for_ever };
    for (size_t i = 0; i < sizeof speakers / sizeof speakers[0]; i++) {
        struct server server;
        struct heard heard = ask(speakers[i], PATIENCE_MS / 1000, &server);
        assert_int_equal(heard.status, 0);
        assert_true(strlen(heard.failure) > 0);
        assert_true(server.n_sent < SENT_MAX);
    }
}

/* Byte by byte: it would come to a good end, in minutes; the request has one, in a second. */

static bool drip(struct server *server, int fd, const char *text)
{
    for (int i = 0; i < DRIPS_MAX; i++) {
        struct pollfd hung_up = { .fd = fd, .events = POLLRDHUP };
        if (!give(server, fd, text, strlen(text)) || poll(&hung_up, 1, DRIP_MS) > 0)
            return false;
    }
    return true;
}

static void drip_headers(struct server *server, int fd)
{
    say(server, fd, OK_HEAD "X: ");
    if (drip(server, fd, "a"))
        say(server, fd, "\r\nContent-Length: 2\r\n\r\n{}");
}

static void drip_body(struct server *server, int fd)
{
    char head[64];
    snprintf(head, sizeof head, OK_HEAD "Content-Length: %d\r\n\r\n{", DRIPS_MAX + 2);
    say(server, fd, head);
    if (drip(server, fd, " "))
        say(server, fd, "}");
}

static void say_nothing(struct server *server, int fd)
{
    struct pollfd hung_up = { .fd = fd, .events = POLLRDHUP };
    poll(&hung_up, 1, DRIPS_MAX * DRIP_MS);
    say(server, fd, OK_HEAD "Content-Length: 2\r\n\r\n{}");
}

static void http_work__ends__when_bytes_only_drip(void **state)
{
    (void)state;
    void (*const speakers[])(struct server *, int) = { drip_headers, drip_body, say_nothing };
    for (size_t i = 0; i < sizeof speakers / sizeof speakers[0]; i++) {
        struct server server;
        struct heard heard = ask(speakers[i], 1, &server);
        assert_int_equal(heard.status, 0);
        assert_true(strlen(heard.failure) > 0);
    }
}

/* Packed */

/* "gzip" of a body that would be {"next_batch":"..."}: nobody unpacks it, so nothing can grow. */
static void say_packed(struct server *server, int fd)
{
    static const char packed[] =
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02";
    say(server, fd, OK_HEAD "Content-Encoding: gzip\r\nContent-Length: 22\r\n\r\n");
    give(server, fd, packed, sizeof packed - 1);
    give(server, fd, "\0\0\0", 3);
}

static void http_send__asks_for_no_compression__and_unpacks_none(void **state)
{
    (void)state;
    struct server server;
    struct heard heard = ask(say_packed, PATIENCE_MS / 1000, &server);
    assert_null(strcasestr(server.request, "accept-encoding"));
    assert_null(strcasestr(server.request, "\r\nTE:"));
    assert_int_equal(heard.status, 200);
    assert_int_equal(heard.len, 22);
    assert_memory_equal(heard.text, "\x1f\x8b\x08", 3);
    assert_false(heard.has_json);
}

/* No text */

static void say_bad_utf8(struct server *server, int fd)
{
    static const char body[] = "{\"next_batch\":\"\xff\xc0\x80\"}";
    say(server, fd, OK_HEAD "Content-Length: 20\r\n\r\n");
    give(server, fd, body, sizeof body - 1);
}

static void say_two_values(struct server *server, int fd)
{
    say(server, fd, OK_HEAD "Content-Length: 41\r\n\r\n{\"next_batch\":\"s1\"} {\"next_batch\":\"s2\"}  ");
}

static void http_work__takes_no_json__that_is_none(void **state)
{
    (void)state;
    void (*const speakers[])(struct server *, int) = { say_bad_utf8, say_two_values };
    for (size_t i = 0; i < sizeof speakers / sizeof speakers[0]; i++) {
        struct server server;
        struct heard heard = ask(speakers[i], PATIENCE_MS / 1000, &server);
        assert_int_equal(heard.status, 200);
        assert_false(heard.has_json);
    }
}

/* curl finds no fault with it, and no status in it. */
static void say_another_version(struct server *server, int fd)
{
    say(server, fd, "HTTP/20\nDate: Sun, 22 Nov 2026 10:00:00 GMT\n\n{}");
}

static void http_work__says_so__when_there_is_no_status(void **state)
{
    (void)state;
    struct server server;
    struct heard heard = ask(say_another_version, PATIENCE_MS / 1000, &server);
    assert_int_equal(heard.status, 0);
    assert_true(strlen(heard.failure) > 0);
}

/* Elsewhere: the token goes to the homeserver, whatever the environment and the homeserver say. */

static void say_it_moved(struct server *server, int fd)
{
    say(server, fd,
        "HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:1/\r\nRefresh: 0; url=http://127.0.0.1:1/\r\n"
        "Alt-Svc: h2=\":1\"\r\nContent-Length: 2\r\n\r\n{}");
}

static void http_send__speaks_to_nobody_else(void **state)
{
    (void)state;
    static const char *const names[] = { "http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY",
                                         "ALL_PROXY" };
    struct server server;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        setenv(names[i], "http://127.0.0.1:1", 1);
    struct heard heard = ask(say_it_moved, PATIENCE_MS / 1000, &server);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    assert_int_equal(heard.status, 307);
    assert_true(strncmp(server.request, "GET /_matrix/client/v3/sync HTTP/1.1", 36) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_work__cuts_off__a_body_without_end),
        cmocka_unit_test(http_work__cuts_off__headers_without_end),
        cmocka_unit_test(http_work__ends__when_bytes_only_drip),
        cmocka_unit_test(http_send__asks_for_no_compression__and_unpacks_none),
        cmocka_unit_test(http_work__takes_no_json__that_is_none),
        cmocka_unit_test(http_work__says_so__when_there_is_no_status),
        cmocka_unit_test(http_send__speaks_to_nobody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
