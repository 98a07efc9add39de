#include "ops/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmalloc.h"

void sandbox_forbid_core(void)
{
    struct rlimit none = { 0, 0 };
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        log_warn("core dumps cannot be switched off: %s", strerror(errno));
}

void sandbox_hide(void)
{
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        log_warn("the memory cannot be hidden from other processes: %s", strerror(errno));
}

/* ---- Files and ports: Landlock ---- */

/* Newer than the headers of Debian 12. */
enum {
    FS_TRUNCATE = 1 << 14, /* Landlock 3 */
    NET_BIND_TCP = 1 << 0, /* Landlock 4 */
    NET_CONNECT_TCP = 1 << 1,
    RULE_NET_PORT = 2,
    RESOLVER_PORT = 53,
};
struct ruleset {
    uint64_t fs;
    uint64_t net;
};
struct port_rule {
    uint64_t allowed;
    uint64_t port;
};

enum {
    FS_READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
    FS_STORE = FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
               LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE | FS_TRUNCATE,
    FS_ALL = FS_STORE | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
             LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_FIFO |
             LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM,
};

/* Name lookup, certificates, time zones; the libraries that name lookup loads are executed. */
static const char *const read_paths[] = { "/etc", "/usr", "/lib", "/lib64", "/run/systemd/resolve" };

static void allow_path(int rules, const char *path, uint64_t access)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return; /* what is not there needs no leave */
    struct landlock_path_beneath_attr rule = { .allowed_access = access, .parent_fd = fd };
    if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
        log_warn("sandbox: %s: %s", path, strerror(errno));
    close(fd);
}

static void allow_port(int rules, uint16_t port)
{
    struct port_rule rule = { .allowed = NET_CONNECT_TCP, .port = port };
    if (syscall(SYS_landlock_add_rule, rules, RULE_NET_PORT, &rule, 0) != 0)
        log_warn("sandbox: port %u: %s", (unsigned)port, strerror(errno));
}

static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return xstrdup(".");
    return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

static bool confine_files(const struct sandbox_settings *settings)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) {
        log_warn("sandbox: this kernel has no Landlock (%s): files are guarded by their modes alone",
                 strerror(errno));
        return false;
    }
    uint64_t handled = version >= 3 ? FS_ALL : FS_ALL & ~(uint64_t)FS_TRUNCATE;
    struct ruleset ruleset = { .fs = handled, .net = version >= 4 ? NET_BIND_TCP | NET_CONNECT_TCP : 0 };
    size_t size = version >= 4 ? sizeof ruleset : sizeof ruleset.fs;
    int rules = (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
    if (rules < 0) {
        log_warn("sandbox: no Landlock rules: %s", strerror(errno));
        return false;
    }
    for (size_t i = 0; i < sizeof read_paths / sizeof read_paths[0]; i++)
        allow_path(rules, read_paths[i], FS_READ | LANDLOCK_ACCESS_FS_EXECUTE);
    char *directory = directory_of(settings->store_path);
    allow_path(rules, directory, FS_STORE & handled);
    free(directory);
    if (version >= 4) {
        allow_port(rules, settings->port);
        allow_port(rules, RESOLVER_PORT);
    }
    bool ok = syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    if (!ok)
        log_warn("sandbox: Landlock: %s", strerror(errno));
    close(rules);
    return ok;
}

/* ---- System calls: seccomp ---- */

/* What the daemon, SQLite, curl with its resolver's threads, and glibc under them use. */
static const int calls[] = {
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(msync),
    /* files; which ones, Landlock says */
    SCMP_SYS(openat),
    SCMP_SYS(open),
    SCMP_SYS(close),
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(fstatfs),
    SCMP_SYS(statfs),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64),
    SCMP_SYS(getcwd),
    SCMP_SYS(fcntl),
    SCMP_SYS(flock),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(chmod),
    SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),
    SCMP_SYS(fchown),
    SCMP_SYS(umask),
    SCMP_SYS(utimensat),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    /* waiting */
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(eventfd2),
    SCMP_SYS(pipe),
    SCMP_SYS(pipe2),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(signalfd4),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(restart_syscall),
    /* the network; which kinds, below */
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    /* time, chance, who one is */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(adjtimex),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrlimit),
    SCMP_SYS(prlimit64),
    SCMP_SYS(getrusage),
    /* threads and signals */
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_getparam),
    SCMP_SYS(sched_getscheduler),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(tgkill),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Nothing here starts a program or another process, or looks into one: who does is no longer us. */
static const int deadly[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(ptrace),
    SCMP_SYS(memfd_create),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
};

static struct scmp_arg_cmp is(unsigned argument, uint64_t value)
{
    return (struct scmp_arg_cmp){ .arg = argument, .op = SCMP_CMP_EQ, .datum_a = value };
}

/* A flag of the first argument, set or not. */
static struct scmp_arg_cmp has(uint64_t flag, bool is_set)
{
    return (struct scmp_arg_cmp){
        .arg = 0, .op = SCMP_CMP_MASKED_EQ, .datum_a = flag, .datum_b = is_set ? flag : 0
    };
}

static int add_if(scmp_filter_ctx filter, uint32_t action, int call, struct scmp_arg_cmp condition)
{
    return seccomp_rule_add_array(filter, action, call, 1, &condition);
}

static int add_rules(scmp_filter_ctx filter)
{
    static const uint64_t families[] = { AF_INET, AF_INET6, AF_UNIX, AF_NETLINK };
    static const uint64_t ioctls[] = { FIONBIO, FIONREAD, TCGETS };
    int bad = 0;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        bad |= seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, calls[i], 0, NULL);
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        bad |= seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, deadly[i], 0, NULL);
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        bad |= add_if(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), is(0, families[i]));
    for (size_t i = 0; i < sizeof ioctls / sizeof ioctls[0]; i++)
        bad |= add_if(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), is(1, ioctls[i]));
    bad |= add_if(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), is(0, AF_UNIX));
    bad |= add_if(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), is(0, PR_SET_NAME));
    /* A thread, never a process; clone3, whose flags lie in memory, is "no such call" and glibc comes back here. */
    bad |= add_if(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), has(CLONE_THREAD, true));
    bad |= add_if(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), has(CLONE_THREAD, false));
    return bad;
}

static bool confine_calls(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    int bad = !filter || add_rules(filter) != 0 ? -ENOMEM : seccomp_load(filter);
    if (bad)
        log_warn("sandbox: this kernel takes no filter of system calls (%s)", strerror(-bad));
    if (filter)
        seccomp_release(filter);
    return !bad;
}

bool sandbox_enter(const struct sandbox_settings *settings)
{
    /* Both layers want it; it fails nowhere since Linux 3.5. */
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    bool is_confined = confine_files(settings);
    return confine_calls() && is_confined;
}
