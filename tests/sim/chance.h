/*
 * chance - numbers drawn from a seed: the same on every machine, in every build.
 *
 * Shape:   a stream is a word of state (splitmix64). Streams are made from a seed and a salt, so that what one part of
 *          the world draws never moves what another draws: that is what lets a failing seed be shrunk.
 * Owns:    nothing.
 */
#ifndef SIM_CHANCE_H
#define SIM_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

static inline uint64_t chance_next(struct chance *chance)
{
    uint64_t z = chance->state += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

static inline struct chance chance_of(uint64_t seed, uint64_t salt)
{
    struct chance chance = { .state = seed * 0xD1342543DE82EF95U + salt };
    chance_next(&chance);
    return chance;
}

/* from least to most, both included. */
static inline int64_t chance_in(struct chance *chance, int64_t least, int64_t most)
{
    return least + (int64_t)(chance_next(chance) % (uint64_t)(most - least + 1));
}

static inline bool chance_percent(struct chance *chance, int percent)
{
    return chance_in(chance, 1, 100) <= percent;
}

#endif
