// SPDX-License-Identifier: MIT
/*
 * Drives a real SDK without a network, as far as that goes: configuration, listeners, a login that gets
 * nowhere, conversation list, a message that cannot be sent. One line per callback, with
 * every byte. offline.c links the SDK, offline_dlopen.c opens it, offline_ctypes.py is its twin.
 *
 *   offline [MS]    how long to listen after the last call (default 1500)
 */
#include "app.h"

static int user = 7;

static void
check(const void *got)
{
    if (got != &user)
        app_say("wrong user data");
}

static void
on_comm(int32_t code, const char *desc, const char *json, const void *got)
{
    check(got);
    app_back("TIMCommCallback", "isj", (int64_t)code, desc, json);
}

static void
on_log(enum TIMLogLevel level, const char *log, const void *got)
{
    check(got);
    app_back("TIMLogCallback", "is", (int64_t)level, log);
}

static void
on_status(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *got)
{
    check(got);
    app_back("TIMNetworkStatusListenerCallback", "iis", (int64_t)status, (int64_t)code, desc);
}

static void
on_conv(enum TIMConvEvent event, const char *json, const void *got)
{
    check(got);
    app_back("TIMConvEventCallback", "ij", (int64_t)(int32_t)event, json);
}

static void
on_message(const char *json, const void *got)
{
    check(got);
    app_back("TIMRecvNewMsgCallback", "j", json);
}

int
main(int argc, char **argv)
{
    long listen = argc > 1 ? atol(argv[1]) : 1500;
    char id[512] = "";
    app_say("call version %s", SDK(TIMGetSDKVersion)());
    SDK(TIMSetLogCallback)(on_log, &user);
    SDK(TIMSetNetworkStatusListenerCallback)(on_status, &user);
    SDK(TIMSetConvEventCallback)(on_conv, &user);
    SDK(TIMAddRecvNewMsgCallback)(on_message, &user);
    app_say("call config %d",
            SDK(TIMSetConfig)("{\"set_config_log_level\":3,\"set_config_callback_log_level\":3,"
                              "\"set_config_is_log_output_console\":false,"
                              "\"set_config_user_define_data\":\"caf\xc3\xa9 \xe4\xbd\xa0\"}",
                              on_comm, &user));
    app_say("call init %d", SDK(TIMInit)(1400000001, "{\"sdk_config_config_file_path\":\"./sdk\","
                                                     "\"sdk_config_log_file_path\":\"./sdk\"}"));
    app_say("call login %d", SDK(TIMLogin)("user1", "not-a-real-signature-1234567890", on_comm, &user));
    app_say("call list %d", SDK(TIMConvGetConvList)(on_comm, &user));
    app_say("call send %d",
            SDK(TIMMsgSendMessage)(
                "user2", kTIMConv_C2C,
                "{\"message_elem_array\":[{\"elem_type\":0,\"text_elem_content\":\"hello \xe4\xbd"
                "\xa0\xe5\xa5\xbd\"}],\"message_cloud_custom_str\":\"tape\"}",
                id, on_comm, &user));
    app_say("call sent id %s", id[0] == '\0' ? "none" : "given");
    app_say("call pin %d", SDK(TIMConvPinConversation)("user2", kTIMConv_C2C, true, on_comm, &user));
    app_say("call status %d", (int)SDK(TIMGetLoginStatus)());
    app_sleep(listen);
    SDK(TIMSetLogCallback)(NULL, NULL);
    SDK(TIMSetNetworkStatusListenerCallback)(NULL, NULL);
    app_sleep(100);
    app_say("call end");
    fflush(NULL);
    _exit(0); /* the SDK's own exit handlers are not what is tested */
}
