/*
 * need - what the harness itself cannot do without: it ends with a line that says what was missing.
 */
#ifndef CRASH_NEED_H
#define CRASH_NEED_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define need(value, what) need_at((value), (what), __FILE__, __LINE__)
#define need_at(value, what, file, line)                                                                     \
    (__extension__({                                                                                         \
        __typeof__(value) needed = (value);                                                                  \
        if (!needed) {                                                                                       \
            fprintf(stderr, "%s:%d: there is no %s\n", file, line, what);                                    \
            exit(2);                                                                                         \
        }                                                                                                    \
        needed;                                                                                              \
    }))

/* Twice as long; the old content stays. */
static inline void *need_array(void *old, size_t *cap, size_t size)
{
    *cap = *cap ? *cap * 2 : 64;
    return need(reallocarray(old, *cap, size), "memory");
}

#endif
