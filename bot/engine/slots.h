/*
 * slots - quarters of an hour that fit several people: when they all work, each in their own hours and zone.
 *
 * Shape:   looks a week ahead. Where no time fits everybody, one person is stretched, then all: to the hours between 7:00
 *          and 21:00 of their own clock; who that is comes with the times. Nobody is away at any of them.
 * Units:   *_ms since 1970 UTC; times lie on half hours of the turn's zone.
 * Owns:    nothing; lists are in the turn's arena.
 * Source:  method.md 2 ("blocked for 48 h: switch to a live talk of 15 minutes at most"), scenes.md 2.
 */
#ifndef ENGINE_SLOTS_H
#define ENGINE_SLOTS_H

#include "engine/turn.h"

enum { SLOT_MS = 15 * 60 * 1000, SLOTS_MAX = 3, SLOTS_AHEAD_MS = 7 * 24 * 60 * 60 * 1000 };
#define SLOTS_NEVER INT64_MAX

struct slots {
    int64_t at_ms[SLOTS_MAX];
    size_t n; /* 0: nothing, not even by stretching all of them */
};

/* Two that are on one day, else three, none sooner than an hour and a half after from_ms. The first of the people is the
 * last one to be stretched. */
struct slots slots_find(struct turn *turn, struct person_list people, int64_t from_ms);
/* The first instant from then on at which all of them work; SLOTS_NEVER: not within the week. */
int64_t slots_together_ms(struct turn *turn, struct person_list people, int64_t from_ms);
/* The quarter of an hour from then on lies in their working hours. */
bool slots_fits(struct turn *turn, const char *person, int64_t at_ms);

#endif
