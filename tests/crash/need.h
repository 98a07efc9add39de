/*
 * need - what the harness itself cannot do without: it ends with a line that says what was missing.
 */
#ifndef CRASH_NEED_H
#define CRASH_NEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static inline void need(bool is_there, const char *what)
{
    if (is_there)
        return;
    fprintf(stderr, "crash: there is no %s\n", what);
    exit(2);
}

static inline void *need_some(void *pointer, const char *what)
{
    need(pointer, what);
    return pointer;
}

/* Twice as long; the old content stays. */
static inline void *need_array(void *old, size_t *cap, size_t size)
{
    *cap = *cap ? *cap * 2 : 64;
    return need_some(reallocarray(old, *cap, size), "memory");
}

#endif
