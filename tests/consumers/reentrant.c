// SPDX-License-Identifier: MIT
/* Calls back into the API from callbacks, three deep, on the SDK's threads. */
#include "app.h"

static int depth_user[4] = {0, 1, 2, 3};

static void
on_comm(int32_t code, const char *desc, const char *json, const void *user)
{
    int depth = *(const int *)user;
    app_back("TIMCommCallback", "isj", (int64_t)code, desc, json);
    if (depth > 0) {
        char config[40];
        snprintf(config, sizeof config, "{\"depth\":%d}", depth - 1);
        app_say("inner %d", TIMSetConfig(config, on_comm, &depth_user[depth - 1]));
    }
}

static void
on_message(const char *json, const void *user)
{
    (void)user;
    app_back("TIMRecvNewMsgCallback", "j", json);
    app_say("from message %d", TIMSetConfig("{\"depth\":3}", on_comm, &depth_user[3]));
    app_say("from message %d", TIMConvGetConvList(on_comm, &depth_user[0]));
}

int
main(void)
{
    TIMAddRecvNewMsgCallback(on_message, NULL);
    callExperimentalAPI("{\"do\":\"burst\",\"threads\":1,\"count\":3,\"bytes\":200,\"wait\":1}", on_comm,
                        &depth_user[0]);
    app_wait(3 * 6 + 1, 10000);
    app_say("seen %lu", app_count());
    return 0;
}
