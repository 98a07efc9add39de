/*
 * plan - what people do and what goes wrong, drawn from the seed before anything happens.
 *
 * Shape:   a list of steps by time. Each has a salt of its own, from which it draws what it has to decide when its
 *          hour has come: so a step can be left out without moving the others, and a failing seed can be shrunk.
 * Owns:    the steps.
 */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chance.h"

enum { PLAN_STEPS_MAX = 4096 };

struct sim_deed;
struct sim_fault;

struct step {
    int64_t at_ms;
    uint64_t salt;
    const struct sim_deed *deed; /* or */
    const struct sim_fault *fault;
    int person;
    bool is_left_out;
};

extern struct step plan_steps[PLAN_STEPS_MAX];
extern size_t plan_n;

/* Sets the world's times too: days of people and faults, then two days of rest. */
void plan_make(uint64_t seed, int days);
/* Into the world's queue, what is not left out. */
void plan_begin(void);
void plan_print(const struct step *step);

#endif
