/* ops/sandbox: what a process may still do inside, each thing tried by a process of its own: this program again, with
 * the name of the thing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "ops/sandbox.h"
#include "store/store.h"

enum { PORT = 18008, OTHER_PORT = 18009, NO_SANDBOX = 99 };

static char folder[] = "/tmp/greffier-sandbox-XXXXXX";
static char *outside; /* a file beside the store's directory */
static const char *program;

static bool is_errno(int wanted, int result)
{
    return result < 0 && errno == wanted;
}

/* Each is 0 if all was as it should be. */

static int keeps_its_store(void)
{
    struct store *store;
    struct err err;
    char *path = xasprintf("%s/in/other.db", folder);
    bool ok = store_open(path, &store, &err) == STORE_OPENED;
    if (ok) {
        store_begin(store);
        store_set(store, "name", "value");
        ok = store_commit(store, &err);
        store_close(store);
    }
    unlink(path);
    free(path);
    return !ok;
}

static int reads_no_other_file(void)
{
    return !is_errno(EACCES, open(outside, O_RDONLY));
}

static int writes_no_other_file(void)
{
    char *path = xasprintf("%s/new", folder);
    bool ok = is_errno(EACCES, open(path, O_WRONLY | O_CREAT, 0600)) &&
              is_errno(EACCES, open("/etc/passwd", O_WRONLY));
    free(path);
    return !ok;
}

static int reads_what_names_and_zones_need(void)
{
    struct addrinfo *found = NULL;
    bool ok = open("/usr/share/zoneinfo/Europe/Paris", O_RDONLY) >= 0 &&
              getaddrinfo("localhost", "80", NULL, &found) == 0;
    if (found)
        freeaddrinfo(found);
    return !ok;
}

/* 0: connected or refused by the port itself; else errno. */
static int try_port(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int result = connect(fd, (struct sockaddr *)&address, sizeof address);
    return result == 0 || errno == ECONNREFUSED ? 0 : errno;
}

static int reaches_its_homeserver(void)
{
    return try_port(PORT);
}

static bool has_ports;

static int reaches_nobody_else(void)
{
    return try_port(OTHER_PORT) != (has_ports ? EACCES : 0);
}

static void *nothing(void *data)
{
    return data;
}

static int makes_threads(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0;
}

static int has_no_raw_sockets(void)
{
    return !is_errno(ENOSYS, socket(AF_PACKET, SOCK_RAW, 0));
}

static int cannot_trace_nor_mount(void)
{
    return !is_errno(ENOSYS, chroot("/"));
}

static int dies_of_a_program(void)
{
    execl("/bin/true", "true", NULL);
    return 1;
}

static int dies_of_another_process(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return 1;
}

static bool was_dumpable; /* after sandbox_hide; inside, nobody may ask */

static int leaves_no_core(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_max != 0 || was_dumpable;
}

/* A kernel before Landlock 4 (Linux 6.7) guards no ports: its version, by the call that asks. */
static bool guards_ports(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 4;
}

static const struct attempt {
    const char *name;
    int (*run)(void);
    int signal; /* that ends it; 0: none does */
} attempts[] = {
    { "keeps_its_store", keeps_its_store, 0 },
    { "reads_no_other_file", reads_no_other_file, 0 },
    { "writes_no_other_file", writes_no_other_file, 0 },
    { "reads_what_names_and_zones_need", reads_what_names_and_zones_need, 0 },
    { "reaches_its_homeserver", reaches_its_homeserver, 0 },
    { "reaches_nobody_else", reaches_nobody_else, 0 },
    { "makes_threads", makes_threads, 0 },
    { "has_no_raw_sockets", has_no_raw_sockets, 0 },
    { "cannot_trace_nor_mount", cannot_trace_nor_mount, 0 },
    { "dies_of_a_program", dies_of_a_program, SIGSYS },
    { "dies_of_another_process", dies_of_another_process, SIGSYS },
    { "leaves_no_core", leaves_no_core, 0 },
};
enum { N_ATTEMPTS = sizeof attempts / sizeof attempts[0] };

/* The process of its own: argv is the attempt and the folder. */
static int attempt_inside(const char *name, const char *where)
{
    memcpy(folder, where, strnlen(where, sizeof folder - 1));
    outside = xasprintf("%s/outside", folder);
    char *path = xasprintf("%s/in/greffier.db", folder);
    sandbox_forbid_core();
    sandbox_hide();
    was_dumpable = prctl(PR_GET_DUMPABLE) != 0;
    has_ports = guards_ports();
    if (!sandbox_enter(&(struct sandbox_settings){ .store_path = path, .port = PORT }))
        return NO_SANDBOX;
    for (size_t i = 0; i < N_ATTEMPTS; i++)
        if (strcmp(attempts[i].name, name) == 0)
            return attempts[i].run();
    return 98;
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    char *inside = xasprintf("%s/in", folder);
    outside = xasprintf("%s/outside", folder);
    int fd = open(outside, O_WRONLY | O_CREAT, 0600);
    bool ok = mkdir(inside, 0700) == 0 && fd >= 0;
    close(fd);
    free(inside);
    return ok ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char *inside = xasprintf("%s/in", folder);
    unlink(outside);
    rmdir(inside);
    free(inside);
    free(outside);
    return rmdir(folder);
}

static void sandbox__holds(void **state)
{
    const struct attempt *attempt = *state;
    int status;
    pid_t child = fork();
    if (child == 0) {
        execl(program, program, attempt->name, folder, NULL);
        _exit(97);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_SANDBOX) {
        print_message("this kernel has no Landlock, or no seccomp\n");
        skip();
    }
    if (attempt->signal)
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == attempt->signal);
    else
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[N_ATTEMPTS];
    if (argc == 3)
        _exit(attempt_inside(argv[1], argv[2]));
    program = argv[0];
    for (size_t i = 0; i < N_ATTEMPTS; i++)
        tests[i] = (struct CMUnitTest){ .name = attempts[i].name,
                                        .test_func = sandbox__holds,
                                        .initial_state = (void *)(uintptr_t)&attempts[i] };
    return cmocka_run_group_tests_name("sandbox", tests, make_folder, remove_folder);
}
