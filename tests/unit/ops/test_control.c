/* ops/control: a real socket in a directory of its own, one process, the server driven by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../patience.h"
#include "base/json.h"
#include "base/xmalloc.h"
#include "ops/control.h"
#include "ops/control_socket.h"

static char directory[] = "/tmp/greffier-control-XXXXXX";
static char *path; /* of the socket */

static int make_directory(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    path = xasprintf("%s/g.db.sock", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    free(path);
    return rmdir(directory);
}

/* Gives the request back under "you said", or as many bytes as it asks for, or nothing. */
static struct json_object *echo(void *context, struct json_object *request)
{
    ++*(int *)context;
    int64_t n_bytes = json_int(request, "bytes", -1);
    if (json_flag(request, "nothing", false))
        return NULL;
    struct json_object *answer = json_object_new_object();
    if (n_bytes >= 0) {
        char *text = xcalloc((size_t)n_bytes + 1, 1);
        memset(text, 'x', (size_t)n_bytes);
        json_set_str(answer, "text", text);
        free(text);
    } else {
        json_set(answer, "you said", json_object_get(request));
    }
    return answer;
}

static int n_asked;

static struct control *listen_here(void)
{
    struct err err = { "" };
    n_asked = 0;
    struct control *control =
        control_listen(path, &(struct control_answerer){ .answer = echo, .context = &n_asked }, &err);
    if (!control)
        fail_msg("%s", err.text);
    return control;
}

/* What the loop does, until nothing happens for 20 ms. */
static void turn_until_quiet(struct control *control, int64_t now_ms)
{
    for (;;) {
        struct pollfd fds[CONTROL_POLLFDS_MAX];
        size_t n_fds = control_fill_pollfds(control, fds);
        int n_ready = poll(fds, n_fds, 20);
        control_handle(control, fds, n_fds, now_ms);
        if (n_ready <= 0)
            return;
    }
}

static size_t n_clients(const struct control *control)
{
    struct pollfd fds[CONTROL_POLLFDS_MAX];
    return control_fill_pollfds(control, fds) - 1;
}

static int connect_here(void)
{
    int fd = control_socket_connect(path, PATIENCE_MS);
    assert_true(fd >= 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* What lies there, without waiting. "" at the end of the stream or if there is nothing. */
static const char *heard(int fd)
{
    static char text[4096];
    ssize_t n = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static bool is_ended(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void control__answers_each_line(void **state)
{
    (void)state;
    struct control *control = listen_here();
    int fd = connect_here();
    say(fd, "{\"show\":\"DEC-1\"}\n{\"a\":");
    turn_until_quiet(control, 0);
    assert_string_equal(heard(fd), "{\"you said\":{\"show\":\"DEC-1\"}}\n");
    say(fd, "2}\n{\"a\":3}\n{\"nothing\":true}\n");
    turn_until_quiet(control, 0);
    assert_string_equal(heard(fd),
                        "{\"you said\":{\"a\":2}}\n{\"you said\":{\"a\":3}}\n{\"error\":\"no answer\"}\n");
    assert_int_equal(n_asked, 4);
    close(fd);
    turn_until_quiet(control, 0);
    assert_int_equal(n_clients(control), 0);
    control_close(control);
    assert_int_equal(access(path, F_OK), -1);
}

static void control__refuses_what_is_no_request(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "\n",
        "7\n",
        "[]\n",
        "{\n",
        "null\n",
        "{} {}\n",
        "{\"a\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}\n",
        "\xff\n",
    };
    struct control *control = listen_here();
    int fd = connect_here();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        say(fd, rows[i]);
        turn_until_quiet(control, 0);
        assert_string_equal(heard(fd), "{\"error\":\"the request is no JSON object\"}\n");
    }
    assert_int_equal(n_asked, 0);
    close(fd);
    control_close(control);
}

static void control__ends_a_line_without_end(void **state)
{
    (void)state;
    struct control *control = listen_here();
    int fd = connect_here();
    char bytes[4096];
    memset(bytes, 'x', sizeof bytes);
    for (int i = 0; i < CONTROL_REQUEST_MAX / (int)sizeof bytes; i++) {
        assert_int_equal(send(fd, bytes, sizeof bytes, MSG_NOSIGNAL), sizeof bytes);
        turn_until_quiet(control, 0);
    }
    assert_string_equal(heard(fd), "{\"error\":\"the request is too long\"}\n");
    assert_true(is_ended(fd));
    assert_int_equal(n_clients(control), 0);
    close(fd);
    control_close(control);
}

static void control__takes_eight_at_once_and_drops_the_idle(void **state)
{
    (void)state;
    struct control *control = listen_here();
    int fds[CONTROL_CLIENTS_MAX + 2];
    assert_true(control_due_ms(control) == INT64_MAX);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX + 2; i++)
        fds[i] = connect_here();
    turn_until_quiet(control, 1000);
    assert_int_equal(n_clients(control), CONTROL_CLIENTS_MAX);
    assert_int_equal(control_due_ms(control), 1000 + CONTROL_IDLE_MS);
    say(fds[9], "{}\n");
    say(fds[0], "{}\n");
    turn_until_quiet(control, 5000);
    assert_string_equal(heard(fds[0]), "{\"you said\":{}}\n");
    assert_string_equal(heard(fds[9]), "");
    /* All but the one that spoke are idle; then the two that waited get in. */
    turn_until_quiet(control, 1000 + CONTROL_IDLE_MS);
    turn_until_quiet(control, 1000 + CONTROL_IDLE_MS);
    assert_int_equal(n_clients(control), 3);
    assert_true(is_ended(fds[1]));
    assert_false(is_ended(fds[0]));
    assert_string_equal(heard(fds[9]), "{\"you said\":{}}\n");
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX + 2; i++)
        close(fds[i]);
    control_close(control);
}

static void control__drops_who_does_not_take_the_answer(void **state)
{
    (void)state;
    struct control *control = listen_here();
    int fd = connect_here();
    say(fd, "{\"bytes\":1000000}\n{\"bytes\":1000000}\n");
    turn_until_quiet(control, 0);
    assert_int_equal(n_asked, 1);
    assert_int_equal(n_clients(control), 1);
    turn_until_quiet(control, CONTROL_IDLE_MS);
    assert_int_equal(n_clients(control), 0);
    close(fd);
    control_close(control);
}

static void control__belongs_to_its_user_alone(void **state)
{
    (void)state;
    struct stat info;
    struct control *control = listen_here();
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    control_close(control);
}

static void control__turns_other_users_away(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip(); /* only root can be somebody else for a while */
    struct control *control = listen_here();
    assert_int_equal(chmod(directory, 0755), 0);
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(seteuid(65534), 0);
    int fd = control_socket_connect(path, PATIENCE_MS);
    assert_int_equal(seteuid(0), 0);
    assert_true(fd >= 0);
    say(fd, "{}\n");
    turn_until_quiet(control, 0);
    assert_int_equal(n_asked, 0);
    assert_int_equal(n_clients(control), 0);
    close(fd);
    control_close(control);
    assert_int_equal(chmod(directory, 0700), 0);
}

static void control_listen__replaces_only_what_a_dead_daemon_left(void **state)
{
    (void)state;
    const struct control_answerer answerer = { .answer = echo, .context = &n_asked };
    struct err err = { "" };
    struct control *control = listen_here();
    assert_null(control_listen(path, &answerer, &err));
    assert_non_null(strstr(err.text, "another greffier answers on"));
    control_close(control);

    struct sockaddr_un address;
    assert_true(control_socket_address(path, &address));
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(dead, (const struct sockaddr *)&address, sizeof address), 0);
    close(dead);
    assert_int_equal(access(path, F_OK), 0);
    control_close(listen_here());

    assert_int_equal(mkdir(path, 0700), 0);
    assert_null(control_listen(path, &answerer, &err));
    assert_non_null(strstr(err.text, "it is no socket"));
    assert_int_equal(rmdir(path), 0);

    char long_path[200];
    memset(long_path, 'x', sizeof long_path);
    long_path[sizeof long_path - 1] = '\0';
    assert_null(control_listen(long_path, &answerer, &err));
    assert_non_null(strstr(err.text, "at most 107 bytes"));
    assert_null(control_listen("/nonexistent/g.db.sock", &answerer, &err));
}

