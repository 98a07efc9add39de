/*
 * nomem - what the harness and preload/nomem.c, inside the bot, share: a page of a file.
 */
#ifndef CRASH_NOMEM_H
#define CRASH_NOMEM_H

#include <stdint.h>

#define NOMEM_VARIABLE "GREFFIER_NOMEM"

struct nomem {
    int64_t n; /* allocations since it was set to 0 */
    int64_t fail_at; /* this one, counted from 1, fails; 0: none */
    int64_t n_failed;
    int64_t n_live; /* allocated and not freed */
};

#endif
