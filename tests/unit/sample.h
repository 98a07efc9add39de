/*
 * sample - how much is played of what is large and the same again and again: a table of thousands of cases, a long life.
 *
 * Shape:   all of it; where TESTS_SAMPLED is set, a part. tests/run sets it under valgrind, which is twenty times slower:
 *          what memcheck sees that the sanitizers do not (a value that nobody set) it sees in each branch, so the part has
 *          to go through all that the whole does, less often.
 */
#ifndef TESTS_SAMPLE_H
#define TESTS_SAMPLE_H

#include <stdlib.h>

static inline int sample_of(int whole, int part)
{
    return getenv("TESTS_SAMPLED") ? part : whole;
}

#endif