/* A daemon in a thread of its own, until told to stop. */
struct daemon {
    struct control *control;
    int stop_fds[2];
    pthread_t thread;
};

static void *daemon_run(void *context)
{
    struct daemon *daemon = context;
    for (;;) {
        struct pollfd fds[CONTROL_POLLFDS_MAX + 1];
        size_t n_fds = control_fill_pollfds(daemon->control, fds);
        fds[n_fds] = (struct pollfd){ .fd = daemon->stop_fds[0], .events = POLLIN };
        if (poll(fds, n_fds + 1, -1) > 0 && fds[n_fds].revents)
            return NULL;
        control_handle(daemon->control, fds, n_fds, 0);
    }
}

static void daemon_start(struct daemon *daemon)
{
    daemon->control = listen_here();
    assert_int_equal(pipe(daemon->stop_fds), 0);
    assert_int_equal(pthread_create(&daemon->thread, NULL, daemon_run, daemon), 0);
}

static void daemon_stop(struct daemon *daemon)
{
    assert_int_equal(write(daemon->stop_fds[1], "x", 1), 1);
    assert_int_equal(pthread_join(daemon->thread, NULL), 0);
    close(daemon->stop_fds[0]);
    close(daemon->stop_fds[1]);
    control_close(daemon->control);
}

