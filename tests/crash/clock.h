/*
 * clock - milliseconds, as everywhere in this house.
 */
#ifndef CRASH_CLOCK_H
#define CRASH_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_read_ms(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* For how long something took. */
static inline int64_t clock_now_ms(void)
{
    return clock_read_ms(CLOCK_MONOTONIC);
}

#endif
