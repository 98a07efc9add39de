/*
 * turned - a clock that a test turns, preloaded into the bot and into Synapse.
 *
 * Shape:   $TURNED_CLOCK names a file of two int64: by how many ms CLOCK_REALTIME is ahead of the machine's, and whether the
 *          kernel calls its clock synchronised. It is mapped once; whoever writes it turns the clock of all who have it mapped.
 *          CLOCK_MONOTONIC and CLOCK_BOOTTIME go on, as they do when somebody sets a clock; and a timer of the program that is
 *          to be cancelled then (TFD_TIMER_CANCEL_ON_SET) is: within SLICE_MS.
 *          $TURNED_WAKES, if set, names a file of one int64 that counts how often poll has come back to the program: its wake-ups
 *          without those of the slices.
 * Missing: more than one timer, and what waits by other means than poll: the bot does neither, Synapse has no such timer.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

enum { SLICE_MS = 50, MS = 1000, NS_IN_MS = 1000000 };

struct turned {
    int64_t ahead_ms;
    int64_t is_synced;
};

static const struct turned as_it_is = { .ahead_ms = 0, .is_synced = 1 };
static const volatile struct turned *turned = &as_it_is;
static int64_t not_counted;
static int64_t *n_wakes = &not_counted;
static int timer = -1;
static int64_t timer_ahead_ms; /* when the timer was set */
static int is_timer_cancelled;

static void *map_file(const char *path, size_t n, int protection)
{
    int fd = path ? open(path, (protection & PROT_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC) : -1;
    void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, n, protection, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    return mapped == MAP_FAILED ? NULL : mapped;
}

__attribute__((constructor)) static void map_clock(void)
{
    const struct turned *clock = map_file(getenv("TURNED_CLOCK"), sizeof *clock, PROT_READ);
    int64_t *wakes = map_file(getenv("TURNED_WAKES"), sizeof *wakes, PROT_READ | PROT_WRITE);
    if (clock)
        turned = clock;
    if (wakes)
        n_wakes = wakes;
}

static struct timespec add_ms(struct timespec at, int64_t ms)
{
    at.tv_sec += ms / MS;
    at.tv_nsec += ms % MS * NS_IN_MS;
    if (at.tv_nsec >= MS * (long)NS_IN_MS)
        at = (struct timespec){ .tv_sec = at.tv_sec + 1, .tv_nsec = at.tv_nsec - MS * (long)NS_IN_MS };
    if (at.tv_nsec < 0)
        at = (struct timespec){ .tv_sec = at.tv_sec - 1, .tv_nsec = at.tv_nsec + MS * (long)NS_IN_MS };
    return at;
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    long code = syscall(SYS_clock_gettime, id, now);
    if (code == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        *now = add_ms(*now, turned->ahead_ms);
    return (int)code;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec at;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &at);
    *now = (struct timeval){ .tv_sec = at.tv_sec, .tv_usec = at.tv_nsec / 1000 };
    return 0;
}

time_t time(time_t *out)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    if (out)
        *out = at.tv_sec;
    return at.tv_sec;
}

int adjtimex(struct timex *timex)
{
    memset(timex, 0, sizeof *timex);
    timex->status = turned->is_synced ? 0 : STA_UNSYNC;
    return turned->is_synced ? TIME_OK : TIME_ERROR;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *at, struct itimerspec *old)
{
    struct itimerspec shifted = *at;
    if ((flags & TFD_TIMER_ABSTIME) && (flags & TFD_TIMER_CANCEL_ON_SET)) {
        timer = fd;
        timer_ahead_ms = turned->ahead_ms;
        is_timer_cancelled = 0;
        shifted.it_value = add_ms(at->it_value, -timer_ahead_ms);
    }
    return (int)syscall(SYS_timerfd_settime, fd, flags, &shifted, old);
}

/* It becomes readable at once, and reading it says that it was cancelled. */
static void cancel_timer(void)
{
    struct itimerspec now = { .it_value.tv_nsec = 1 };
    timer_ahead_ms = turned->ahead_ms;
    is_timer_cancelled = 1;
    syscall(SYS_timerfd_settime, timer, 0, &now, NULL);
}

ssize_t read(int fd, void *bytes, size_t n)
{
    ssize_t n_read = syscall(SYS_read, fd, bytes, n);
    if (fd != timer || !is_timer_cancelled || n_read < 0)
        return n_read;
    is_timer_cancelled = 0;
    errno = ECANCELED;
    return -1;
}

int poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    for (;;) {
        if (timer >= 0 && timer_ahead_ms != turned->ahead_ms)
            cancel_timer();
        int slice_ms = timer < 0 || (timeout_ms >= 0 && timeout_ms < SLICE_MS) ? timeout_ms : SLICE_MS;
        struct timespec slice = { .tv_sec = slice_ms / MS, .tv_nsec = slice_ms % MS * (long)NS_IN_MS };
        int n_ready = (int)syscall(SYS_ppoll, fds, n, slice_ms < 0 ? NULL : &slice, NULL, 0);
        if (n_ready != 0 || slice_ms == timeout_ms) {
            __atomic_add_fetch(n_wakes, 1, __ATOMIC_RELAXED);
            return n_ready;
        }
        if (timeout_ms > 0)
            timeout_ms -= slice_ms;
    }
}
