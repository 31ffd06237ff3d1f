// SPDX-License-Identifier: MIT
/*
 * A chat client (conversation list, messages by id, pending requests, one transfer) that does what
 * orderly.ndjson says and takes ten things about the order of callbacks, and whose they are, for granted.
 * Payloads are read with care: as long as the ids in it are as recorded, no single changed payload does any
 * harm. `orderly [BUG...]`: only these; `orderly fixed`: none.
 *
 * One change of the tape, of the order or of a result:
 *   twice      a message with an id that is known is put into its conversation's list a second time
 *   again      a second completion of a search frees its request again
 *   error      a conversation list that failed is read like one that came
 *   progress   a transfer's progress after its completion writes into the transfer that is gone
 *   unknown    an update of a message takes for granted that the message came
 *   unread     a conversation that is deleted twice gives its unread messages back twice
 * One change of an id:
 *   stale      a revoked message is only emptied; an update of it writes into its old text
 *   elsewhere  a revoke is taken out of the conversation that it names, not of the one it came in
 * Two changes, one of the order and one of a result:
 *   retry      kicked offline empties the table of requests; a search that fails then is asked for again
 *   receipt    a send that ended without success is thrown away although its receipt has come
 * Only when asked for:
 *   stuck      a conversation that is announced again is waited for for ever
 *   shy        the bugs are there only while it is fuzzed as a fork server: what they do does not replay
 */
#include "app.h"

#include <cjson/cJSON.h>

/* What each bug comes to has a frame of its own. */
#define BROKEN __attribute__((noinline, noclone))

enum {
    TWICE,
    AGAIN,
    ERROR,
    PROGRESS,
    UNKNOWN,
    STALE,
    RETRY,
    UNREAD,
    ELSEWHERE,
    RECEIPT,
    TEN,
    STUCK = TEN,
    SHY,
    BUGS
};
static const char *const names[BUGS] = {"twice", "again",  "error",     "progress", "unknown", "stale",
                                        "retry", "unread", "elsewhere", "receipt",  "stuck",   "shy"};
static bool bug[BUGS];

struct message {
    char id[64];
    char *text; /* NULL: revoked */
    struct conversation *conv;
    struct message *next; /* in its conversation */
};
struct conversation {
    char id[32];
    int unread;
    bool announced, deleted;
    struct message *first;
};
struct request {
    char ids[96];
    unsigned tries;
};
struct transfer {
    char id[64];
    uint32_t done, total;
    bool read_by_peer;
};

#define MOST 64
static struct message *messages[MOST];
static struct conversation *conversations[MOST];
static struct request *request;
static struct transfer *transfer;
static bool receipt_early;
static int badge;
static char drawn[8][4];

static bool logged_in, found, kicked, failed; /* under app_lock */

static void
happened(bool *fact)
{
    pthread_mutex_lock(&app_lock);
    *fact = true;
    pthread_cond_broadcast(&app_changed);
    pthread_mutex_unlock(&app_lock);
}

static void
await(const bool *fact)
{
    pthread_mutex_lock(&app_lock);
    while (!*fact)
        pthread_cond_wait(&app_changed, &app_lock);
    pthread_mutex_unlock(&app_lock);
}

static const char *
text_of(const cJSON *object, const char *key)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));
    return value == NULL ? "" : value;
}

static int
number_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItem(object, key);
    return cJSON_IsNumber(item) && item->valueint > 0 && item->valueint < 1000000 ? item->valueint : 0;
}

static struct message *
message_of(const char *id)
{
    for (int i = 0; id[0] != '\0' && i < MOST; i++) {
        if (messages[i] != NULL && strcmp(messages[i]->id, id) == 0)
            return messages[i];
    }
    return NULL;
}

static struct conversation *
conversation_of(const char *id, bool make)
{
    if (id[0] == '\0' || strlen(id) >= sizeof conversations[0]->id)
        return NULL;
    for (int i = 0; i < MOST; i++) {
        if (conversations[i] == NULL) {
            if (!make)
                return NULL;
            conversations[i] = calloc(1, sizeof *conversations[i]);
            strcpy(conversations[i]->id, id);
        }
        if (strcmp(conversations[i]->id, id) == 0)
            return conversations[i];
    }
    return NULL;
}

/* ---- the badge ---- */

BROKEN static void
badge_draw(int count)
{
    if (bug[UNREAD] && count < 0)
        *(volatile int *)(intptr_t)(0x1000 + count % 16 * 4) = count; /* the glyph before the first one */
    snprintf(drawn[0], sizeof drawn[0], "%u", (unsigned)(count < 0 ? 0 : count) % 100u);
}

static void
badge_add(int count)
{
    badge += count;
    badge_draw(badge);
}

/* ---- messages ---- */

