// SPDX-License-Identifier: MIT
/*
 * The bench's app: opens the SDK as apps do, registers a listener that does nothing, and has the SDK
 * call it. What it measured goes to a file, one line per sample; the driver makes figures of it.
 *
 *   app MODE SDK OUT ARGUMENTS...
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "app.h"
#include "timtape/tim.h"

struct mode {
    const char *name;
    int nargs; /* at least */
    int (*run)(struct app *app);
};

static atomic_ulong seen;
static uint64_t *stamps;
static unsigned long stamps_room;

uint64_t
app_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Between rounds the driver empties the ring: one byte to it, one byte back. */
static void
gate(void)
{
    static int fd = -2;
    char byte = 'g';
    if (fd == -2)
        fd = getenv("BENCH_GATE") != NULL ? atoi(getenv("BENCH_GATE")) : -1;
    if (fd >= 0 && (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1))
        exit(1);
}

/* BYTES THREADS COUNT ROUNDS KIND...: one line per round, ns per callback of each kind. */
static int
mode_cost(struct app *app)
{
    const struct kind *kinds[16];
    double ns[16];
    int nkinds = app->argc - 4, rounds = atoi(app->argv[3]);
    struct bench_job job = {
        .bytes = (size_t)atol(app->argv[0]), .threads = (unsigned)atoi(app->argv[1]), .pinned = true};
    uint64_t count = (uint64_t)atol(app->argv[2]);
    if (nkinds > 16)
        return 64;
    for (int k = 0; k < nkinds; k++) {
        kinds[k] = kind_find(app->argv[4 + k]);
        if (kinds[k] == NULL || (kinds[k]->open != NULL && kinds[k]->open() != 0))
            return 1;
    }
    for (int round = -2; round < rounds; round++) { /* two to warm up */
        for (int i = 0; i < nkinds; i++) {
            int k = (i + round + 2) % nkinds; /* no kind always runs first */
            job.fn = kinds[k]->fn;
            job.count = count / kinds[k]->divisor;
            gate();
            if (app->fire(&job) != 0)
                return 1;
            uint64_t sum = 0;
            for (unsigned t = 0; t < job.threads; t++)
                sum += job.elapsed_ns[t];
            ns[k] = (double)sum / (double)(job.count * job.threads);
        }
        for (int k = 0; round >= 0 && k < nkinds; k++)
            fprintf(app->out, "%.3f%c", ns[k], k + 1 < nkinds ? ' ' : '\n');
    }
    gate();
    return 0;
}

/* BYTES COUNT BLOCK KIND...: one callback per millisecond, the kinds taking turns in blocks;
 * one line per sample, the ns of each kind. */
static int
mode_pace(struct app *app)
{
    enum { MOST = 4 };
    size_t count = (size_t)atol(app->argv[1]), block = (size_t)atol(app->argv[2]);
    int nkinds = app->argc - 3;
    uint32_t *took = calloc(MOST * count, sizeof *took);
    if (took == NULL || nkinds > MOST || block == 0)
        return 1;
    struct bench_job job = {
        .bytes = (size_t)atol(app->argv[0]), .threads = 1, .gap_min_ns = 1000000, .gap_max_ns = 1000000};
    for (size_t at = 0; at + block <= count; at += block) {
        for (int k = 0; k < nkinds; k++) {
            const struct kind *kind = kind_find(app->argv[3 + k]);
            if (kind == NULL)
                return 1;
            job.fn = kind->fn;
            job.count = block;
            job.took_ns = took + (size_t)k * count + at;
            if (app->fire(&job) != 0)
                return 1;
        }
    }
    for (size_t i = 0; i < count / block * block; i++)
        for (int k = 0; k < nkinds; k++)
            fprintf(app->out, "%u%c", took[(size_t)k * count + i], k + 1 < nkinds ? ' ' : '\n');
    free(took);
    return 0;
}

/* BYTES THREADS COUNT: as fast as it goes; one line, the moment of the first callback and of the end. */
static int
mode_flat(struct app *app)
{
    struct bench_job job = {.bytes = (size_t)atol(app->argv[0]),
                            .threads = (unsigned)atoi(app->argv[1]),
                            .count = (uint64_t)atol(app->argv[2])};
    job.marked = getenv("BENCH_MARKED") != NULL;
    uint64_t from = app_now();
    if (app->fire(&job) != 0)
        return 1;
    fprintf(app->out, "%llu %llu\n", (unsigned long long)from, (unsigned long long)app_now());
    return 0;
}

static void
on_message(const char *json, const void *user)
{
    uint64_t at = app_now();
    (void)json;
    (void)user;
    unsigned long n = atomic_fetch_add_explicit(&seen, 1, memory_order_relaxed);
    if (n < stamps_room)
        stamps[n] = at;
}

