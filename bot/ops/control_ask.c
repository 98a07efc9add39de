/* The asking end of the control socket. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "ops/control.h"
#include "ops/control_socket.h"

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool send_line(int fd, struct json_object *request, struct err *err)
{
    struct buf line;
    buf_init(&line, CONTROL_REQUEST_MAX);
    buf_puts(&line, json_text(request));
    buf_putc(&line, '\n');
    if (line.is_full) {
        buf_finish(&line);
        return err_set(err, "the question is longer than %d bytes", CONTROL_REQUEST_MAX);
    }
    size_t sent = 0;
    while (sent < line.len) {
        ssize_t n = send(fd, line.text + sent, line.len - sent, MSG_NOSIGNAL);
        if (n <= 0 && errno != EINTR)
            break;
        sent += n > 0 ? (size_t)n : 0;
    }
    bool is_sent = sent == line.len;
    buf_finish(&line);
    return is_sent || err_set(err, "the running greffier does not take the question: %s", strerror(errno));
}

/* Waits for more, up to the deadline; false at the end or on error. */
static bool receive_more(int fd, int64_t deadline_ms, struct buf *answer, struct err *err)
{
    char bytes[16384];
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    int64_t left_ms = deadline_ms - monotonic_ms();
    if (left_ms <= 0 || poll(&ready, 1, (int)left_ms) == 0)
        return err_set(err, "the running greffier does not answer in time");
    ssize_t n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n == 0)
        return err_set(err, "the running greffier ended before its answer");
    if (n < 0)
        return errno == EINTR || errno == EAGAIN || err_set(err, "no answer: %s", strerror(errno));
    buf_add(answer, bytes, (size_t)n);
    return !answer->is_full || err_set(err, "the answer is longer than %d bytes", CONTROL_ANSWER_MAX);
}

static struct json_object *receive_line(int fd, int64_t deadline_ms, struct err *err)
{
    struct buf text;
    struct json_object *answer = NULL;
    const char *end = NULL;
    buf_init(&text, CONTROL_ANSWER_MAX + 1);
    while (!end && receive_more(fd, deadline_ms, &text, err))
        end = memchr(text.text, '\n', text.len);
    if (end) {
        answer = json_parse(text.text, (size_t)(end - text.text));
        if (!answer)
            err_set(err, "the answer is no JSON");
    }
    buf_finish(&text);
    return answer;
}

bool control_ask(const char *path, struct json_object *request, int timeout_ms, struct control_reply *reply)
{
    int64_t deadline_ms = monotonic_ms() + timeout_ms;
    *reply = (struct control_reply){ 0 };
    int fd = control_socket_connect(path, timeout_ms);
    if (fd < 0) {
        reply->is_nobody = errno == ENOENT || errno == ECONNREFUSED;
        return err_set(&reply->err, "%s: %s", path, reply->is_nobody ? "nobody listens" : strerror(errno));
    }
    if (send_line(fd, request, &reply->err))
        reply->answer = receive_line(fd, deadline_ms, &reply->err);
    close(fd);
    return reply->answer != NULL;
}
