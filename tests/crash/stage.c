#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/ptrace.h>

#include "need.h"

enum { TICK_MS = 20 };

static int signals = -1;
static volatile sig_atomic_t is_late;

static void note_late(int number)
{
    (void)number;
    is_late = 1;
}

void stage_init(void)
{
    sigset_t mask;
    struct sigaction action = { .sa_handler = note_late }; /* no SA_RESTART: it ends a wait */
    if (signals >= 0)
        close(signals);
    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    signals = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
    sigaction(SIGALRM, &action, NULL);
}

/* In the child */
static void become_bot(const struct stage *stage, bool is_traced)
{
    char *environment[8];
    int n = 0;
    char preload[512];
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    environment[n++] = "LC_ALL=C.UTF-8";
    environment[n++] = "PATH=/usr/bin:/bin";
    if (stage->preload) {
        snprintf(preload, sizeof preload, "LD_PRELOAD=%s", stage->preload);
        environment[n++] = preload;
    }
    if (stage->variable)
        environment[n++] = (char *)(uintptr_t)stage->variable;
    environment[n] = NULL;
    int log = open(stage->log, O_WRONLY | O_CREAT | O_APPEND, 0600), nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, 0);
    dup2(log, 1);
    dup2(log, 2);
    close(nothing);
    close(log);
    if (is_traced)
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    execle(stage->binary, "greffier", "run", "--config", stage->config, NULL, environment);
    _exit(127);
}

static const uintptr_t trace_options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;

void stage_start(struct stage *stage, bool is_traced)
{
    stage->status = 0;
    stage->must_return = false;
    stage->is_traced = is_traced;
    stage->pid = fork();
    need(stage->pid >= 0, "process");
    if (stage->pid == 0)
        become_bot(stage, is_traced);
    if (!is_traced)
        return;
    int status;
    waitpid(stage->pid, &status, __WALL); /* at its exec */
    ptrace(PTRACE_SETOPTIONS, stage->pid, NULL, trace_options);
    ptrace(PTRACE_SYSCALL, stage->pid, NULL, NULL);
}

void stage_attach(struct stage *stage)
{
    int status;
    need(ptrace(PTRACE_SEIZE, stage->pid, NULL, trace_options) == 0, "right to trace");
    ptrace(PTRACE_INTERRUPT, stage->pid, NULL, NULL);
    waitpid(stage->pid, &status, __WALL);
    ptrace(PTRACE_SYSCALL, stage->pid, NULL, NULL);
    stage->is_traced = true;
}

void stage_kill(struct stage *stage)
{
    if (!stage->pid)
        return;
    kill(stage->pid, SIGKILL);
    while (waitpid(stage->pid, &stage->status, __WALL) > 0 && WIFSTOPPED(stage->status))
        ;
    stage->pid = 0;
}

void stage_signal(struct stage *stage, int number)
{
    kill(stage->pid, number);
}

/* Calls in which the bot waits for others: then those are looked after. */
static bool may_block(int64_t number)
{
    return number == __NR_poll || number == __NR_ppoll || number == __NR_select || number == __NR_pselect6 ||
           number == __NR_epoll_wait || number == __NR_epoll_pwait || number == __NR_nanosleep ||
           number == __NR_clock_nanosleep || number == __NR_restart_syscall;
}

#ifdef __x86_64__
/* One that does nothing is made in its place, and one that the bot's sandbox allows. */
static void skip_call(pid_t pid)
{
    ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, orig_rax), (long)__NR_getpid);
}

static void set_result(pid_t pid, int64_t result)
{
    ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rax), result);
}
#else
#error "the crash harness makes system calls fail by their registers, and knows those of x86-64 only"
#endif

