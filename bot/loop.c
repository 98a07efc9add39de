#include "loop.h"

#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/xmalloc.h"
#include "matrix/http.h"

struct loop {
    int signals;
    int timer;
    int64_t armed_ms; /* what the timer is set to; 0: it has to be set */
    sigset_t old_mask;
};

/* A timer with no end is armed all the same: it wakes when the clock is set. */
static const int64_t far_ms = INT64_C(7258118400000);
/* What curl_multi_poll can count. */
enum { LONGEST_MS = 1000 * 3600 * 24 };

static int64_t read_ms(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct loop_time loop_clock(void)
{
    struct timex timex = { .modes = 0 };
    int64_t boot_ms = read_ms(CLOCK_BOOTTIME);
    return (struct loop_time){ .wall_ms = read_ms(CLOCK_REALTIME),
                               .boot_ms = boot_ms,
                               .asleep_ms = boot_ms - read_ms(CLOCK_MONOTONIC),
                               .is_synced = adjtimex(&timex) != -1 && !(timex.status & STA_UNSYNC) };
}

struct loop *loop_create(struct err *err)
{
    struct loop *loop = xcalloc(1, sizeof *loop);
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGCONT);
    sigprocmask(SIG_BLOCK, &mask, &loop->old_mask);
    loop->signals = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
    loop->timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (loop->signals >= 0 && loop->timer >= 0)
        return loop;
    err_set(err, "no descriptors for signals and timers: %s", strerror(errno));
    loop_destroy(loop);
    return NULL;
}

void loop_destroy(struct loop *loop)
{
    if (!loop)
        return;
    if (loop->signals >= 0)
        close(loop->signals);
    if (loop->timer >= 0)
        close(loop->timer);
    sigprocmask(SIG_SETMASK, &loop->old_mask, NULL);
    free(loop);
}

static void arm(struct loop *loop, int64_t until_ms)
{
    if (until_ms > far_ms)
        until_ms = far_ms;
    if (until_ms == loop->armed_ms)
        return;
    loop->armed_ms = until_ms;
    struct itimerspec at = { .it_value = { .tv_sec = until_ms / 1000,
                                           .tv_nsec = until_ms % 1000 * 1000000 } };
    timerfd_settime(loop->timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &at, NULL);
}

static void take_signals(struct loop *loop, struct loop_woken *woken)
{
    struct signalfd_siginfo info;
    while (read(loop->signals, &info, sizeof info) == sizeof info)
        *(info.ssi_signo == SIGCONT ? &woken->is_resumed : &woken->is_signalled) = true;
}

static bool take_clock_set(struct loop *loop)
{
    uint64_t n;
    loop->armed_ms = 0;
    return read(loop->timer, &n, sizeof n) < 0 && errno == ECANCELED;
}

struct loop_woken loop_wait(struct loop *loop, struct http *http, const struct loop_guest *guest,
                            int64_t until_ms)
{
    enum { N_OWN = 2 };
    struct curl_waitfd fds[N_OWN + LOOP_GUEST_FDS] = {
        { .fd = loop->signals, .events = CURL_WAIT_POLLIN },
        { .fd = loop->timer, .events = CURL_WAIT_POLLIN },
    };
    unsigned n_guest = guest && guest->fds ? guest->fds(guest->data, fds + N_OWN, LOOP_GUEST_FDS) : 0;
    bool is_due = until_ms <= read_ms(CLOCK_REALTIME);
    if (!is_due)
        arm(loop, until_ms);
    http_wait(http, fds, N_OWN + n_guest, is_due ? 0 : LONGEST_MS);
    struct loop_woken woken = { .is_clock_set = fds[1].revents && take_clock_set(loop) };
    if (fds[0].revents)
        take_signals(loop, &woken);
    if (guest && guest->work)
        guest->work(guest->data, fds + N_OWN, n_guest, read_ms(CLOCK_REALTIME));
    return woken;
}
