// SPDX-License-Identifier: MIT
/*
 * A pool that is fed through one queue: `mutant_pool THREADS JOBS [MISTAKE]`. Which thread does which job,
 * and how the jobs overlap, is another thing in every run; that each job is done once, its calls in order, is
 * not. MISTAKE, in the job in the middle: drop, swap, text or repeat.
 */
#include "app.h"

static _Atomic long next_job, answered;
static long jobs;
static const char *mistake = "";

static void
on_done(int32_t code, const char *desc, const char *json, const void *data)
{
    (void)code, (void)desc, (void)json, (void)data;
    answered++;
}

static void
call(long job, int step)
{
    char request[96];
    snprintf(request, sizeof request, "{\"do\":\"%s\",\"job\":%ld,\"step\":%d}",
             job % 3 == 0 ? "inside" : "echo", job, step);
    callExperimentalAPI(request, on_done, NULL);
    usleep((useconds_t)((unsigned)rand() % 1500));
}

static void
do_job(long job)
{
    bool wrong = job == jobs / 2;
    bool swap = wrong && strcmp(mistake, "swap") == 0;
    call(wrong && strcmp(mistake, "text") == 0 ? 99 : job, swap ? 1 : 0);
    if (wrong && strcmp(mistake, "repeat") == 0)
        call(job, 0);
    if (!wrong || strcmp(mistake, "drop") != 0)
        call(job, swap ? 0 : 1);
}

static void *
worker(void *name)
{
    pthread_setname_np(pthread_self(), name);
    for (long job = next_job++; job < jobs; job = next_job++)
        do_job(job);
    return NULL;
}

int
main(int argc, char **argv)
{
    char name[16][32];
    pthread_t thread[16];
    long threads = argc > 1 ? atol(argv[1]) : 3;
    jobs = argc > 2 ? atol(argv[2]) : 20;
    mistake = argc > 3 ? argv[3] : "";
    srand((unsigned)getpid());
    for (long i = 0; i < threads; i++) {
        snprintf(name[i], sizeof name[i], "pool-%ld", i);
        pthread_create(&thread[i], NULL, worker, name[i]);
    }
    for (long i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    for (int ms = 0; answered < jobs * 2 && ms < 200; ms++)
        app_sleep(1);
    return 0;
}
