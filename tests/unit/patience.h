/*
 * patience - how long a test waits for what must come: it fails then rather than hang, and nothing is timed by it.
 *
 * Shape:   PATIENTLY does what moves things on, again and again, until the condition holds.
 */
#ifndef TESTS_PATIENCE_H
#define TESTS_PATIENCE_H

#include <stdint.h>
#include <time.h>

/* A quarter of what tests/run gives a program. */
enum { PATIENCE_MS = 300000 };

/* By a clock that nobody sets. */
static inline int64_t patience_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#define PATIENTLY(condition, move)                                                                           \
    for (int64_t patience_end_ms = patience_now_ms() + PATIENCE_MS; !(condition);) {                         \
        move;                                                                                                \
        assert_true(patience_now_ms() < patience_end_ms);                                                    \
    }

#endif