BROKEN static void
list_insert(struct conversation *conv, struct message *message)
{
    struct message *at = conv->first;
    message->next = conv->first == message ? message : at;
    conv->first = message;
    for (unsigned steps = 0; at != NULL; at = at->next) {
        if (++steps > MOST)
            abort(); /* what a watchdog says of a list that has no end */
    }
}

static void
message_arrived(const cJSON *item)
{
    const char *id = text_of(item, "message_msg_id");
    struct conversation *conv = conversation_of(text_of(item, "message_conv_id"), true);
    struct message *message = message_of(id);
    if (conv == NULL || id[0] == '\0' || strlen(id) >= sizeof message->id)
        return;
    if (message != NULL) {
        if (bug[TWICE] && message->text != NULL && message->conv == conv)
            list_insert(conv, message);
        return;
    }
    for (int i = 0; i < MOST; i++) {
        if (messages[i] != NULL)
            continue;
        message = messages[i] = calloc(1, sizeof *message);
        strcpy(message->id, id);
        message->text = strdup(text_of(item, "message_sender"));
        message->conv = conv;
        list_insert(conv, message);
        conv->unread++;
        conv->deleted = false;
        badge_add(1);
        return;
    }
}

static void
on_messages(const char *json, const void *data)
{
    cJSON *array = cJSON_Parse(json);
    const cJSON *item;
    (void)data;
    cJSON_ArrayForEach(item, array) message_arrived(item);
    cJSON_Delete(array);
}

BROKEN static void
unlink_from(struct conversation *conv, struct message *message)
{
    struct message **at = &conv->first;
    while (*at != message) {
        if (!bug[ELSEWHERE] && *at == NULL)
            return;
        at = &(*at)->next; /* it must be in here somewhere */
    }
    *at = message->next;
}

static void
on_revoked(const char *json, const void *data)
{
    cJSON *array = cJSON_Parse(json);
    const cJSON *item;
    (void)data;
    cJSON_ArrayForEach(item, array)
    {
        struct message *message = message_of(text_of(item, "message_locator_msg_id"));
        struct conversation *conv = conversation_of(text_of(item, "message_locator_conv_id"), false);
        if (message == NULL || conv == NULL || message->text == NULL)
            continue;
        unlink_from(bug[ELSEWHERE] ? conv : message->conv, message);
        free(message->text);
        message->text = NULL;
    }
    cJSON_Delete(array);
}

BROKEN static void
update_unknown(struct message *message, const char *sender)
{
    if (message == NULL && !bug[UNKNOWN])
        return;
    ((volatile char *)message->id)[63] = sender[0] == '\1';
}

BROKEN static void
update_text(struct message *message)
{
    if (message->text == NULL && !bug[STALE])
        return;
    ((volatile char *)message->text)[0] = '*';
}

static void
on_updated(const char *json, const void *data)
{
    cJSON *array = cJSON_Parse(json);
    const cJSON *item;
    (void)data;
    cJSON_ArrayForEach(item, array)
    {
        const char *id = text_of(item, "message_msg_id");
        struct message *message = message_of(id);
        /* Whatever has an id of this account's shape was seen before. */
        if (message == NULL && strncmp(id, "144115225790497300-15512693", 27) != 0)
            continue;
        update_unknown(message, text_of(item, "message_sender"));
        if (message != NULL)
            update_text(message);
    }
    cJSON_Delete(array);
}

/* ---- the transfer ---- */

BROKEN static void
transfer_progress(uint32_t done, uint32_t total)
{
    if (transfer == NULL && !bug[PROGRESS])
        return;
    *(volatile uint32_t *)&transfer->total = total;
    transfer->done = done;
}

static void
on_progress(const char *json, uint32_t index, uint32_t done, uint32_t total, const void *data)
{
    static char last[64];
    cJSON *message = cJSON_Parse(json);
    const char *id = text_of(message, "message_msg_id");
    (void)index, (void)data;
    if (transfer != NULL && id[0] != '\0')
        snprintf(last, sizeof last, "%s", id);
    if (id[0] != '\0' && strcmp(id, last) == 0)
        transfer_progress(done, total);
    cJSON_Delete(message);
}

BROKEN static void
transfer_failed(void)
{
    struct transfer *thrown = transfer;
    transfer = NULL;
    if (receipt_early && bug[RECEIPT])
        *(volatile bool *)&transfer->read_by_peer = true; /* the receipt that waits for it is put in */
    free(thrown);
}

static void
on_sent(int32_t code, const char *desc, const char *json, const void *data)
{
    cJSON *message = cJSON_Parse(json);
    (void)desc, (void)data;
    if (transfer != NULL) {
        if (code == 0 && number_of(message, "message_status") != 2) {
            transfer_failed();
        } else {
            free(transfer);
            transfer = NULL;
        }
    }
    cJSON_Delete(message);
}

