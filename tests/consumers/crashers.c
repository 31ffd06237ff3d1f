// SPDX-License-Identifier: MIT
/*
 * Dies inside its n-th callback: crashers HOW N THREADS [COUNT], HOW one of segv abort exit
 * kill return. Every callback it was handed is noted before that.
 */
#include "app.h"

#include <signal.h>

static const char *how;
static long fatal;
static _Atomic long entered;

static void
on_message(const char *json, const void *user)
{
    (void)user;
    app_back("TIMRecvNewMsgCallback", "j", json);
    if (++entered != fatal)
        return;
    if (strcmp(how, "segv") == 0)
        raise(SIGSEGV);
    else if (strcmp(how, "abort") == 0)
        abort();
    else if (strcmp(how, "exit") == 0)
        _exit(3);
    else if (strcmp(how, "kill") == 0)
        kill(getpid(), SIGKILL);
}

static void
on_done(int32_t code, const char *desc, const char *json, const void *user)
{
    (void)user;
    app_back("TIMCommCallback", "isj", (int64_t)code, desc, json);
}

int
main(int argc, char **argv)
{
    char request[128];
    if (argc < 4)
        return 64;
    how = argv[1];
    fatal = atol(argv[2]);
    long count = argc > 4 ? atol(argv[4]) : 20000;
    TIMAddRecvNewMsgCallback(on_message, NULL);
    snprintf(request, sizeof request,
             "{\"do\":\"burst\",\"threads\":%s,\"count\":%ld,\"bytes\":600,\"wait\":1}", argv[3], count);
    callExperimentalAPI(request, on_done, NULL);
    app_wait((unsigned long)(count * atol(argv[3])) + 1, 60000);
    app_say("survived");
    return 0;
}
