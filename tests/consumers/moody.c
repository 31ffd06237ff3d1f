// SPDX-License-Identifier: MIT
/*
 * One app for a folder of tapes: `moody NAME` behaves as the tape of that name asks for, so that every kind
 * of verdict can be had at will. The beginning of NAME is what counts: a tape `crash-17` makes it crash.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <timtape/tim.h>

static _Atomic int seen;
static const char *name = "good";
#define IS(word) (strncmp(name, word, sizeof word - 1) == 0)

static void
on_message(const char *json, const void *user)
{
    (void)user;
    if (!IS("noise")) /* its noise is the last that it says */
        printf("message %s\n", json);
    fflush(stdout);
    if (IS("left"))
        _exit(0); /* and the next one never comes */
    seen++;
}

/* Everything that text must not hold, and that must not break a report. */
static void
hostile_words(void)
{
    static const char bytes[] =
        "]]> <a b='c\"> & \x1b[31mred\x1b[0m \x01\x7f \xff\xfe \xed\xa0\x80 \xef\xbf\xbf\r\n"
        "::error::not ours\n\0a line without an end";
    fwrite(bytes, 1, sizeof bytes - 1, stdout);
    fflush(stdout);
}

int
main(int argc, char **argv)
{
    if (argc > 1)
        name = argv[1];
    if (IS("noise"))
        for (int i = 1; i <= 5000; i++)
            printf("noise %d\n", i);
    fflush(stdout);
    if (IS("hostile"))
        hostile_words();
    if (IS("flood"))
        for (;;)
            puts("more and more");
    if (IS("hang"))
        for (;;)
            pause();
    TIMInit(IS("different") || IS("hostile") || IS("noise") ? 2 : 1, "{}");
    if (IS("extra"))
        TIMLogout(NULL, NULL);
    TIMAddRecvNewMsgCallback(on_message, NULL);
    for (int i = 0; i < 20000 && seen < 1; i++)
        usleep(1000);
    if (IS("crash"))
        raise(SIGSEGV);
    if (!IS("missing"))
        TIMUninit();
    return IS("exit") ? 7 : 0;
}
