/* notify: what a service manager hears, and when it is to be told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "notify.h"

/* A socket of that name: '@' for one that is in no folder. */
static int listen_at(const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    memcpy(address.sun_path, name, strlen(name));
    if (*name == '@')
        address.sun_path[0] = '\0';
    assert_int_equal(bind(fd, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
                     0);
    return fd;
}

static void expect_heard(int fd, const char *wanted)
{
    char heard[64] = "";
    ssize_t n = recv(fd, heard, sizeof heard - 1, 0);
    assert_int_equal(n, wanted ? (ssize_t)strlen(wanted) : -1);
    assert_string_equal(heard, wanted ? wanted : "");
}

static void notify_say__reaches_a_socket_in_a_folder_and_one_in_none(void **state)
{
    (void)state;
    char folder[] = "/tmp/greffier-notify-XXXXXX", path[64], abstract[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/s", folder);
    snprintf(abstract, sizeof abstract, "@greffier-notify-%ld", (long)getpid());
    const char *const names[] = { path, abstract };
    for (int i = 0; i < 2; i++) {
        int fd = listen_at(names[i]);
        setenv("NOTIFY_SOCKET", names[i], 1);
        notify_say("READY=1");
        expect_heard(fd, "READY=1");
        expect_heard(fd, NULL);
        close(fd);
    }
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

static void notify_say__says_nothing_where_nobody_listens(void **state)
{
    (void)state;
    char long_name[256];
    memset(long_name, 'a', sizeof long_name - 1);
    long_name[0] = '/';
    long_name[sizeof long_name - 1] = '\0';
    const char *const names[] = { "", "relative", "/nonexistent/socket", long_name };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        notify_say("READY=1");
    }
    unsetenv("NOTIFY_SOCKET");
    notify_say("READY=1");
    assert_int_equal(notify_watchdog_ms(), 0);
}

/* Twice as often as is asked for; and only if this very process is meant. */
static void notify_watchdog__is_half_of_what_is_asked(void **state)
{
    (void)state;
    char me[32];
    snprintf(me, sizeof me, "%ld", (long)getpid());
    const struct {
        const char *period_us, *pid;
        int64_t wanted_ms;
    } rows[] = {
        { NULL, NULL, 0 },      { "30000000", NULL, 15000 }, { "30000000", me, 15000 },
        { "30000000", "1", 0 }, { "-4000", NULL, 0 },        { "nonsense", NULL, 0 },
    };
    setenv("NOTIFY_SOCKET", "/run/nothing", 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsetenv("WATCHDOG_USEC");
        unsetenv("WATCHDOG_PID");
        if (rows[i].period_us)
            setenv("WATCHDOG_USEC", rows[i].period_us, 1);
        if (rows[i].pid)
            setenv("WATCHDOG_PID", rows[i].pid, 1);
        assert_int_equal(notify_watchdog_ms(), rows[i].wanted_ms);
    }
    unsetenv("NOTIFY_SOCKET");
    setenv("WATCHDOG_USEC", "30000000", 1);
    unsetenv("WATCHDOG_PID");
    assert_int_equal(notify_watchdog_ms(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notify_say__reaches_a_socket_in_a_folder_and_one_in_none),
        cmocka_unit_test(notify_say__says_nothing_where_nobody_listens),
        cmocka_unit_test(notify_watchdog__is_half_of_what_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
