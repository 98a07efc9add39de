#include "ops/control.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "ops/control_socket.h"

enum { REQUEST_DEPTH = 16, STALE_TIMEOUT_MS = 500, QUEUE_LEN = 64 };

/* Either a request comes in or an answer goes out, never both: a client that does not take its answers cannot
 * make more of them. */
struct client {
    int fd;
    struct buf in;
    struct buf out;
    size_t n_sent; /* of out */
    int64_t last_ms;
    bool is_ending; /* once out is sent */
};

struct control {
    int fd;
    char *path; /* owned */
    struct control_answerer answerer; /* its context is borrowed */
    struct client *clients[CONTROL_CLIENTS_MAX]; /* owned; the first n_clients */
    size_t n_clients;
};

/* True if the way is free: nothing there, or what a dead daemon left. */
static bool clear_stale(const char *path, struct err *err)
{
    struct stat info;
    if (lstat(path, &info) < 0)
        return errno == ENOENT || err_set(err, "%s: %s", path, strerror(errno));
    if (!S_ISSOCK(info.st_mode))
        return err_set(err, "%s is in the way: it is no socket", path);
    int fd = control_socket_connect(path, STALE_TIMEOUT_MS);
    /* EAGAIN: its queue is full. */
    if (fd >= 0 || errno == EAGAIN) {
        if (fd >= 0)
            close(fd);
        return err_set(err, "another greffier answers on %s", path);
    }
    if (errno != ECONNREFUSED)
        return err_set(err, "%s: %s", path, strerror(errno));
    return unlink(path) == 0 || err_set(err, "%s: %s", path, strerror(errno));
}

