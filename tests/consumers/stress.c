// SPDX-License-Identifier: MIT
/*
 * Drives the test double: every argument that starts with { goes to callExperimentalAPI and is waited
 * for; a word does something else. Listens to everything the double can send, checks that user data
 * arrives as given, and says how many callbacks came.
 *
 *   stress [calls] [twice] [null] [{"do":...}]...
 */
#include "app.h"

static int user_message = 1, user_second = 2, user_other = 3, user_call = 4;
static _Atomic int wrong_user;
static _Atomic unsigned completed;

static void
check_user(const void *user, const int *wanted)
{
    if (user != wanted)
        wrong_user++;
}

static void
on_message(const char *json, const void *user)
{
    if (user != &user_message && user != &user_second)
        wrong_user++;
    app_back("TIMRecvNewMsgCallback", "j", json);
}

static void
on_conv(enum TIMConvEvent event, const char *json, const void *user)
{
    /* May run in a signal handler on a thread that holds app_lock: count only. */
    static _Atomic unsigned count;
    check_user(user, &user_other);
    if (getenv("APP_SIGNALS") != NULL)
        count++;
    else
        app_back("TIMConvEventCallback", "ij", (int64_t)(int32_t)event, json);
}

static void
on_status(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *user)
{
    check_user(user, &user_other);
    app_back("TIMNetworkStatusListenerCallback", "iis", (int64_t)status, (int64_t)code, desc);
}

static void
on_kicked(const void *user)
{
    check_user(user, &user_other);
    app_back("TIMKickedOfflineCallback", "");
}

static void
on_expired(const void *user)
{
    check_user(user, &user_other);
    app_back("TIMUserSigExpiredCallback", "");
}

static void
on_log(enum TIMLogLevel level, const char *log, const void *user)
{
    check_user(user, &user_other);
    app_back("TIMLogCallback", "is", (int64_t)level, log);
}

static void
on_upload(const char *json, uint32_t index, uint32_t now, uint32_t total, const void *user)
{
    check_user(user, &user_other);
    app_back("TIMMsgElemUploadProgressCallback", "juuu", json, (uint64_t)index, (uint64_t)now,
             (uint64_t)total);
}

static void
on_receipt(const char *json, const void *user)
{
    check_user(user, &user_other);
    app_back("TIMMsgReadedReceiptCallback", "j", json);
}

static void
on_revoke(const char *json, const void *user)
{
    check_user(user, &user_other);
    app_back("TIMMsgRevokeCallback", "j", json);
}

static void
on_tips(const char *json, const void *user)
{
    check_user(user, &user_other);
    app_back("TIMGroupTipsEventCallback", "j", json);
}

static void
on_update(const char *json, const void *user)
{
    check_user(user, &user_other);
    app_back("TIMMsgUpdateCallback", "j", json);
}

static void
on_comm(int32_t code, const char *desc, const char *json, const void *user)
{
    check_user(user, &user_call);
    app_back("TIMCommCallback", "isj", (int64_t)code, desc, json);
    completed++;
}

static void
on_second(int32_t code, const char *desc, const char *json, const void *user)
{
    check_user(user, &user_call);
    app_back("TIMCommCallback", "isj", (int64_t)code, desc, json);
}

static void
on_readers(const char *json, uint64_t next, bool finished, const void *user)
{
    check_user(user, &user_call);
    app_back("TIMMsgGroupMessageReadMemberListCallback", "jui", json, next, (int64_t)finished);
    completed++;
}

static void
wait_completed(unsigned wanted)
{
    for (long ms = 0; completed < wanted && ms < 110000; ms++)
        app_sleep(1);
    if (completed < wanted)
        app_say("missing completions: %u of %u", completed, wanted);
}

