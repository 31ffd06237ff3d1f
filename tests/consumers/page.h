// SPDX-License-Identifier: MIT
/*
 * A C app with cJSON that plays traces/samples/callback-page.ndjson: makes the calls, and for every
 * callback prints its arguments and the fields it understood. page_c.c links the SDK, page_dlopen.c
 * opens it. A payload that is not JSON is reported and survived, as a client should.
 */
#include "app.h"

#include <cjson/cJSON.h>

static int user = 42;

/* Collects the fields of one callback; printed as one line. */
struct fields {
    char line[900];
    size_t used;
};

static __attribute__((format(printf, 2, 3))) void
field(struct fields *fields, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int length = vsnprintf(fields->line + fields->used, sizeof fields->line - fields->used, format, values);
    va_end(values);
    if (length > 0)
        fields->used += (size_t)length;
    if (fields->used >= sizeof fields->line)
        fields->used = sizeof fields->line - 1;
}

static const char *
text(const cJSON *object, const char *key)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return value == NULL ? "-" : value;
}

static double
number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(item) ? item->valuedouble : cJSON_IsTrue(item) ? 1 : cJSON_IsFalse(item) ? 0 : -1;
}

/* elem_type on the page is one too high for two types: the keys decide. */
static void
elem(struct fields *fields, const cJSON *item)
{
    if (cJSON_HasObjectItem(item, "text_elem_content"))
        field(fields, " text(%s)", text(item, "text_elem_content"));
    else if (cJSON_HasObjectItem(item, "group_report_elem_report_type"))
        field(fields, " report(%.0f, %s)", number(item, "group_report_elem_report_type"),
              text(item, "group_report_elem_group_id"));
    else if (cJSON_HasObjectItem(item, "group_tips_elem_tip_type"))
        field(fields, " tips(%.0f, %s)", number(item, "group_tips_elem_tip_type"),
              text(item, "group_tips_elem_op_user"));
    else if (cJSON_HasObjectItem(item, "file_elem_file_name"))
        field(fields, " file(%s, %.0f bytes)", text(item, "file_elem_file_name"),
              number(item, "file_elem_file_size"));
    else
        field(fields, " elem(%.0f)", number(item, "elem_type"));
}

static void
message(struct fields *fields, const cJSON *item)
{
    const cJSON *part;
    field(fields, " %s->%s/%.0f seq %.0f", text(item, "message_sender"), text(item, "message_conv_id"),
          number(item, "message_conv_type"), number(item, "message_seq"));
    cJSON_ArrayForEach(part, cJSON_GetObjectItemCaseSensitive(item, "message_elem_array")) elem(fields, part);
}

/* One entry of whatever this callback lists: a message, conversation, receipt, group, ... */
static void
entry(struct fields *fields, const cJSON *item)
{
    if (cJSON_HasObjectItem(item, "message_elem_array")) {
        message(fields, item);
    } else if (cJSON_HasObjectItem(item, "conv_id")) {
        field(fields, " conv %s/%.0f unread %.0f", text(item, "conv_id"), number(item, "conv_type"),
              number(item, "conv_unread_num"));
        const cJSON *last = cJSON_GetObjectItemCaseSensitive(item, "conv_last_msg");
        if (cJSON_IsObject(last))
            message(fields, last);
    } else if (cJSON_HasObjectItem(item, "msg_receipt_conv_id")) {
        field(fields, " read %s at %.0f", text(item, "msg_receipt_conv_id"),
              number(item, "msg_receipt_time_stamp"));
    } else if (cJSON_HasObjectItem(item, "message_locator_conv_id")) {
        field(fields, " revoked %s seq %.0f", text(item, "message_locator_conv_id"),
              number(item, "message_locator_seq"));
    } else {
        const cJSON *part;
        cJSON_ArrayForEach(part, item)
        {
            if (cJSON_IsString(part))
                field(fields, " %s=%s", part->string == NULL ? "" : part->string, part->valuestring);
            else if (cJSON_IsNumber(part))
                field(fields, " %s=%.0f", part->string == NULL ? "" : part->string, part->valuedouble);
            else if (cJSON_IsArray(part) || cJSON_IsObject(part))
                field(fields, " %s[%d]", part->string == NULL ? "" : part->string, cJSON_GetArraySize(part));
        }
    }
}

