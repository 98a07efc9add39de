/*
 * loop - sleeping and waking: the network, signals, the clock, and the descriptors of guests.
 *
 * Shape:   loop_wait sleeps exactly until something happens or an instant comes, and says why it woke. It is
 *          the only reader of the clock: everybody else gets loop_clock's values. A wall clock that is set
 *          wakes it (TFD_TIMER_CANCEL_ON_SET). SIGTERM, SIGINT and SIGCONT are blocked while a loop exists, and
 *          arrive here.
 * Units:   *_ms.
 * Owns:    its two descriptors and the signal mask until loop_destroy.
 * Bounds:  LOOP_GUEST_FDS extra descriptors.
 * Source:  architecture.md "bot/loop", trust.md A.4 (sleep on a timer that clock steps cancel).
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct curl_waitfd;
struct http;
struct loop;

enum { LOOP_GUEST_FDS = 32 };

/* Somebody with descriptors of their own, such as the control socket. Any function may be NULL. */
struct loop_guest {
    /* Fills at most max; returns how many. Called before each sleep. */
    unsigned (*fds)(void *data, struct curl_waitfd *out, unsigned max);
    /* After each sleep, with revents set; no transaction is open. */
    void (*work)(void *data, const struct curl_waitfd *fds, unsigned n, int64_t now_ms);
    int64_t (*next_ms)(void *data);
    void *data;
};

struct loop_time {
    int64_t wall_ms;
    int64_t boot_ms; /* goes on while the machine sleeps */
    int64_t asleep_ms; /* how long it slept, in all */
    bool is_synced; /* the kernel says that its clock is synchronised */
};

struct loop_woken {
    bool is_signalled; /* SIGTERM or SIGINT */
    bool is_resumed; /* SIGCONT: this program had been stopped */
    bool is_clock_set;
};

struct loop *loop_create(struct err *err);
void loop_destroy(struct loop *loop);
struct loop_time loop_clock(void);
/* until_ms INT64_MAX: no end. guest may be NULL. The guest's work is done before it returns. */
struct loop_woken loop_wait(struct loop *loop, struct http *http, const struct loop_guest *guest,
                            int64_t until_ms);

#endif
