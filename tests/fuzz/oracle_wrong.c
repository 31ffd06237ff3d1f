// SPDX-License-Identifier: MIT
// A handler for each oracle, with exactly the mistake that it is for. MISTAKE chooses one.
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <timtape/fuzz.h>
#include <timtape/tim.h>

#define IDS 1
#define CALLS 2
#define BLOCK 3
#define LEAK 4
#define QUADRATIC 5
#define USER_DATA 6
#define CODE 7
#define SPELLING 8

static void
on_done(int32_t code, const char *desc, const char *json, const void *user_data)
{
    (void)code, (void)desc, (void)json, (void)user_data;
}

__attribute__((unused)) static const char *
text_of(const cJSON *object, const char *key)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsString(value) ? value->valuestring : "";
}

#if MISTAKE == IDS
/* cJSON's only number is a double. */
static void
on_message(const cJSON *message)
{
    const cJSON *seq = cJSON_GetObjectItemCaseSensitive(message, "message_seq");
    char locator[200];

    if (!cJSON_IsNumber(seq))
        return;
    snprintf(locator, sizeof locator, "{\"message_seq\":%.0f}", seq->valuedouble);
    TIMMsgReportReaded(text_of(message, "message_conv_id"), kTIMConv_C2C, locator, on_done, NULL);
}
#elif MISTAKE == CALLS
/* A name with a quote in it is not JSON any more. */
static void
on_message(const cJSON *message)
{
    char answer[600];

    snprintf(answer, sizeof answer,
             "{\"message_elem_array\":[{\"elem_type\":0,\"text_elem_content\":\"hi %.200s\"}]}",
             text_of(message, "message_sender"));
    TIMMsgSendMessage(text_of(message, "message_conv_id"), kTIMConv_C2C, answer, NULL, on_done, NULL);
}
#elif MISTAKE == BLOCK
static void
on_message(const cJSON *message)
{
    static struct timespec delay = {1, 0}; // once is enough

    if (cJSON_GetObjectItemCaseSensitive(message, "message_elem_array") != NULL)
        nanosleep(&delay, NULL);
    delay.tv_sec = 0;
}
#elif MISTAKE == LEAK
static char *volatile newest;

static void
on_message(const cJSON *message)
{
    newest = strdup(text_of(message, "message_sender")); // the one before is lost
}
#elif MISTAKE == QUADRATIC
/* cJSON's arrays are lists: each index walks from the start. */
static void
on_message(const cJSON *message)
{
    const cJSON *elems = cJSON_GetObjectItemCaseSensitive(message, "message_elem_array");

    for (int i = 0; i < cJSON_GetArraySize(elems); i++)
        if (!cJSON_IsObject(cJSON_GetArrayItem(elems, i)))
            return;
}
#elif MISTAKE == SPELLING
/* Takes the first member for the conversation. */
static void
on_message(const cJSON *message)
{
    if (message->child != NULL && cJSON_IsString(message->child))
        TIMMsgReportReaded(message->child->valuestring, kTIMConv_C2C, NULL, on_done, NULL);
}
#else
static void
on_message(const cJSON *message)
{
    (void)message;
}
#endif

static void
on_messages(const char *json, const void *user_data)
{
    cJSON *messages = cJSON_Parse(json != NULL ? json : "");
    const cJSON *message;

    (void)user_data;
    cJSON_ArrayForEach(message, messages)
    {
        if (cJSON_IsObject(message))
            on_message(message);
    }
    cJSON_Delete(messages);
}

struct request {
    int answers;
};
static const struct request request = {1};
static const struct request *latest;

static void
on_list(int32_t code, const char *desc, const char *json, const void *user_data)
{
    cJSON *list = cJSON_Parse(json != NULL ? json : "");

    (void)code, (void)desc;
    if (MISTAKE == USER_DATA)
        latest = user_data;
    if (MISTAKE == CODE && cJSON_GetArraySize(list) > 0)
        TIMConvGetConvList(on_done, NULL);
    cJSON_Delete(list);
}

static void
on_kicked(const void *user_data)
{
    (void)user_data;
    if (latest != NULL && latest->answers != 1)
        abort();
}

void
timtape_fuzz_reset(void)
{
    latest = NULL;
}

const struct timtape_fuzz_binding timtape_fuzz_bindings[] = {
    {"TIMRecvNewMsgCallback", (timtape_fuzz_fn)on_messages, NULL},
    {"TIMCommCallback:TIMConvGetConvList", (timtape_fuzz_fn)on_list, &request},
    {"TIMKickedOfflineCallback", (timtape_fuzz_fn)on_kicked, NULL},
    {0},
};
const struct timtape_fuzz_user timtape_fuzz_users[] = {{&request, sizeof request}, {0}};
