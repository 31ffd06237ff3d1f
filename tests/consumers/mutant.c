// SPDX-License-Identifier: MIT
/*
 * A chat client that can be told to behave otherwise: `mutant [NAME]`. Without a name (or with `none`) it
 * does what mutant.ndjson says: logs in, reads the conversation list, lets two pool threads report drafts and
 * states, marks messages as read and answers one from inside the message callback, revokes its
 * answer by the ids it got, logs out. Every other name is one mistake, or one freedom, which
 * tests/e2e/mutants.sh lists with the verdict it must get.
 */
#include "app.h"

#include <cjson/cJSON.h>

static const char *mutation = "none";

/* What has happened, and the pool's jobs: all under app_lock. */
enum { LOGGED_IN, LISTED, FOUND, READ, STATED, PROFILED, REVOKED, LOGGED_OUT, FACTS };
static bool fact[FACTS];
typedef void job(void);
static struct worker {
    const char *name;
    job *queue[8];
    unsigned queued, taken;
} workers[2] = {{.name = "pool-1"}, {.name = "pool-2"}};
static pthread_mutex_t sdk_lock = PTHREAD_MUTEX_INITIALIZER;

/* The ids of a message, as the SDK wrote them: numbers stay text, since a double cannot hold them. */
struct ids {
    char msg_id[64], seq[24], rand[24], unique[24];
};
static struct ids answer, question;
static job job_revoke;

static bool
is(const char *name)
{
    return strcmp(mutation, name) == 0;
}

/* The n-th user data pointer: what it points to is the app's business alone. */
static const void *
user(int which)
{
    static char mine[FACTS];
    return is("user") ? malloc(1) : &mine[which];
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

/* Which pool thread gets a job is nobody's business either. */
static void
post(int which, job *work)
{
    bool other = is("roles") || (is("role") && work == job_revoke);
    struct worker *worker = &workers[is("one") ? 0 : other ? 1 - which : which];
    pthread_mutex_lock(&app_lock);
    worker->queue[worker->queued++] = work;
    pthread_cond_broadcast(&app_changed);
    pthread_mutex_unlock(&app_lock);
}

static void *
pool(void *data)
{
    struct worker *worker = data;
    pthread_setname_np(pthread_self(), worker->name);
    for (;;) {
        pthread_mutex_lock(&app_lock);
        while (worker->taken == worker->queued)
            pthread_cond_wait(&app_changed, &app_lock);
        job *work = worker->queue[worker->taken++];
        pthread_mutex_unlock(&app_lock);
        work();
    }
    return NULL;
}

/* Reads of state mean nothing, however often. */
static void
getters(void)
{
    for (int i = 0; is("getters") && i < 3; i++)
        TIMGetLoginStatus();
    if (is("version"))
        TIMGetSDKVersion();
    if (is("clock"))
        TIMGetServerTime();
}

static void
raw_number(const char *json, const char *key, char *text, size_t room)
{
    const char *at = strstr(json, key);
    at = at == NULL ? "0" : at + strlen(key);
    while (*at == '"' || *at == ':')
        at++;
    snprintf(text, room, "%.*s", (int)strspn(at, "0123456789"), at);
}

/* The text of the object that follows `key`, as the SDK wrote it: cJSON would round its numbers. The payloads
 * have no braces inside strings. */
static char *
raw_object(const char *json, const char *key)
{
    const char *from = strstr(json, key), *to;
    int depth = 0;
    from = from == NULL ? "{}" : from + strcspn(from, "{");
    to = from;
    do {
        depth += (*to == '{') - (*to == '}');
        to++;
    } while (depth > 0 && *to != '\0');
    return strndup(from, (size_t)(to - from));
}

static void
take_ids(const char *json, struct ids *ids)
{
    cJSON *message = cJSON_Parse(json);
    const cJSON *object = cJSON_IsArray(message) ? message->child : message;
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItem(object, "message_msg_id"));
    snprintf(ids->msg_id, sizeof ids->msg_id, "%s", id == NULL ? "?" : id);
    raw_number(json, "message_seq", ids->seq, sizeof ids->seq);
    raw_number(json, "message_rand", ids->rand, sizeof ids->rand);
    raw_number(json, "message_unique_id", ids->unique, sizeof ids->unique);
    if (is("double"))
        snprintf(ids->unique, sizeof ids->unique, "%.0f",
                 cJSON_GetNumberValue(cJSON_GetObjectItem(object, "message_unique_id")));
    cJSON_Delete(message);
}