/* At a stop of a system call. False: it is to be killed. */
static bool watch(struct stage *stage, bool *is_blocking)
{
    struct __ptrace_syscall_info info = { 0 };
    struct call call;
    const struct watcher *watcher = &stage->watcher;
    ptrace(PTRACE_GET_SYSCALL_INFO, stage->pid, sizeof info, &info);
    *is_blocking = false;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        call = (struct call){ .number = (int64_t)info.entry.nr };
        memcpy(call.args, info.entry.args, sizeof call.args);
        int verdict = watcher->at_entry ? watcher->at_entry(watcher->data, stage->pid, &call) : WATCH_GO;
        if (verdict == WATCH_KILL)
            return false;
        *is_blocking = may_block(call.number);
        if (verdict != WATCH_GO) {
            skip_call(stage->pid);
            stage->must_return = true;
            stage->forced = -verdict;
            *is_blocking = false;
        }
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
        if (stage->must_return)
            set_result(stage->pid, stage->forced);
        call = (struct call){ .number = -1, .result = stage->must_return ? stage->forced : info.exit.rval };
        stage->must_return = false;
        if (watcher->at_return)
            watcher->at_return(watcher->data, stage->pid, &call);
    }
    return true;
}

enum event { EVENT_NONE, EVENT_STOP, EVENT_BLOCKS, EVENT_END, EVENT_KILL };

/* What waitpid said of the bot. */
static enum event take_status(struct stage *stage, int status)
{
    bool is_blocking = false;
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
        stage->status = status;
        stage->pid = 0;
        return EVENT_END;
    }
    int signal_number = WSTOPSIG(status);
    if (signal_number == (SIGTRAP | 0x80)) {
        if (!watch(stage, &is_blocking)) {
            stage_kill(stage);
            return EVENT_KILL;
        }
        signal_number = 0;
    } else if (status >> 16 || signal_number == SIGTRAP) {
        signal_number = 0; /* the tracer's own, not meant for the bot */
    }
    ptrace(PTRACE_SYSCALL, stage->pid, NULL, signal_number);
    return is_blocking ? EVENT_BLOCKS : EVENT_STOP;
}

/* While the bot works it is waited for; while it waits the homeserver works. */
static enum event wait_for_bot(struct stage *stage, bool is_working)
{
    struct signalfd_siginfo info;
    int status;
    pid_t pid = waitpid(stage->pid, &status, __WALL | (is_working ? 0 : WNOHANG));
    if (pid == stage->pid)
        return take_status(stage, status);
    if (is_working)
        return EVENT_NONE; /* the alarm */
    struct pollfd fds[] = { { .fd = signals, .events = POLLIN },
                            { .fd = homeserver_fd(stage->server), .events = POLLIN } };
    poll(fds, 2, TICK_MS);
    while (read(signals, &info, sizeof info) > 0)
        ;
    return EVENT_NONE;
}

static void set_alarm(int timeout_ms)
{
    struct itimerval timer = { .it_value = { .tv_sec = timeout_ms / 1000,
                                             .tv_usec = timeout_ms % 1000 * 1000 } };
    is_late = 0;
    setitimer(ITIMER_REAL, &timer, NULL);
}

enum stage_end stage_play(struct stage *stage, bool (*met)(void *data), void *data, int timeout_ms)
{
    enum stage_end end = STAGE_LATE;
    bool is_working = false;
    int64_t n_requests = -1;
    set_alarm(timeout_ms);
    while (!is_late) {
        if (!is_working) {
            homeserver_work(stage->server);
            if (met && n_requests != homeserver_n_requests(stage->server) && met(data)) {
                end = STAGE_MET;
                break;
            }
            n_requests = homeserver_n_requests(stage->server);
        }
        enum event event = stage->pid ? wait_for_bot(stage, is_working) : EVENT_END;
        if (event == EVENT_END || event == EVENT_KILL) {
            homeserver_work(stage->server); /* what it had sent before */
            end = event == EVENT_END ? STAGE_ENDED : STAGE_KILLED;
            break;
        }
        if (event == EVENT_STOP)
            is_working = true;
        else if (event == EVENT_BLOCKS)
            is_working = false;
    }
    set_alarm(0);
    return end;
}
