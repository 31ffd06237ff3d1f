// SPDX-License-Identifier: MIT
/*
 * The app of the fuzz part of `make demo`: plays along with traces/samples/chat.ndjson and trusts what the
 * SDK sends in three places. With -DCARELESS_FUZZ the same handlers are a fuzz target.
 */
#include "app.h"

#include <cjson/cJSON.h>

static unsigned unread[4]; /* by conversation type */
static char last_sender[32];

static void
on_result(int32_t code, const char *desc, const char *json, const void *user)
{
    (void)json;
    (void)user;
    if (code != 0)
        app_say("failed with %d (%s)", code, desc);
}

/* Mistake 1: the message's element is looked up with the message's index, and taken for granted. */
static const cJSON *
element_of(const cJSON *message, int i)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(message, "message_elem_array"), i);
}

/* A question is answered at once. */
static void
answer(const cJSON *elem)
{
    char id[128] = "";
    const char *words = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(elem, "text_elem_content"));

    app_say("%s sent element %d", last_sender, elem->child->valueint);
    if (words != NULL && words[0] != '\0' && words[strlen(words) - 1] == '?')
        TIMMsgSendMessage(last_sender, kTIMConv_C2C,
                          "{\"message_elem_array\":[{\"elem_type\":0,\"text_elem_content\":\"yes!\"}]}", id,
                          on_result, NULL);
}

static void
on_messages(const char *json, const void *user)
{
    cJSON *list = cJSON_Parse(json);

    (void)user;
    for (int i = 0; i < cJSON_GetArraySize(list); i++) {
        const cJSON *message = cJSON_GetArrayItem(list, i);
        const cJSON *elem = element_of(message, i);
        const cJSON *sender = cJSON_GetObjectItemCaseSensitive(message, "message_sender");

        if (cJSON_IsString(sender)) {
            /* Mistake 2: a name has at most 31 bytes, says the designer. */
            strcpy(last_sender, sender->valuestring);
            answer(elem);
        }
    }
    cJSON_Delete(list);
}

static void
on_conversations(enum TIMConvEvent event, const char *json, const void *user)
{
    cJSON *list = cJSON_Parse(json);
    const cJSON *conv;

    (void)event;
    (void)user;
    cJSON_ArrayForEach(conv, list)
    {
        const cJSON *type = cJSON_GetObjectItemCaseSensitive(conv, "conv_type");

        /* Mistake 3: types the SDK may add one day. */
        if (cJSON_IsNumber(type))
            unread[type->valueint]++;
    }
    cJSON_Delete(list);
}

static void
on_upload(const char *json, uint32_t index, uint32_t now, uint32_t total, const void *user)
{
    (void)json;
    (void)index;
    (void)user;
    app_say("upload: %u of %u bytes", now, total);
}

#ifdef CARELESS_FUZZ
#include <timtape/fuzz.h>

const struct timtape_fuzz_binding timtape_fuzz_bindings[] = {
    {"TIMRecvNewMsgCallback", (timtape_fuzz_fn)on_messages, NULL},
    {"TIMConvEventCallback", (timtape_fuzz_fn)on_conversations, NULL},
    {"TIMMsgElemUploadProgressCallback", (timtape_fuzz_fn)on_upload, NULL},
    {"TIMCommCallback:TIMMsgSendMessage", (timtape_fuzz_fn)on_result, NULL},
    {0},
};
#else
int
main(void)
{
    char id[128] = "";

    if (TIMInit(1400000001, "{\"sdk_config_config_file_path\":\"./\",\"sdk_config_log_file_path\":\"./\"}") !=
        0)
        return 1;
    TIMAddRecvNewMsgCallback(on_messages, NULL);
    TIMSetConvEventCallback(on_conversations, NULL);
    TIMSetMsgElemUploadProgressCallback(on_upload, NULL);
    TIMLogin("alice", "a-signature-that-nobody-may-see", on_result, NULL);
    TIMConvGetConvList(on_result, NULL);
    TIMMsgSendMessage("bob", kTIMConv_C2C,
                      "{\"message_elem_array\":[{\"elem_type\":4,\"file_elem_file_path\":\"./report.pdf\","
                      "\"file_elem_file_name\":\"report.pdf\",\"file_elem_file_size\":102400}]}",
                      id, on_result, NULL);
    TIMLogout(on_result, NULL);
    TIMUninit();
    return 0;
}
#endif