static void
on_done(int32_t code, const char *desc, const char *json, const void *data)
{
    (void)desc, (void)json, (void)data;
    if (code != 0)
        app_say("failed with %d", code);
}

#define ON(name, which)                                                                                      \
    static void name(int32_t code, const char *desc, const char *json, const void *data)                     \
    {                                                                                                        \
        on_done(code, desc, json, data);                                                                     \
        happened(which);                                                                                     \
    }
ON(on_stated, STATED)
ON(on_profiled, PROFILED)
ON(on_revoked, REVOKED)
ON(on_logged_out, LOGGED_OUT)

/* ---- the pool's jobs ------------------------------------------------------------------------------ */

static void
draft(const char *conversation, enum TIMConvType type, const char *text)
{
    char json[256];
    if (is("lock"))
        pthread_mutex_lock(&sdk_lock);
    snprintf(json, sizeof json, "{\"draft_user_define\":\"%s\",\"draft_edit_time\":%ld}", text,
             (long)time(NULL));
    TIMConvSetDraft(conversation, type, json);
    if (is("lock"))
        pthread_mutex_unlock(&sdk_lock);
}

static void
state(void)
{
    TIMSetSelfStatus("{\"user_status_custom_status\":\"busy\"}", on_stated, user(STATED));
}

static void
job_bob(void)
{
    if (is("interleave") || is("lock"))
        app_sleep(40);
    if (is("swap-worker"))
        state();
    if (!is("drop-worker"))
        draft("bob", kTIMConv_C2C, "see you");
    if (!is("swap-worker"))
        state();
    getters();
}

static void
job_team(void)
{
    draft("team", kTIMConv_Group, "as I said");
    TIMProfileModifySelfUserProfile("{\"user_profile_item_nick_name\":\"Al\"}", on_profiled, user(PROFILED));
}

static void
job_read(void)
{
    TIMMsgReportReaded("bob", kTIMConv_C2C, "", on_done, user(READ));
}

/* The answer is taken back, by every id the SDK gave it. */
static void
job_revoke(void)
{
    struct ids it = answer;
    char json[512];
    if (is("wrong-id"))
        memcpy(it.msg_id, question.msg_id, sizeof it.msg_id);
    if (is("wrong-seq"))
        memcpy(it.seq, question.seq, sizeof it.seq);
    if (is("wrong-rand"))
        memcpy(it.rand, question.rand, sizeof it.rand);
    if (is("spacing"))
        snprintf(json, sizeof json,
                 " {\n \"message_rand\" : %s ,\"message_unique_id\":%s,\t\"message_client_time\":%ld,"
                 "\"message_seq\":%s,\r\n\"message_msg_id\": \"%s\"} ",
                 it.rand, it.unique, (long)time(NULL), it.seq, it.msg_id);
    else if (is("missing-key"))
        snprintf(json, sizeof json,
                 "{\"message_msg_id\":\"%s\",\"message_rand\":%s,\"message_unique_id\":%s,\"message_client_"
                 "time\":1}",
                 it.msg_id, it.rand, it.unique);
    else
        snprintf(json, sizeof json,
                 is("string") ? "{\"message_msg_id\":\"%s\",\"message_seq\":\"%s\",\"message_rand\":%s,"
                                "\"message_unique_id\":%s,\"message_client_time\":%ld}"
                              : "{\"message_msg_id\":\"%s\",\"message_seq\":%s,\"message_rand\":%s,"
                                "\"message_unique_id\":%s,\"message_client_time\":%ld}",
                 it.msg_id, is("number") ? "4.3e1" : it.seq, it.rand, it.unique,
                 is("times") ? 1L : (long)time(NULL));
    TIMMsgRevoke("bob", kTIMConv_C2C, json, on_revoked, user(REVOKED));
}