static void
on_receipt(const char *json, const void *data)
{
    cJSON *array = cJSON_Parse(json);
    (void)data;
    if (transfer != NULL && strcmp(text_of(cJSON_GetArrayItem(array, 0), "msg_receipt_conv_id"), "bob") == 0)
        receipt_early = true;
    cJSON_Delete(array);
}

/* ---- conversations ---- */

BROKEN static void
list_show(const cJSON *array)
{
    const cJSON *item;
    if (array == NULL && !bug[ERROR])
        return;
    for (item = array->child; item != NULL; item = item->next)
        conversation_of(text_of(item, "conv_id"), true);
}

static void
on_list(int32_t code, const char *desc, const char *json, const void *data)
{
    cJSON *array = cJSON_Parse(json);
    (void)desc, (void)data;
    if (code == 0 ? array != NULL : json != NULL && json[0] == '\0')
        list_show(array);
    cJSON_Delete(array);
}

static void
conversation_changed(enum TIMConvEvent event, const cJSON *item)
{
    struct conversation *conv = conversation_of(text_of(item, "conv_id"), event == kTIMConvEvent_Add);
    if (conv == NULL)
        return;
    if (event == kTIMConvEvent_Add && bug[STUCK] && conv->announced) {
        for (;;)
            pause();
    }
    conv->announced |= event == kTIMConvEvent_Add;
    if (event == kTIMConvEvent_Update && !conv->deleted) {
        int unread = number_of(item, "conv_unread_num");
        badge_add(unread - conv->unread);
        conv->unread = unread;
    } else if (event == kTIMConvEvent_Del && (!conv->deleted || bug[UNREAD])) {
        conv->deleted = true;
        badge_add(-conv->unread);
        if (!bug[UNREAD])
            conv->unread = 0;
    }
}

static void
on_conversations(enum TIMConvEvent event, const char *json, const void *data)
{
    cJSON *array = cJSON_Parse(json);
    const cJSON *item;
    (void)data;
    cJSON_ArrayForEach(item, array) conversation_changed(event, item);
    cJSON_Delete(array);
}

/* ---- requests ---- */

BROKEN static void
request_retry(void)
{
    if (request == NULL && !bug[RETRY])
        return;
    *(volatile unsigned *)&request->tries += 1;
}

BROKEN static void
request_done(struct request **slot, struct request *done)
{
    if (*slot == NULL && !bug[AGAIN])
        return;
    *slot = NULL;
    free(done);
}

static void
on_found(int32_t code, const char *desc, const char *json, const void *data)
{
    static struct request *last;
    (void)desc, (void)json, (void)data;
    if (request != NULL)
        last = request;
    if (code != 0)
        request_retry();
    else if (!kicked)
        request_done(&request, last);
    happened(&found);
}

static void
on_kicked(const void *data)
{
    (void)data;
    if (request != NULL && !found) {
        free(request);
        request = NULL;
    }
    happened(&kicked);
}

static void
on_login(int32_t code, const char *desc, const char *json, const void *data)
{
    (void)desc, (void)json, (void)data;
    if (code != 0)
        happened(&failed);
    happened(&logged_in);
}

int
main(int argc, char **argv)
{
    char id[128] = "";
    for (int i = 0; i < BUGS; i++)
        bug[i] = argc < 2 && i < TEN;
    for (int i = 1; i < argc; i++) {
        for (int j = 0; j < BUGS; j++)
            bug[j] |= strcmp(argv[i], names[j]) == 0;
    }
    if (bug[SHY] && getenv("TIMTAPE_FUZZ") == NULL)
        memset(bug, 0, sizeof bug);
    TIMInit(1400000001,
            "{\"sdk_config_log_file_path\":\"/tmp/log\",\"sdk_config_config_file_path\":\"/tmp\"}");
    TIMAddRecvNewMsgCallback(on_messages, NULL);
    TIMSetMsgRevokeCallback(on_revoked, NULL);
    TIMSetMsgUpdateCallback(on_updated, NULL);
    TIMSetMsgReadedReceiptCallback(on_receipt, NULL);
    TIMSetMsgElemUploadProgressCallback(on_progress, NULL);
    TIMSetConvEventCallback(on_conversations, NULL);
    TIMSetKickedOfflineCallback(on_kicked, NULL);
    request = calloc(1, sizeof *request);
    transfer = calloc(1, sizeof *transfer);
    TIMLogin("alice", "a-signature-of-today", on_login, NULL);
    await(&logged_in);
    if (!failed) {
        TIMConvGetConvList(on_list, NULL);
        TIMMsgSendMessage(
            "bob", kTIMConv_C2C,
            "{\"message_elem_array\":[{\"elem_type\":1,\"image_elem_orig_path\":\"/tmp/cat.png\"}]}", id,
            on_sent, NULL);
        TIMMsgFindMessages("[\"144115225790497300-1551269302-1001\"]", on_found, NULL);
        await(&found);
        await(&kicked);
    }
    TIMUninit();
    return 0;
}
