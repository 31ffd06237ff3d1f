// SPDX-License-Identifier: MIT
/*
 * Prints with stdio, as most apps do: a line per callback on standard output, one on standard error, what
 * it printed and how it sees its output. Nothing is flushed by hand.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <timtape/tim.h>

static volatile int seen;

static void
on_messages(const char *json, const void *user)
{
    (void)user;
    const char *id = strstr(json, "\"message_seq\":");
    int number = id == NULL ? -1 : seen;
    printf("message %d\n", number);
    fprintf(stderr, "problem %d\n", number);
    seen++;
}

static void
on_done(int32_t code, const char *desc, const char *json, const void *user)
{
    (void)desc;
    (void)json;
    (void)user;
    printf("done %d\twith\ttabs \x01\x7f and no end", code);
}

int
main(int argc, char **argv)
{
    printf("hello\n");
    usleep(200000); /* a mark is put when the line is read, a moment after it was written */
    TIMAddRecvNewMsgCallback(on_messages, NULL);
    callExperimentalAPI(argc > 1 ? argv[1] : "{}", on_done, NULL);
    fprintf(stderr, "bye\n");
    return 0;
}
