// SPDX-License-Identifier: MIT
/*
 * A tiny chat client: the app of `make demo` and of traces/samples/chat.ndjson. Logs in, lists
 * conversations, prints messages, answers a question from inside the message callback, sends a file, logs
 * out.
 */
#include "app.h"

#include <cjson/cJSON.h>

static const char *
text(const cJSON *object, const char *key)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return value == NULL ? "?" : value;
}

static void
on_result(int32_t code, const char *desc, const char *json, const void *user)
{
    (void)json;
    if (code == 0)
        app_say("%s: ok", (const char *)user);
    else
        app_say("%s: failed with %d (%s)", (const char *)user, code, desc);
}

static void
on_list(int32_t code, const char *desc, const char *json, const void *user)
{
    on_result(code, desc, json, user);
    const cJSON *item;
    cJSON *list = cJSON_Parse(json);
    cJSON_ArrayForEach(item, list)
    {
        const cJSON *unread = cJSON_GetObjectItemCaseSensitive(item, "conv_unread_num");
        app_say("  %s, %.0f unread", text(item, "conv_id"), cJSON_IsNumber(unread) ? unread->valuedouble : 0);
    }
    cJSON_Delete(list);
}

static void
on_conversations(enum TIMConvEvent event, const char *json, const void *user)
{
    static const char *const names[] = {"new", "deleted", "updated", "list begins", "list is complete"};
    (void)json;
    (void)user;
    app_say("conversations: %s", event >= 0 && event < 5 ? names[event] : "?");
}

static void
on_upload(const char *json, uint32_t index, uint32_t now, uint32_t total, const void *user)
{
    (void)json;
    (void)index;
    (void)user;
    app_say("upload: %u of %u bytes", now, total);
}

/* One element; answers a question at once, from inside the callback. */
static void
on_elem(const char *sender, const cJSON *elem)
{
    char id[128] = "";
    if (!cJSON_HasObjectItem(elem, "text_elem_content")) {
        app_say("%s sent something that is not text", sender);
        return;
    }
    const char *words = text(elem, "text_elem_content");
    app_say("%s: %s", sender, words);
    if (words[0] != '\0' && words[strlen(words) - 1] == '?') {
        TIMMsgSendMessage(sender, kTIMConv_C2C,
                          "{\"message_elem_array\":[{\"elem_type\":0,\"text_elem_content\":\"yes!\"}]}", id,
                          on_result, "answer");
        app_say("me: yes! (message %s)", id);
    }
}

static void
on_messages(const char *json, const void *user)
{
    (void)user;
    const cJSON *message, *elem;
    cJSON *list = cJSON_Parse(json);
    if (list == NULL)
        app_say("a message that is not JSON");
    cJSON_ArrayForEach(message, list)
    {
        cJSON_ArrayForEach(elem, cJSON_GetObjectItemCaseSensitive(message, "message_elem_array"))
            on_elem(text(message, "message_sender"), elem);
    }
    cJSON_Delete(list);
}

int
main(int argc, char **argv)
{
    char id[128] = "";
    if (TIMInit(1400000001, "{\"sdk_config_config_file_path\":\"./\",\"sdk_config_log_file_path\":\"./\"}") !=
        0)
        return 1;
    TIMAddRecvNewMsgCallback(on_messages, NULL);
    TIMSetConvEventCallback(on_conversations, NULL);
    TIMSetMsgElemUploadProgressCallback(on_upload, NULL);
    TIMLogin("alice", "a-signature-that-nobody-may-see", on_result, "login");
    TIMConvGetConvList(on_list, "conversations");
    TIMMsgSendMessage("bob", kTIMConv_C2C,
                      "{\"message_elem_array\":[{\"elem_type\":4,\"file_elem_file_path\":\"./report.pdf\","
                      "\"file_elem_file_name\":\"report.pdf\",\"file_elem_file_size\":102400}]}",
                      id, on_result, "file");
    /* A real SDK has no end of its own: `chat 2` stays two seconds longer. */
    if (argc > 1)
        app_sleep(atol(argv[1]) * 1000);
    TIMLogout(on_result, "logout");
    TIMUninit();
    return 0;
}
