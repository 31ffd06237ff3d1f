// SPDX-License-Identifier: MIT
/* Many threads call at once: threads COUNT CALLS. Each call completes; threads end and others start. */
#include "app.h"

static long calls;
static _Atomic long answered;

static void
on_comm(int32_t code, const char *desc, const char *json, const void *user)
{
    if (*(const int *)user != 77)
        app_say("wrong user data");
    answered++;
    app_back("TIMCommCallback", "isj", (int64_t)code, desc, json);
}

static void *
worker(void *data)
{
    static const int user = 77;
    char request[96];
    for (long i = 0; i < calls; i++) {
        snprintf(request, sizeof request, "{\"do\":\"%s\",\"who\":%ld,\"n\":%ld}",
                 i % 2 == 0 ? "inside" : "echo", (long)(intptr_t)data, i);
        callExperimentalAPI(request, on_comm, &user);
    }
    return NULL;
}

int
main(int argc, char **argv)
{
    long count = argc > 1 ? atol(argv[1]) : 16;
    calls = argc > 2 ? atol(argv[2]) : 50;
    for (int round = 0; round < 2; round++) {
        pthread_t thread[256];
        for (long i = 0; i < count && i < 256; i++)
            pthread_create(&thread[i], NULL, worker, (void *)(intptr_t)(i + round * 1000));
        for (long i = 0; i < count && i < 256; i++)
            pthread_join(thread[i], NULL);
    }
    app_wait((unsigned long)(count * calls * 2), 60000);
    app_say("answered %ld", answered);
    return 0;
}