static void control_ask__gets_its_answer(void **state)
{
    (void)state;
    struct control_reply reply;
    struct daemon daemon;
    daemon_start(&daemon);
    struct json_object *request = json_object_new_object();
    json_set_str(request, "show", "DEC-1");
    assert_true(control_ask(path, request, PATIENCE_MS, &reply));
    assert_string_equal(json_str(reply.answer, "you said/show"), "DEC-1");
    json_object_put(reply.answer);

    json_set_int(request, "bytes", 1000000);
    assert_true(control_ask(path, request, PATIENCE_MS, &reply));
    assert_int_equal(strlen(json_str(reply.answer, "text")), 1000000);
    json_object_put(reply.answer);

    json_set_int(request, "bytes", CONTROL_ANSWER_MAX);
    assert_true(control_ask(path, request, PATIENCE_MS, &reply));
    assert_string_equal(json_str(reply.answer, "error"), "the answer is too long");
    json_object_put(reply.answer);

    char *long_text = xcalloc(CONTROL_REQUEST_MAX + 1, 1);
    memset(long_text, 'x', CONTROL_REQUEST_MAX);
    json_set_str(request, "show", long_text);
    assert_false(control_ask(path, request, PATIENCE_MS, &reply));
    assert_non_null(strstr(reply.err.text, "the question is longer"));
    free(long_text);
    json_object_put(request);
    daemon_stop(&daemon);
}

static void control_ask__says_whether_nobody_listens(void **state)
{
    (void)state;
    struct control_reply reply;
    struct json_object *request = json_object_new_object();
    assert_false(control_ask(path, request, PATIENCE_MS, &reply));
    assert_true(reply.is_nobody);

    /* One that hangs is somebody. */
    struct control *control = listen_here();
    assert_false(control_ask(path, request, 50, &reply));
    assert_false(reply.is_nobody);
    assert_non_null(strstr(reply.err.text, "does not answer in time"));
    control_close(control);
    json_object_put(request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control__answers_each_line),
        cmocka_unit_test(control__refuses_what_is_no_request),
        cmocka_unit_test(control__ends_a_line_without_end),
        cmocka_unit_test(control__takes_eight_at_once_and_drops_the_idle),
        cmocka_unit_test(control__drops_who_does_not_take_the_answer),
        cmocka_unit_test(control__belongs_to_its_user_alone),
        cmocka_unit_test(control__turns_other_users_away),
        cmocka_unit_test(control_listen__replaces_only_what_a_dead_daemon_left),
        cmocka_unit_test(control_ask__gets_its_answer),
        cmocka_unit_test(control_ask__says_whether_nobody_listens),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
