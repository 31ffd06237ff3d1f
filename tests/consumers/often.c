// SPDX-License-Identifier: MIT
/*
 * Does the same thing often:
 *   often listen COUNT   adds a listener and removes it again
 *   often look COUNT     makes a call and looks at the state twice, which is once more than recorded
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timtape/tim.h"

static void
on_message(const char *json, const void *user)
{
    (void)json;
    (void)user;
}

static void
on_done(int32_t code, const char *desc, const char *json, const void *user)
{
    (void)code;
    (void)desc;
    (void)json;
    (void)user;
}

static void
listen_once(void)
{
    TIMAddRecvNewMsgCallback(on_message, NULL);
    TIMRemoveRecvNewMsgCallback(on_message);
}

static void
look_twice(long number)
{
    char json[40];

    snprintf(json, sizeof json, "{\"a\":%ld}", number);
    TIMMsgReportReaded("u", kTIMConv_C2C, json, on_done, NULL);
    TIMGetLoginStatus();
    TIMGetLoginStatus();
}

int
main(int argc, char **argv)
{
    long count = argc > 2 ? strtol(argv[2], NULL, 10) : 0;

    for (long i = 0; i < count; i++) {
        if (strcmp(argv[1], "listen") == 0)
            listen_once();
        else
            look_twice(i);
    }
    return 0;
}