/* ---- callbacks ------------------------------------------------------------------------------------ */

static void on_list(int32_t code, const char *desc, const char *json, const void *data);

static void
on_login(int32_t code, const char *desc, const char *json, const void *data)
{
    on_done(code, desc, json, data);
    if (is("thread-callback"))
        TIMConvGetConvList(on_list, user(LISTED));
    happened(LOGGED_IN);
}

/* Conversations with something unread are marked as read up to their last message. */
static void
on_list(int32_t code, const char *desc, const char *json, const void *data)
{
    on_done(code, desc, json, data);
    cJSON *array = cJSON_Parse(json), *item;
    cJSON_ArrayForEach(item, array)
    {
        const char *id = cJSON_GetStringValue(cJSON_GetObjectItem(item, "conv_id"));
        char *last = raw_object(json, "conv_last_msg");
        if (cJSON_GetNumberValue(cJSON_GetObjectItem(item, "conv_unread_num")) > 0)
            TIMMsgReportReaded(id, kTIMConv_C2C, last, on_done, user(LISTED));
        free(last);
    }
    cJSON_Delete(array);
    happened(LISTED);
}

/* What was looked for is not there: code 6014, and json_params is not a result then. */
static void
on_found(int32_t code, const char *desc, const char *json, const void *data)
{
    (void)desc, (void)data;
    if (code == 0 || is("error-delete") || is("error-read")) {
        struct ids ids;
        char text[256];
        take_ids(json, &ids);
        snprintf(text, sizeof text, "{\"msg_delete_param_msg\":{\"message_msg_id\":\"%s\"}}", ids.msg_id);
        if (is("error-read"))
            TIMMsgReportReaded("ghost", kTIMConv_C2C, "", on_done, user(FOUND));
        else
            TIMMsgDelete("bob", kTIMConv_C2C, text, on_done, user(FOUND));
    }
    happened(FOUND);
}

static void
on_answered(int32_t code, const char *desc, const char *json, const void *data)
{
    on_done(code, desc, json, data);
    take_ids(json, &answer);
}

static void
say_yes(const char *sender)
{
    char id[128] = "", json[512];
    if (is("late"))
        app_sleep(1200);
    if (is("quit"))
        exit(3);
    if (is("stuck"))
        for (;;)
            pause();
    const char *first = is("text")       ? "no"
                        : is("elements") ? "soon"
                        : is("escape")   ? "\\u0079e\\u0073"
                                         : "yes";
    const char *second = is("elements") ? "yes" : "soon";
    snprintf(
        json, sizeof json,
        "{%s\"message_client_time\":%ld,\"message_rand\":%d,\"message_elem_array\":["
        "{\"elem_type\":0,\"text_elem_content\":\"%s\"},{\"elem_type\":0,\"text_elem_content\":\"%s\"}]}",
        is("extra-key") ? "\"message_cloud_custom_str\":\"x\"," : "", (long)time(NULL), (int)getpid(), first,
        second);
    TIMMsgSendMessage(sender, kTIMConv_C2C, json, is("no-buffer") ? NULL : id, on_answered, user(0));
}

static void
mark_read(const char *sender, const char *message)
{
    const char *whole = is("null") && message[0] == '\0' ? NULL : message;
    if (is("wrong-conv") && message[0] == '\0')
        sender = "rob";
    TIMMsgReportReaded(sender, is("enum") && message[0] == '\0' ? kTIMConv_Group : kTIMConv_C2C, whole,
                       on_done, user(READ));
}

