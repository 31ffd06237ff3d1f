// SPDX-License-Identifier: MIT
/*
 * Stress on request: callExperimentalAPI({"do":"NAME", "KEY":NUMBER...}).
 *
 *   burst    threads, count (per thread), bytes (0: mixed), gap_us: messages to the message listeners;
 *            completes from the last thread
 *   inside   completes inside the call            before   completes on the logic thread before returning
 *   repeat   count: completes that often          never    does not complete
 *   refuse   returns 6013 and does not complete   both     completes inside and once more later
 *   odd      huge: NULL, "", text, broken UTF-8, control characters, and one of `huge` bytes
 *   other    count: every other listener, arguments varied
 *   signal   count: callbacks from a signal handler on a thread that is itself delivering
 *   pause    ms: completes that much later
 * `wait`:1 makes burst and signal return only when everything was delivered.
 */
#include "fakesdk/fake.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *
find(const char *request, const char *key)
{
    char name[40];
    snprintf(name, sizeof name, "\"%s\":", key);
    const char *at = strstr(request, name);
    return at == NULL ? NULL : at + strlen(name) + strspn(at + strlen(name), " \"");
}

static long
number(const char *request, const char *key, long otherwise)
{
    const char *at = find(request, key);
    return at == NULL ? otherwise : strtol(at, NULL, 10);
}

static bool
asks(const char *request, const char *name)
{
    const char *at = find(request, "do");
    size_t length = strlen(name);
    return at != NULL && strncmp(at, name, length) == 0 && at[length] == '"';
}

static void
nap(long microseconds)
{
    struct timespec time = {microseconds / 1000000, microseconds % 1000000 * 1000};
    if (microseconds > 0)
        nanosleep(&time, NULL);
}

struct burst {
    pthread_t thread[64];
    long threads, count, bytes, gap;
    _Atomic long next, left;
    fake_comm *fn;
    const void *user;
};

/* Distinct per thread and number, so that an exchange of two would be seen. */
static void
burst_payload(char *text, size_t bytes, long thread, long n)
{
    int used = snprintf(text, bytes + 1, "[{\"message_seq\":%ld,\"message_sender\":\"user%ld\",\"pad\":\"", n,
                        thread);
    size_t at = used < 0 ? 0 : (size_t)used;
    while (at + 3 < bytes) {
        text[at] = (char)('a' + (at + (size_t)n) % 26);
        at++;
    }
    strcpy(text + at, "\"}]");
}

static void *
burst_run(void *data)
{
    struct burst *burst = data;
    long thread = burst->next++;
    unsigned random = (unsigned)thread * 2654435761u + 1;
    char *text = malloc(8192 + (size_t)burst->bytes);
    for (long n = 0; n < burst->count && text != NULL; n++) {
        random = random * 1664525u + 1013904223u;
        size_t bytes = burst->bytes > 0 ? (size_t)burst->bytes : 100 + (random >> 8) % 5000;
        burst_payload(text, bytes < 100 ? 100 : bytes, thread, n);
        fake_send_message(text);
        nap(burst->gap);
    }
    free(text);
    if (--burst->left == 0) {
        fake_send_comm(burst->fn, burst->user, 0, "", "{\"burst\":\"done\"}");
    }
    return NULL;
}

static int
burst(const char *request, fake_comm *fn, const void *user)
{
    struct burst *it = calloc(1, sizeof *it);
    if (it == NULL)
        return -1;
    it->threads = number(request, "threads", 1);
    if (it->threads < 1 || it->threads > 64)
        it->threads = 64;
    it->count = number(request, "count", 1);
    it->bytes = number(request, "bytes", 0);
    it->gap = number(request, "gap_us", 0);
    it->fn = fn;
    it->user = user;
    it->left = it->threads;
    bool wait = number(request, "wait", 0) != 0;
    long threads = it->threads; /* `it` outlives the call on purpose: threads may still run */
    for (long i = 0; i < threads; i++)
        pthread_create(&it->thread[i], NULL, burst_run, it);
    for (long i = 0; i < threads; i++) {
        if (wait)
            pthread_join(it->thread[i], NULL);
        else
            pthread_detach(it->thread[i]);
    }
    return 0;
}

static void
odd(const char *request)
{
    long huge = number(request, "huge", 0);
    fake_send_message(NULL);
    fake_send_message("");
    fake_send_message("not JSON at all");
    fake_send_message("[{\"text_elem_content\":\"\xff\xfe broken \xc3\"}]");
    fake_send_message("\xed\xa0\x80\xf4\x90\x80\x80");
    fake_send_message("[\"\x01\x02\t\n\x7f\"]");
    fake_send_message("{\"$bytes\":\"616263\"}");
    fake_send_message("[1,2,");
    fake_send_message("{\"a\":1,\"a\":2,\"big\":18446744073709551615,\"e\":1e400}");
    fake_send_conv(0, NULL);
    fake_send_conv(-1, "");
    if (huge > 0) {
        char *text = malloc((size_t)huge + 1);
        if (text == NULL)
            return;
        burst_payload(text, (size_t)huge, 0, 1);
        fake_send_message(text);
        free(text);
    }
}

static void
on_signal(int number_)
{
    (void)number_;
    fake_send_conv(4, "[{\"conv_id\":\"from a signal handler\"}]");
}

struct storm {
    _Atomic bool stop;
    _Atomic long sent;
};

static void *
storm_run(void *data)
{
    struct storm *storm = data;
    char text[700];
    for (long n = 0; !storm->stop; n++) {
        burst_payload(text, 600, 0, n);
        fake_send_message(text);
        storm->sent++;
        if (n % 64 == 0)
            nap(100);
    }
    return NULL;
}

static void
signals(const char *request)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, before;
    struct storm storm = {0};
    pthread_t thread;
    long count = number(request, "count", 10);
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, &before);
    pthread_create(&thread, NULL, storm_run, &storm);
    for (long i = 0; i < count; i++) {
        pthread_kill(thread, SIGUSR1);
        nap(150);
    }
    storm.stop = true;
    pthread_join(thread, NULL);
    sigaction(SIGUSR1, &before, NULL);
}

static void
pause_job(void *data)
{
    nap((long)(intptr_t)data * 1000);
}

int
fake_stress(const char *request, fake_comm *fn, const void *user)
{
    if (request == NULL)
        return -1;
    if (asks(request, "burst"))
        return burst(request, fn, user);
    if (asks(request, "never"))
        return 0;
    if (asks(request, "refuse"))
        return 6013;
    if (asks(request, "inside") || asks(request, "both"))
        fake_send_comm(fn, user, 0, "", "{\"inside\":true}");
    if (asks(request, "inside"))
        return 0;
    if (asks(request, "before")) {
        fake_complete(fn, user, 0, "", "{\"before\":true}", true);
        return 0;
    }
    if (asks(request, "repeat")) {
        long count = number(request, "count", 3);
        for (long i = 0; i < count; i++) {
            char json[64];
            snprintf(json, sizeof json, "{\"shot\":%ld}", i);
            fake_complete(fn, user, i + 1 < count ? 1 : 0, "", json, false);
        }
        return 0;
    }
    if (asks(request, "odd"))
        odd(request);
    if (asks(request, "other"))
        for (long i = 0, count = number(request, "count", 1); i < count; i++)
            fake_send_other((unsigned)i);
    if (asks(request, "signal"))
        signals(request);
    if (asks(request, "pause"))
        fake_later(pause_job, (void *)(intptr_t)number(request, "ms", 10), false);
    fake_complete(fn, user, 0, "", request, false);
    return 0;
}
