// SPDX-License-Identifier: MIT
/*
 * Several message listeners, the same pointer twice, removal by pointer, also from inside the callback.
 * Says after each message which listeners it reached.
 */
#include "app.h"

static int users[4] = {0, 1, 2, 3};
static char reached[64];

static void
note_user(char letter, const void *user)
{
    size_t used = strlen(reached);
    snprintf(reached + used, sizeof reached - used, "%c%d ", letter, *(const int *)user);
}

static void
on_a(const char *json, const void *user)
{
    note_user('a', user);
    app_back("TIMRecvNewMsgCallback", "j", json);
}

static void
on_b(const char *json, const void *user)
{
    note_user('b', user);
    app_back("TIMRecvNewMsgCallback", "j", json);
    TIMRemoveRecvNewMsgCallback(on_b);
}

static void
on_done(int32_t code, const char *desc, const char *json, const void *user)
{
    (void)user;
    app_back("TIMCommCallback", "isj", (int64_t)code, desc, json);
}

static void
message(const char *what)
{
    reached[0] = '\0';
    unsigned long before = app_count();
    callExperimentalAPI("{\"do\":\"burst\",\"threads\":1,\"count\":1,\"bytes\":100,\"wait\":1}", on_done,
                        NULL);
    app_wait(before + 1, 5000);
    app_sleep(20);
    app_say("%s: %s", what, reached);
}

int
main(void)
{
    message("none");
    TIMAddRecvNewMsgCallback(on_a, &users[0]);
    message("a");
    TIMAddRecvNewMsgCallback(on_b, &users[1]);
    TIMAddRecvNewMsgCallback(on_a, &users[2]);
    message("a b a");
    message("b is gone");
    TIMRemoveRecvNewMsgCallback(on_a);
    message("one a less");
    TIMRemoveRecvNewMsgCallback(on_a);
    message("no a");
    TIMRemoveRecvNewMsgCallback(on_a);
    TIMRemoveRecvNewMsgCallback(NULL);
    TIMAddRecvNewMsgCallback(on_b, &users[3]);
    message("b again");
    message("none again");
    return 0;
}