static void
on_message(const cJSON *message, const char *json)
{
    const char *sender = cJSON_GetStringValue(cJSON_GetObjectItem(message, "message_sender"));
    const cJSON *elem = cJSON_GetArrayItem(cJSON_GetObjectItem(message, "message_elem_array"), 0);
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(elem, "text_elem_content"));
    getters();
    if (strstr(text, "forget") != NULL) {
        if (is("crash"))
            *(volatile int *)16 = 3;
        post(0, job_revoke);
    } else if (strchr(text, '?') != NULL) {
        take_ids(json, &question);
        char *whole = raw_object(json, "{");
        if (is("swap-inside"))
            mark_read(sender, whole);
        say_yes(sender);
        if (!is("swap-inside"))
            mark_read(sender, whole);
        free(whole);
    } else if (is("thread-worker")) {
        post(1, job_read);
    } else if (!is("drop-inside")) {
        mark_read(sender, "");
        if (is("repeat"))
            mark_read(sender, "");
    }
}

static void
on_messages(const char *json, const void *data)
{
    (void)data;
    cJSON *array = cJSON_Parse(json), *message;
    cJSON_ArrayForEach(message, array)
    {
        on_message(message, json);
    }
    cJSON_Delete(array);
}

/* A second listener: counts, for the status bar. */
static void
on_audit(const char *json, const void *data)
{
    static _Atomic unsigned count;
    (void)json, (void)data;
    if (++count == 1 && is("early"))
        _exit(0);
}

static void
on_conversations(enum TIMConvEvent event, const char *json, const void *data)
{
    (void)event, (void)json, (void)data;
}

static void
on_receipt(const char *json, const void *data)
{
    (void)json, (void)data;
}

/* ---- main ----------------------------------------------------------------------------------------- */

static void
start(void)
{
    TIMInit(1400000001,
            "{\"sdk_config_log_file_path\":\"/tmp/log\",\"sdk_config_config_file_path\":\"/tmp\"}");
    TIMAddRecvNewMsgCallback(on_messages, user(0));
    TIMAddRecvNewMsgCallback(on_audit, user(1));
    if (is("register-other"))
        TIMSetMsgReadedReceiptCallback(on_receipt, NULL);
    else if (is("register-null"))
        TIMSetConvEventCallback(NULL, NULL);
    else
        TIMSetConvEventCallback(on_conversations, user(2));
    if (!is("drop-wait"))
        TIMLogin("alice", "a-signature-of-today", on_login, user(LOGGED_IN));
    if (!is("no-wait"))
        await(LOGGED_IN);
    if (is("relogin"))
        TIMLogin("alice", "a-signature-of-today", on_login, user(LOGGED_IN));
    if (is("extra"))
        TIMGroupGetJoinedGroupList(on_done, user(0));
}

static void
read_lists(void)
{
    static const char ids[] = "[\"m-1\",\"m-2\"]";
    TIMGetLoginStatus();
    getters();
    if (is("swap"))
        TIMMsgFindMessages(ids, on_found, user(FOUND));
    if (!is("drop") && !is("thread-callback"))
        TIMConvGetConvList(on_list, user(LISTED));
    if (!is("swap"))
        TIMMsgFindMessages(is("order") ? "[\"m-2\",\"m-1\"]" : ids, on_found, user(FOUND));
    if (is("slow"))
        app_sleep(100);
    if (!is("drop"))
        await(LISTED);
    await(FOUND);
}

int
main(int argc, char **argv)
{
    pthread_t thread;
    if (argc > 1)
        mutation = argv[1];
    for (int i = 0; i < 2; i++)
        pthread_create(&thread, NULL, pool, &workers[i]);
    start();
    read_lists();
    post(0, job_bob);
    post(1, job_team);
    await(STATED);
    await(PROFILED);
    if (is("return"))
        return 0;
    await(REVOKED);
    TIMRemoveRecvNewMsgCallback(is("remove-other") ? on_messages : on_audit);
    TIMLogout(on_logged_out, user(LOGGED_OUT));
    await(LOGGED_OUT);
    if (is("abort")) {
        app_sleep(50); /* the callback that let us go returns meanwhile */
        abort();
    }
    if (!is("drop-last"))
        TIMUninit();
    if (is("endless"))
        for (;;)
            pause();
    return is("exit") ? 3 : 0;
}