/* BYTES COUNT MIN MAX: COUNT callbacks with gaps of MIN..MAX ns; one line each, when the app saw it. While
 * replayed there is nobody to ask for them: they come by themselves. */
static int
mode_gaps(struct app *app)
{
    unsigned long count = (unsigned long)atol(app->argv[1]);
    struct bench_job job = {.bytes = (size_t)atol(app->argv[0]), .threads = 1, .count = count};
    job.gap_min_ns = (uint64_t)atol(app->argv[2]);
    job.gap_max_ns = (uint64_t)atol(app->argv[3]);
    if (app->fire != NULL && app->fire(&job) != 0)
        return 1;
    while (atomic_load(&seen) < count)
        usleep(20000);
    for (unsigned long i = 0; i < count; i++)
        fprintf(app->out, "%llu\n", (unsigned long long)stamps[i]);
    return 0;
}

/* COUNT MIN MAX: how late the machine lets anybody be: sleep until just before each moment, then look at
 * the clock until it is there; one line each, ns late. */
static int
mode_timer(struct app *app)
{
    enum { EARLY_NS = 100000 };
    unsigned long count = (unsigned long)atol(app->argv[0]);
    uint64_t low = (uint64_t)atol(app->argv[1]), high = (uint64_t)atol(app->argv[2]);
    uint64_t due = app_now(), now, random = 88172645463325252u;

    prctl(PR_SET_TIMERSLACK, 1ul);
    for (unsigned long i = 0; i < count; i++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        due += low + random % (high - low + 1);
        uint64_t wake = due - EARLY_NS;
        struct timespec at = {.tv_sec = (time_t)(wake / 1000000000u), .tv_nsec = (long)(wake % 1000000000u)};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0)
            ;
        while ((now = app_now()) < due)
            ;
        fprintf(app->out, "%llu\n", (unsigned long long)(now - due));
    }
    return 0;
}

/* THREADS: one callback on each thread, then this process's memory from smaps_rollup. */
static int
mode_memory(struct app *app)
{
    struct bench_job job = {.bytes = 600, .threads = (unsigned)atoi(app->argv[0]), .count = 1};
    char line[256];
    if (app->fire(&job) != 0)
        return 1;
    FILE *smaps = fopen("/proc/self/smaps_rollup", "r");
    long rss = 0, pss = 0;
    while (smaps != NULL && fgets(line, sizeof line, smaps) != NULL) {
        sscanf(line, "Rss: %ld", &rss);
        sscanf(line, "Pss: %ld", &pss);
    }
    if (smaps != NULL)
        fclose(smaps);
    fprintf(app->out, "%ld %ld\n", rss, pss);
    fflush(app->out);
    gate();
    return 0;
}

static const struct mode modes[] = {
    {"cost", 5, mode_cost}, {"pace", 4, mode_pace},     {"flat", 3, mode_flat},
    {"gaps", 4, mode_gaps}, {"memory", 1, mode_memory}, {"timer", 3, mode_timer},
};

int
main(int argc, char **argv)
{
    const struct mode *mode = NULL;
    for (size_t i = 0; argc > 3 && i < sizeof modes / sizeof *modes; i++)
        if (strcmp(argv[1], modes[i].name) == 0 && argc - 4 >= modes[i].nargs)
            mode = &modes[i];
    if (mode == NULL) {
        fprintf(stderr, "usage: app cost|pace|flat|gaps|memory|timer SDK OUT ARGUMENTS...\n");
        return 64;
    }
    void *sdk = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
    if (sdk == NULL) {
        fprintf(stderr, "bench: %s\n", dlerror());
        return 1;
    }
    void *symbol = dlsym(sdk, "TIMAddRecvNewMsgCallback");
    void (*add)(TIMRecvNewMsgCallback, const void *);
    memcpy(&add, &symbol, sizeof add);
    struct app app = {.out = fopen(argv[3], "we"), .argc = argc - 4, .argv = argv + 4};
    symbol = dlsym(sdk, BENCH_FIRE);
    memcpy(&app.fire, &symbol, sizeof app.fire);
    if (add == NULL || app.out == NULL) {
        perror("bench: app");
        return 1;
    }
    bool stamped = mode->run == mode_gaps;
    if (stamped) {
        stamps_room = (unsigned long)atol(app.argv[1]);
        stamps = calloc(stamps_room + 1, sizeof *stamps);
    }
    if (app.fire == NULL && !stamped) {
        fprintf(stderr, "bench: %s has no %s\n", argv[2], BENCH_FIRE);
        return 1;
    }
    add(stamped ? on_message : kind_nothing, &app);
    int status = mode->run(&app);
    fclose(app.out);
    return status;
}
