// SPDX-License-Identifier: MIT
/* Seeded random numbers, the same on every machine: splitmix64 (Steele, Lea, Flood 2014). */
#ifndef FUZZ_MODEL_RANDOM_H
#define FUZZ_MODEL_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct model_random {
    uint64_t state; /* any value is a seed */
};

static inline uint64_t
random_next(struct model_random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 0 <= result < below; 0 when below is 0. */
static inline uint64_t
random_below(struct model_random *random, uint64_t below)
{
    return below ? random_next(random) % below : 0;
}

/* True once in `times` (on average). */
static inline bool
random_once_in(struct model_random *random, uint64_t times)
{
    return random_below(random, times) == 0;
}

#endif
