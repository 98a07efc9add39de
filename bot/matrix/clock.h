/*
 * clock - whether the machine's wall clock may be believed. Pure: it is told three clocks and reads none.
 *
 * Shape:   clock_tick gives the wall clock and CLOCK_BOOTTIME at each wake-up, clock_hear the homeserver's
 *          Date. The distance between wall and boottime is the baseline; it is taken anew whenever Date agrees.
 *          A wall clock that moved more than CLOCK_STEP_MS against its baseline has stepped, and is not
 *          believed until it agrees again: with the baseline, with Date, or (a server that never named a date)
 *          with the kernel, which says that it is synchronised. A constant difference to Date counts only where
 *          the kernel says that its clock is not synchronised; else the server's clock is the odd one, is
 *          named, and is remembered as such.
 * Units:   *_ms; Date has whole seconds, well below the step that counts.
 * Source:  architecture.md "a wrong clock does nothing".
 */
#ifndef MATRIX_CLOCK_H
#define MATRIX_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_STEP_MS = 60000 };

struct clock {
    int64_t wall_ms;
    int64_t boot_ms;
    bool is_kernel_synced;
    int64_t baseline_ms; /* wall - boottime when they were last believed */
    bool has_baseline;
    bool has_date; /* the server has named one, ever */
    int64_t server_ms; /* what its clock is ahead of ours, as far as that is known to be its own fault */
    bool has_stepped;
    bool is_wrong; /* differs from Date, and the kernel does not vouch for it */
    int64_t date_baseline_ms; /* Date - boottime, when that was found */
};

/* At each wake-up, and before the first clock_hear. True if what may be done has changed. */
bool clock_tick(struct clock *clock, int64_t wall_ms, int64_t boot_ms, bool is_kernel_synced);
/* True likewise. */
bool clock_hear(struct clock *clock, int64_t date_ms);

/* The time to go by: the wall clock's; while that has stepped, what it would show if it had not; while nobody vouches for it,
 * the homeserver's, since what is urgent is still said, and neither hours early nor hours late. */
int64_t clock_now_ms(const struct clock *clock);

/* Deadlines may be applied. */
bool clock_may_close(const struct clock *clock);
/* People may be pinged, other than urgently. */
bool clock_may_ping(const struct clock *clock);
/* Not 0: the homeserver's clock is ahead of ours by so much, and ours is the better one: for the admin. */
int64_t clock_server_ahead_ms(const struct clock *clock);

#endif