static int open_listener(const char *path, struct err *err)
{
    struct sockaddr_un address;
    if (!control_socket_address(path, &address)) {
        err_set(err, "%s: the path of a socket has at most %zu bytes", path, sizeof address.sun_path - 1);
        return -1;
    }
    if (!clear_stale(path, err))
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* The mode is set before there is a file: nobody else can connect in between. */
    if (fd >= 0 && fchmod(fd, 0600) == 0 &&
        bind(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
        if (listen(fd, QUEUE_LEN) == 0)
            return fd;
        unlink(path);
    }
    err_set(err, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

struct control *control_listen(const char *path, const struct control_answerer *answerer, struct err *err)
{
    int fd = open_listener(path, err);
    if (fd < 0)
        return NULL;
    struct control *control = xcalloc(1, sizeof *control);
    *control = (struct control){ .fd = fd, .path = xstrdup(path), .answerer = *answerer };
    return control;
}

static void client_destroy(struct client *client)
{
    close(client->fd);
    buf_finish(&client->in);
    buf_finish(&client->out);
    free(client);
}

void control_close(struct control *control)
{
    if (!control)
        return;
    for (size_t i = 0; i < control->n_clients; i++)
        client_destroy(control->clients[i]);
    unlink(control->path);
    close(control->fd);
    free(control->path);
    free(control);
}

size_t control_fill_pollfds(const struct control *control, struct pollfd *fds)
{
    /* With no room for another, the next ones wait in the kernel's queue. */
    bool has_room = control->n_clients < CONTROL_CLIENTS_MAX;
    fds[0] = (struct pollfd){ .fd = control->fd, .events = has_room ? POLLIN : 0 };
    for (size_t i = 0; i < control->n_clients; i++) {
        const struct client *client = control->clients[i];
        fds[i + 1] = (struct pollfd){ .fd = client->fd, .events = client->out.len ? POLLOUT : POLLIN };
    }
    return control->n_clients + 1;
}

int64_t control_due_ms(const struct control *control)
{
    int64_t due_ms = INT64_MAX;
    for (size_t i = 0; i < control->n_clients; i++)
        if (control->clients[i]->last_ms + CONTROL_IDLE_MS < due_ms)
            due_ms = control->clients[i]->last_ms + CONTROL_IDLE_MS;
    return due_ms;
}

static bool is_own_user(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

static void accept_clients(struct control *control, int64_t now_ms)
{
    while (control->n_clients < CONTROL_CLIENTS_MAX) {
        int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
            return;
        if (!is_own_user(fd)) {
            log_warn("control: another user was turned away");
            close(fd);
            continue;
        }
        struct client *client = xcalloc(1, sizeof *client);
        *client = (struct client){ .fd = fd, .last_ms = now_ms };
        buf_init(&client->in, CONTROL_REQUEST_MAX);
        buf_init(&client->out, CONTROL_ANSWER_MAX + 1);
        control->clients[control->n_clients++] = client;
    }
}

static void put_error(struct client *client, const char *what)
{
    struct json_object *answer = json_object_new_object();
    json_set_str(answer, "error", what);
    buf_clear(&client->out);
    buf_puts(&client->out, json_text(answer));
    buf_putc(&client->out, '\n');
    json_object_put(answer);
}

static void answer_request(struct control *control, struct client *client, size_t len)
{
    struct json_object *request = json_parse(client->in.text, len);
    if (!json_object_is_type(request, json_type_object) ||
        json_depth(request, REQUEST_DEPTH) > REQUEST_DEPTH) {
        put_error(client, "the request is no JSON object");
    } else {
        struct json_object *answer = control->answerer.answer(control->answerer.context, request);
        if (answer) {
            buf_puts(&client->out, json_text(answer));
            buf_putc(&client->out, '\n');
        }
        if (!answer)
            put_error(client, "no answer");
        else if (client->out.is_full)
            put_error(client, "the answer is too long");
        json_object_put(answer);
    }
    json_object_put(request);
}

/* Takes a whole line off what came in and answers it; false if there is none. */
static bool answer_next(struct control *control, struct client *client)
{
    struct buf *in = &client->in;
    char *end = memchr(in->text, '\n', in->len);
    if (end) {
        answer_request(control, client, (size_t)(end - in->text));
        in->len -= (size_t)(end + 1 - in->text);
        memmove(in->text, end + 1, in->len + 1);
    } else if (in->len == CONTROL_REQUEST_MAX) {
        put_error(client, "the request is too long");
        client->is_ending = true;
    }
    return client->out.len > 0;
}

/* False when the client is done with. */
static bool receive(struct client *client, int64_t now_ms)
{
    char bytes[8192];
    size_t room = CONTROL_REQUEST_MAX - client->in.len;
    ssize_t n = recv(client->fd, bytes, room < sizeof bytes ? room : sizeof bytes, 0);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    client->last_ms = now_ms;
    buf_add(&client->in, bytes, (size_t)n);
    return true;
}

static bool flush(struct client *client, int64_t now_ms)
{
    while (client->n_sent < client->out.len) {
        ssize_t n = send(client->fd, client->out.text + client->n_sent, client->out.len - client->n_sent,
                         MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        client->n_sent += (size_t)n;
        client->last_ms = now_ms;
    }
    buf_clear(&client->out);
    client->n_sent = 0;
    return !client->is_ending;
}

/* Ends when nothing more goes out or nothing whole has come in: the next poll wakes for either. */
static bool serve(struct control *control, struct client *client, int64_t now_ms)
{
    if (!client->out.len && !receive(client, now_ms))
        return false;
    do {
        if (client->out.len && !flush(client, now_ms))
            return false;
    } while (!client->out.len && answer_next(control, client));
    return true;
}

void control_handle(struct control *control, const struct pollfd *fds, size_t n_fds, int64_t now_ms)
{
    size_t n_kept = 0, n_before = control->n_clients;
    assert(n_fds == n_before + 1);
    for (size_t i = 0; i < n_before; i++) {
        struct client *client = control->clients[i];
        bool is_kept = true;
        if (fds[i + 1].revents)
            is_kept = serve(control, client, now_ms);
        if (is_kept && now_ms - client->last_ms < CONTROL_IDLE_MS)
            control->clients[n_kept++] = client;
        else
            client_destroy(client);
    }
    control->n_clients = n_kept;
    if (fds[0].revents & POLLIN)
        accept_clients(control, now_ms);
}
