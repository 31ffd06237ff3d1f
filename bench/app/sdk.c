// SPDX-License-Identifier: MIT
/* The bench's SDK: one listener, and threads that call it. Stands where the vendor's library would. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sdk.h"
#include "timtape/tim.h"

#define EXPORT __attribute__((visibility("default")))

struct worker {
    pthread_t thread;
    unsigned index;
    unsigned pinned; /* 0 not yet, 1 done */
    uint64_t done;   /* number of the last order finished */
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t order, done;
    struct worker workers[BENCH_THREADS];
    unsigned started;
    uint64_t number; /* of the newest order */
    struct bench_job *job;
    unsigned busy;
    atomic_uint ready; /* threads at the starting line */
    TIMRecvNewMsgCallback listener;
    const void *user;
    char *payload[BENCH_PAYLOADS];
    size_t bytes;
} sdk = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .order = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};

EXPORT void
TIMAddRecvNewMsgCallback(TIMRecvNewMsgCallback cb, const void *user_data)
{
    sdk.listener = cb;
    sdk.user = user_data;
}

EXPORT void
TIMRemoveRecvNewMsgCallback(TIMRecvNewMsgCallback cb)
{
    if (sdk.listener == cb)
        sdk.listener = NULL;
}

EXPORT const char *
TIMGetSDKVersion(void)
{
    return "8.0.5906";
}

EXPORT bench_fire_fn bench_fire;

static uint64_t
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* JSON of exactly `bytes` bytes, different in every slot, aligned as malloc aligns. */
static int
make_payloads(size_t bytes)
{
    static const char words[] = "conversation message friend group member element signal custom ";
    if (sdk.bytes == bytes)
        return 0;
    for (unsigned i = 0; i < BENCH_PAYLOADS; i++) {
        char *text = realloc(sdk.payload[i], bytes + 1);
        if (text == NULL)
            return -1;
        sdk.payload[i] = text;
        int used = snprintf(text, bytes + 1, "[{\"message_seq\":%u,\"message_text\":\"", 100 + i);
        size_t at = (size_t)used < bytes ? (size_t)used : bytes;
        for (size_t k = i * 7; at + 3 < bytes; at++, k++)
            text[at] = words[k % (sizeof words - 1)];
        memcpy(text + at, "\"}]", bytes - at);
        text[bytes] = '\0';
    }
    sdk.bytes = bytes;
    return 0;
}

static void
paced(struct bench_job *job, void (*fn)(const char *, const void *), const void *user, unsigned index)
{
    uint64_t due = now(), random = 88172645463325252u + index;
    for (uint64_t i = 0; i < job->count; i++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        due += job->gap_min_ns + random % (job->gap_max_ns - job->gap_min_ns + 1);
        struct timespec at = {.tv_sec = (time_t)(due / 1000000000u), .tv_nsec = (long)(due % 1000000000u)};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0)
            ;
        uint64_t from = now();
        fn(sdk.payload[i % BENCH_PAYLOADS], user);
        uint64_t took = now() - from;
        if (index == 0 && job->took_ns != NULL)
            job->took_ns[i] = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
    }
}

static void
loop(struct bench_job *job, unsigned index)
{
    void (*fn)(const char *, const void *) = job->fn != NULL ? job->fn : sdk.listener;
    const void *user = job->fn != NULL ? job->user : sdk.user;
    atomic_fetch_add(&sdk.ready, 1);
    for (unsigned spins = 0; atomic_load(&sdk.ready) < job->threads; spins++)
        if (spins > 20000)
            sched_yield();
    if (job->marked)
        (void)syscall(SYS_getppid);
    uint64_t from = now();
    if (job->gap_max_ns != 0) {
        paced(job, fn, user, index);
    } else {
        for (uint64_t i = 0; i < job->count; i++)
            fn(sdk.payload[i % BENCH_PAYLOADS], user);
    }
    job->elapsed_ns[index] = now() - from;
    if (job->marked)
        (void)syscall(SYS_getppid);
}

static void *
work(void *argument)
{
    struct worker *self = argument;
    pthread_mutex_lock(&sdk.lock);
    for (;;) {
        while (self->done == sdk.number || self->index >= sdk.job->threads)
            pthread_cond_wait(&sdk.order, &sdk.lock);
        struct bench_job *job = sdk.job;
        self->done = sdk.number;
        pthread_mutex_unlock(&sdk.lock);
        if (job->pinned && !self->pinned) {
            cpu_set_t set;
            CPU_ZERO(&set);
            CPU_SET(self->index, &set);
            self->pinned = sched_setaffinity(0, sizeof set, &set) == 0;
        }
        loop(job, self->index);
        pthread_mutex_lock(&sdk.lock);
        if (--sdk.busy == 0)
            pthread_cond_signal(&sdk.done);
    }
    return NULL;
}

int
bench_fire(struct bench_job *job)
{
    if (job->threads == 0 || job->threads > BENCH_THREADS || (job->fn == NULL && sdk.listener == NULL))
        return -1;
    if (make_payloads(job->bytes) != 0)
        return -1;
    pthread_mutex_lock(&sdk.lock);
    sdk.job = job;
    sdk.busy = job->threads;
    atomic_store(&sdk.ready, 0);
    sdk.number++;
    for (; sdk.started < job->threads; sdk.started++) {
        struct worker *worker = &sdk.workers[sdk.started];
        worker->index = sdk.started;
        if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
            /* Threads already waiting would hang at the starting line for the missing one. */
            fprintf(stderr, "bench: cannot start thread %u\n", sdk.started);
            abort();
        }
    }
    pthread_cond_broadcast(&sdk.order);
    while (sdk.busy != 0)
        pthread_cond_wait(&sdk.done, &sdk.lock);
    pthread_mutex_unlock(&sdk.lock);
    return 0;
}
