// SPDX-License-Identifier: MIT
/*
 * A client with an ordering race planted in it, of a kind that shows once in a year: `race WHICH`. It
 * does what race.ndjson says. WHICH is
 *   receipt    the read receipt comes on a thread of its own and takes for granted that the message it speaks
 *              of is in the table, where the completion of the send puts it: else it crashes
 *   listeners  a message comes on one thread and takes for granted that its conversation was announced on the
 *              other: else it marks another conversation as read
 *   deadline   a request is given up after a quarter of a second, and its completion takes for granted that
 *              it was not: else it crashes
 *   fixed      none of these
 */
#include "app.h"

#include <cjson/cJSON.h>

static const char *race = "fixed";

enum { LOGGED_IN, SENT, RECEIPT, READ, FOUND, LOGGED_OUT, FACTS };
static bool fact[FACTS];

/* Under app_lock. */
struct entry {
    char id[64];
    bool seen_by_peer;
};
static struct entry *table[8];
static char conversation[8][32];
static struct request {
    bool done;
} * request;

static bool
is(const char *name)
{
    return strcmp(race, name) == 0;
}

static void
happened(int which)
{
    pthread_mutex_lock(&app_lock);
    fact[which] = true;
    pthread_cond_broadcast(&app_changed);
    pthread_mutex_unlock(&app_lock);
}

static void
await(int which)
{
    pthread_mutex_lock(&app_lock);
    while (!fact[which])
        pthread_cond_wait(&app_changed, &app_lock);
    pthread_mutex_unlock(&app_lock);
}

/* The value of the first such key; the payloads here have one level. */
static void
take(const char *json, const char *key, char *text, size_t room)
{
    cJSON *array = cJSON_Parse(json);
    const cJSON *object = cJSON_IsArray(array) ? array->child : array;
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));
    snprintf(text, room, "%s", value == NULL ? "" : value);
    cJSON_Delete(array);
}

/* The entry of a message, made if need be when `make`; NULL: there is none. */
static struct entry *
entry(const char *id, bool make)
{
    struct entry *found = NULL;
    pthread_mutex_lock(&app_lock);
    for (int i = 0; found == NULL && i < 8; i++) {
        if (table[i] == NULL && make) {
            table[i] = calloc(1, sizeof **table);
            snprintf(table[i]->id, sizeof table[i]->id, "%s", id);
        }
        if (table[i] != NULL && strcmp(table[i]->id, id) == 0)
            found = table[i];
    }
    pthread_mutex_unlock(&app_lock);
    return found;
}

static const char *
known(const char *id, bool make)
{
    const char *found = NULL;
    pthread_mutex_lock(&app_lock);
    for (int i = 0; found == NULL && i < 8; i++) {
        if (conversation[i][0] == '\0' && make)
            snprintf(conversation[i], sizeof conversation[i], "%s", id);
        if (strcmp(conversation[i], id) == 0)
            found = conversation[i];
    }
    pthread_mutex_unlock(&app_lock);
    return found;
}

#define ON(name, which)                                                                                      \
    static void name(int32_t code, const char *desc, const char *json, const void *data)                     \
    {                                                                                                        \
        (void)code, (void)desc, (void)json, (void)data;                                                      \
        happened(which);                                                                                     \
    }
ON(on_logged_in, LOGGED_IN)
ON(on_read, READ)
ON(on_logged_out, LOGGED_OUT)

static void
on_sent(int32_t code, const char *desc, const char *json, const void *data)
{
    char id[64];
    (void)code, (void)desc, (void)data;
    take(json, "message_msg_id", id, sizeof id);
    entry(id, true);
    happened(SENT);
}

static void
on_receipt(const char *json, const void *data)
{
    char id[64];
    (void)data;
    take(json, "msg_receipt_msg_id", id, sizeof id);
    struct entry *message = entry(id, !is("receipt"));
    *(volatile bool *)&message->seen_by_peer = true;
    happened(RECEIPT);
}

static void
on_conversations(enum TIMConvEvent event, const char *json, const void *data)
{
    char id[32];
    (void)event, (void)data;
    take(json, "conv_id", id, sizeof id);
    known(id, true);
}

static void
on_message(const char *json, const void *data)
{
    char id[32];
    (void)data;
    take(json, "message_conv_id", id, sizeof id);
    const char *conv = known(id, !is("listeners"));
    TIMMsgReportReaded(conv == NULL ? "news" : conv, kTIMConv_Group, "", on_read, NULL);
}

static void
on_found(int32_t code, const char *desc, const char *json, const void *data)
{
    (void)code, (void)desc, (void)json, (void)data;
    pthread_mutex_lock(&app_lock);
    *(volatile bool *)&request->done = true;
    fact[FOUND] = true;
    pthread_cond_broadcast(&app_changed);
    pthread_mutex_unlock(&app_lock);
}

/* Waits for the search. Not for ever, where the race is: then the request goes, and its completion does not
 * know. */
static void
search(void)
{
    struct timespec end;
    int rc = 0;
    request = calloc(1, sizeof *request);
    TIMMsgFindMessages("[\"m-1\"]", on_found, NULL);
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_nsec += 250000000;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    pthread_mutex_lock(&app_lock);
    while (!fact[FOUND] && (rc == 0 || !is("deadline")))
        rc = pthread_cond_timedwait(&app_changed, &app_lock, &end);
    if (!fact[FOUND])
        request = NULL;
    pthread_mutex_unlock(&app_lock);
}

int
main(int argc, char **argv)
{
    char id[128] = "";
    if (argc > 1)
        race = argv[1];
    TIMInit(1400000001,
            "{\"sdk_config_log_file_path\":\"/tmp/log\",\"sdk_config_config_file_path\":\"/tmp\"}");
    TIMAddRecvNewMsgCallback(on_message, NULL);
    TIMSetConvEventCallback(on_conversations, NULL);
    TIMSetMsgReadedReceiptCallback(on_receipt, NULL);
    TIMLogin("alice", "a-signature-of-today", on_logged_in, NULL);
    await(LOGGED_IN);
    TIMMsgSendMessage("bob", kTIMConv_C2C,
                      "{\"message_elem_array\":[{\"elem_type\":0,\"text_elem_content\":\"hello\"}]}", id,
                      on_sent, NULL);
    await(SENT);
    await(RECEIPT);
    await(READ);
    search();
    TIMRemoveRecvNewMsgCallback(on_message);
    TIMLogout(on_logged_out, NULL);
    await(LOGGED_OUT);
    TIMUninit();
    return 0;
}
