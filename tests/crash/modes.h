/*
 * modes - the ways to fail: each goes through the points of a flow that are this worker's.
 */
#ifndef CRASH_MODES_H
#define CRASH_MODES_H

#include "point.h"

/* Which of the points are whose. */
struct share {
    int worker, n_workers;
    int again; /* how many points more at each place, with another chance */
    int stride; /* only every so many-th */
    int seed;
    int only; /* this place alone; 0: all */
};

static inline bool share_is_mine(const struct share *share, int n, int i)
{
    int point = n * (share->again + 1) + i;
    if (share->only && share->only != n)
        return false;
    return (point + share->seed) % share->stride == 0 &&
           (point + share->seed) / share->stride % share->n_workers == share->worker;
}

/* In memory that the workers share. */
struct tally {
    int n_points, n_lost, n_doubled, n_failed_starts, n_crashed, n_leaked, n_stuck, n_slow;
    int n_bad; /* points with anything wrong */
    int64_t slowest_ms;
};

/* Counts, and says what was wrong, with the place as described. */
__attribute__((format(printf, 4, 5))) void tally_add(struct tally *tally, const struct play *play,
                                                     const struct verdict *verdict, const char *format, ...);

typedef void mode_fn(struct play *play, const struct share *share, struct tally *tally);
mode_fn mode_kill, mode_cut, mode_alloc, mode_io, mode_full;

#endif
