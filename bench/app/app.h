// SPDX-License-Identifier: MIT
/* What the files of the bench's app share: how a kind of callback is found, and the modes. */
#ifndef BENCH_APP_APP_H
#define BENCH_APP_APP_H

#include <stdint.h>
#include <stdio.h>

#include "sdk.h"

/* A way to spend the time of a callback. */
struct kind {
    const char *name;
    void (*fn)(const char *json, const void *user); /* NULL: the registered listener, so the recorded way */
    unsigned divisor;  /* rounds are this much shorter: for peers that take microseconds */
    int (*open)(void); /* prepares it once, or NULL */
};

/* NULL and a message on stderr when there is no such kind. */
const struct kind *kind_find(const char *name);

void kind_nothing(const char *json, const void *user);

/* What every mode gets. */
struct app {
    bench_fire_fn *fire; /* NULL while replayed: the stand-in has no such export */
    FILE *out;
    int argc;
    char **argv; /* arguments of the mode */
};

uint64_t app_now(void);

/* peers.c */
int peer_write_open(void);
void peer_write(const char *json, const void *user);
int peer_sqlite_open(void);
void peer_sqlite(const char *json, const void *user);
int peer_lttng_open(void);
void peer_lttng(const char *json, const void *user);

#endif
