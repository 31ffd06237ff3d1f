// SPDX-License-Identifier: MIT
/*
 * Notes for itself when it saw each message, for who wants to compare with what timtape says: one line of
 * CLOCK_MONOTONIC nanoseconds per message goes to STAMPS at its end, its process number to STAMPS.pid before
 * the first. In every tenth message it makes a call.
 *
 *   pacer STAMPS MESSAGES [nap NUMBER MS] [leave NUMBER]
 *
 * nap: sleeps in the handler of that message; leave: ends in it.
 */
#include "app.h"

#define MOST 10000

static int64_t stamps[MOST];
static _Atomic int seen;
static const char *file;
static int messages, nap, nap_ms, leave;

static void
write_stamps(void)
{
    FILE *out = fopen(file, "w");
    for (int i = 0; out != NULL && i < seen; i++)
        fprintf(out, "%lld\n", (long long)stamps[i]);
    if (out != NULL)
        fclose(out);
}

static void
on_list(int32_t code, const char *desc, const char *json, const void *user)
{
    (void)code, (void)desc, (void)json, (void)user;
}

static void
on_message(const char *json, const void *user)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    (void)json, (void)user;
    int number = seen + 1;
    if (number > MOST)
        return;
    stamps[number - 1] = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    if (number % 10 == 0)
        TIMConvGetConvList(on_list, NULL);
    if (number == nap)
        app_sleep(nap_ms);
    seen = number;
    if (number == leave) {
        write_stamps();
        _exit(0);
    }
}

int
main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    file = argv[1];
    messages = atoi(argv[2]);
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "nap") == 0 && i + 2 < argc) {
            nap = atoi(argv[++i]);
            nap_ms = atoi(argv[++i]);
        } else if (strcmp(argv[i], "leave") == 0 && i + 1 < argc) {
            leave = atoi(argv[++i]);
        }
    }
    char name[512];
    snprintf(name, sizeof name, "%s.pid", file);
    FILE *pid = fopen(name, "w");
    if (pid == NULL)
        return 1;
    fprintf(pid, "%d\n", (int)getpid());
    fclose(pid);
    TIMAddRecvNewMsgCallback(on_message, NULL);
    while (seen < messages)
        app_sleep(1);
    write_stamps();
    return 0;
}