static void
understand(const char *json)
{
    struct fields fields = {0};
    const cJSON *item;
    if (json == NULL || json[0] == '\0')
        return;
    cJSON *tree = cJSON_ParseWithOpts(json, NULL, true);
    field(&fields, "  fields");
    if (tree == NULL) {
        field(&fields, " not JSON");
    } else if (cJSON_IsArray(tree)) {
        field(&fields, " [%d]", cJSON_GetArraySize(tree));
        cJSON_ArrayForEach(item, tree) entry(&fields, item);
    } else {
        entry(&fields, tree);
    }
    cJSON_Delete(tree);
    app_say("%s", fields.line);
}

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
    understand(json);
}

/* Every listener that is given one text. */
#define LISTENER(function, name)                                                                             \
    static void function(const char *json, const void *got)                                                  \
    {                                                                                                        \
        check(got);                                                                                          \
        app_back(name, "j", json);                                                                           \
        understand(json);                                                                                    \
    }
LISTENER(on_message, "TIMRecvNewMsgCallback")
LISTENER(on_receipt, "TIMMsgReadedReceiptCallback")
LISTENER(on_revoke, "TIMMsgRevokeCallback")
LISTENER(on_tips, "TIMGroupTipsEventCallback")
LISTENER(on_update, "TIMMsgUpdateCallback")

static void
on_upload(const char *json, uint32_t index, uint32_t now, uint32_t total, const void *got)
{
    check(got);
    app_back("TIMMsgElemUploadProgressCallback", "juuu", json, (uint64_t)index, (uint64_t)now,
             (uint64_t)total);
    understand(json);
}

static void
on_conv(enum TIMConvEvent event, const char *json, const void *got)
{
    check(got);
    app_back("TIMConvEventCallback", "ij", (int64_t)(int32_t)event, json);
    understand(json);
}

static void
on_status(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *got)
{
    check(got);
    app_back("TIMNetworkStatusListenerCallback", "iis", (int64_t)status, (int64_t)code, desc);
}

static void
on_kicked(const void *got)
{
    check(got);
    app_back("TIMKickedOfflineCallback", "");
}

static void
on_expired(const void *got)
{
    check(got);
    app_back("TIMUserSigExpiredCallback", "");
}

static void
on_log(enum TIMLogLevel level, const char *log, const void *got)
{
    check(got);
    app_back("TIMLogCallback", "is", (int64_t)level, log);
}

static void
page_listen(void)
{
    SDK(TIMSetLogCallback)(on_log, &user);
    SDK(TIMAddRecvNewMsgCallback)(on_message, &user);
    SDK(TIMSetMsgReadedReceiptCallback)(on_receipt, &user);
    SDK(TIMSetMsgRevokeCallback)(on_revoke, &user);
    SDK(TIMSetMsgElemUploadProgressCallback)(on_upload, &user);
    SDK(TIMSetGroupTipsEventCallback)(on_tips, &user);
    SDK(TIMSetConvEventCallback)(on_conv, &user);
    SDK(TIMSetNetworkStatusListenerCallback)(on_status, &user);
    SDK(TIMSetKickedOfflineCallback)(on_kicked, &user);
    SDK(TIMSetUserSigExpiredCallback)(on_expired, &user);
    SDK(TIMSetMsgUpdateCallback)(on_update, &user);
}

static void
answered(const char *name, int result)
{
    if (result != 0)
        app_say("%s answered %d", name, result);
}

int
main(void)
{
#define PAGE_LISTEN page_listen();
#define PAGE_CALL(name, ...) answered(#name, (int)SDK(name)(__VA_ARGS__));
#include "page_calls.h"
    app_say("callbacks %lu", app_count());
    return 0;
}