/* One of each shape of call. */
static void
calls(void)
{
    char buffer[256];
    unsigned wanted = completed;
    app_say("init %d", TIMInit(1400000000, "{\"sdk_config_log_file_path\":\"/nowhere\"}"));
    app_say("config %d", TIMSetConfig("{\"set_config_user_config\":{}}", on_comm, &user_call));
    app_say("config %d", TIMSetConfig("{}", NULL, NULL));
    wait_completed(wanted += 1);
    app_say("login %d", TIMLogin("user1", "a secret signature", on_comm, &user_call));
    wait_completed(wanted += 1);
    memset(buffer, 'x', sizeof buffer);
    int rc = TIMGetLoginUserID(buffer);
    app_say("user %d %s status %d", rc, buffer, (int)TIMGetLoginStatus());
    app_say("version %s", TIMGetSDKVersion());
    app_say("time %llx", (unsigned long long)TIMGetServerTime());
    rc = TIMMsgSendMessage("user2", kTIMConv_C2C, "{\"message_elem_array\":[{\"elem_type\":0}]}", buffer,
                           on_comm, &user_call);
    app_say("send %d %s", rc, buffer);
    app_say("send %d", TIMMsgSendMessage("user2", kTIMConv_C2C, "{}", NULL, on_comm, &user_call));
    app_say("send %d", TIMMsgSendMessage("user2", kTIMConv_C2C, NULL, NULL, on_comm, &user_call));
    wait_completed(wanted += 2);
    app_say("list %d", TIMConvGetConvList(on_comm, &user_call));
    wait_completed(wanted += 1);
    app_say("pin %d", TIMConvPinConversation("user2", kTIMConv_C2C, true, on_comm, &user_call));
    wait_completed(wanted += 1);
    app_say("clean %d", TIMConvCleanConversationUnreadMessageCount("c2c_user2", UINT64_MAX, 1ULL << 63,
                                                                   on_comm, &user_call));
    wait_completed(wanted += 1);
    app_say("draft %d %d", TIMConvSetDraft("user2", kTIMConv_Group, "{}"),
            TIMConvSetDraft("", kTIMConv_C2C, NULL));
    app_say("invite %d", TIMSignalingInvite("user2", "opaque", true, "{}", -7, buffer, on_comm, &user_call));
    app_say("invited %s", buffer);
    wait_completed(wanted += 1);
    app_say("both %d",
            TIMMsgSendNewMsgEx("user2", kTIMConv_C2C, "{\"m\":1}", on_second, on_comm, &user_call));
    wait_completed(wanted += 1);
    app_say("progress %d", TIMMsgDownloadElemToPath("{}", "/nowhere", on_comm, &user_call));
    wait_completed(wanted += 6);
    app_say("readers %d",
            TIMMsgGetGroupMessageReadMemberList("{}", TIM_GROUP_MESSAGE_READ_MEMBERS_FILTER_READ, 41, 100,
                                                on_readers, &user_call));
    wait_completed(wanted += 1);
    app_say("filter %d",
            TIMConvGetConversationListByFilter("{\"f\":1}", 1ULL << 40, 50, on_comm, &user_call));
    wait_completed(wanted += 1);
}

int
main(int argc, char **argv)
{
    unsigned wanted = 0;
    TIMAddRecvNewMsgCallback(on_message, &user_message);
    TIMSetConvEventCallback(on_conv, &user_other);
    TIMSetNetworkStatusListenerCallback(on_status, &user_other);
    TIMSetKickedOfflineCallback(on_kicked, &user_other);
    TIMSetUserSigExpiredCallback(on_expired, &user_other);
    TIMSetLogCallback(on_log, &user_other);
    TIMSetMsgElemUploadProgressCallback(on_upload, &user_other);
    TIMSetMsgReadedReceiptCallback(on_receipt, &user_other);
    TIMSetMsgRevokeCallback(on_revoke, &user_other);
    TIMSetGroupTipsEventCallback(on_tips, &user_other);
    TIMSetMsgUpdateCallback(on_update, &user_other);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "calls") == 0) {
            calls();
            wanted = completed;
        } else if (strcmp(argv[i], "twice") == 0) {
            TIMAddRecvNewMsgCallback(on_message, &user_second);
        } else if (strcmp(argv[i], "null") == 0) {
            TIMSetKickedOfflineCallback(NULL, NULL);
            TIMAddRecvNewMsgCallback(NULL, NULL);
        } else {
            bool answers = strstr(argv[i], "never") == NULL && strstr(argv[i], "refuse") == NULL;
            const char *shots = strstr(argv[i], "\"repeat\"") != NULL ? strstr(argv[i], "\"count\":") : NULL;
            app_say("call %d", callExperimentalAPI(argv[i], on_comm, &user_call));
            if (strstr(argv[i], "\"both\"") != NULL)
                wanted++;
            if (shots != NULL)
                wanted += (unsigned)atoi(shots + 8) - 1;
            if (answers)
                wait_completed(++wanted);
        }
    }
    app_say("seen %lu, wrong user data %d", app_count(), wrong_user);
    return wrong_user != 0;
}
