// SPDX-License-Identifier: MIT
/*
 * A careful consumer with cJSON: every callback of the vendor's page and each completion with a result, types
 * checked, ids handed back exactly or not at all. It is to outlive whatever comes.
 */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <timtape/fuzz.h>

#include "fuzz/targets/handlers_shapes.h"

static uint64_t digest;

static void
note(const void *bytes, size_t count)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < count; i++)
        digest = (digest ^ byte[i]) * 1099511628211u;
}

void
timtape_fuzz_reset(void)
{
    digest = 14695981039346656037u;
}

uint64_t
timtape_fuzz_digest(void)
{
    return digest;
}

/* cJSON has doubles only: what is larger than this has lost its last digits. */
static int
whole(const cJSON *number)
{
    return cJSON_IsNumber(number) && fabs(number->valuedouble) <= 9007199254740991.0 &&
           floor(number->valuedouble) == number->valuedouble;
}

static void take(const cJSON *object, const struct shape *shape);

static void
take_list(const cJSON *list, const struct shape *inner)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (inner != NULL)
            take(item, inner);
        else if (cJSON_IsString(item))
            note(item->valuestring, strlen(item->valuestring));
    }
}

static void
take(const cJSON *object, const struct shape *shape)
{
    for (; cJSON_IsObject(object) && shape->key != NULL; shape++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, shape->key);
        if (shape->kind == SHAPE_TEXT && cJSON_IsString(value))
            note(value->valuestring, strlen(value->valuestring));
        else if (shape->kind == SHAPE_WHOLE && whole(value))
            note(&(int64_t){(int64_t)value->valuedouble}, sizeof(int64_t));
        else if (shape->kind == SHAPE_FLAG && cJSON_IsBool(value))
            note(cJSON_IsTrue(value) ? "t" : "f", 1);
        else if (shape->kind == SHAPE_OBJECT)
            take(value, shape->inner);
        else if (shape->kind == SHAPE_LIST && cJSON_IsArray(value))
            take_list(value, shape->inner);
    }
}

static void
take_elem(const cJSON *elem)
{
    const cJSON *type = cJSON_IsObject(elem) ? cJSON_GetObjectItemCaseSensitive(elem, kTIMElemType) : NULL;
    const struct shape *shape = whole(type) ? shape_of_elem(type->valuedouble) : NULL;
    if (shape != NULL)
        take(elem, shape);
}

static void
take_message(const cJSON *message)
{
    const cJSON *elem, *elems = cJSON_GetObjectItemCaseSensitive(message, kTIMMsgElemArray);
    take(message, shape_message);
    if (cJSON_IsArray(elems)) {
        cJSON_ArrayForEach(elem, elems) take_elem(elem);
    }
}

/* One object, or a list of them: the page shows both. */
static void
take_any(const cJSON *root, const struct shape *shape)
{
    if (cJSON_IsArray(root))
        take_list(root, shape);
    else
        take(root, shape);
}

static void
on_result(int32_t code, const char *desc, const char *json_params, const void *user_data)
{
    note(&code, sizeof code);
    if (code != 0 || user_data == NULL || json_params == NULL) {
        if (code != 0 && desc != NULL)
            note(desc, strlen(desc));
        return;
    }
    cJSON *root = cJSON_Parse(json_params);
    take_any(root, user_data);
    cJSON_Delete(root);
}

static void
on_payload(const char *json, const void *user_data)
{
    cJSON *root = json != NULL ? cJSON_Parse(json) : NULL;
    take_any(root, user_data);
    cJSON_Delete(root);
}

/* The conversation that an object belongs to; NULL: it cannot be said. */
static const char *
conversation(const cJSON *object, const char *id_key, const char *type_key, enum TIMConvType *type)
{
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(object, id_key);
    const cJSON *kind = cJSON_GetObjectItemCaseSensitive(object, type_key);
    if (!cJSON_IsString(id) || id->valuestring[0] == '\0' || !whole(kind) ||
        (kind->valuedouble != kTIMConv_C2C && kind->valuedouble != kTIMConv_Group))
        return NULL;
    *type = kind->valuedouble == kTIMConv_C2C ? kTIMConv_C2C : kTIMConv_Group;
    return id->valuestring;
}

/* The numbers that name a message, copied; NULL: one is missing, or no longer exact. */
static char *
copy_ids(const cJSON *object, const char *const *keys, int in_list)
{
    cJSON *copy = cJSON_CreateObject();
    char *text = NULL;
    int all = copy != NULL;
    for (; all && *keys != NULL; keys++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, *keys);
        all = whole(value) && value->valuedouble >= 0 &&
              cJSON_AddNumberToObject(copy, *keys, value->valuedouble) != NULL;
    }
    if (all && in_list) {
        cJSON *list = cJSON_CreateArray();
        cJSON_AddItemToArray(list, copy);
        copy = list;
    }
    if (all)
        text = cJSON_PrintUnformatted(copy);
    cJSON_Delete(copy);
    return text;
}

/* NULL: no text, no JSON, or no list. */
static cJSON *
parse_list(const char *json)
{
    cJSON *root = json != NULL ? cJSON_Parse(json) : NULL;
    if (cJSON_IsArray(root))
        return root;
    cJSON_Delete(root);
    return NULL;
}

static void
on_new_msg(const char *json_msg_array, const void *user_data)
{
    static const char *const keys[] = {"message_seq", "message_rand", "message_client_time", NULL};
    cJSON *message, *messages = parse_list(json_msg_array);
    enum TIMConvType type;
    (void)user_data;
    cJSON_ArrayForEach(message, messages)
    {
        const char *id = conversation(message, kTIMMsgConvId, kTIMMsgConvType, &type);
        char *ids = id != NULL ? copy_ids(message, keys, 0) : NULL;
        take_message(message);
        if (ids != NULL)
            TIMMsgReportReaded(id, type, ids, on_result, NULL);
        cJSON_free(ids);
    }
    cJSON_Delete(messages);
}

static void
on_message(const char *json_msg_array, const void *user_data)
{
    cJSON *message, *messages = parse_list(json_msg_array);
    (void)user_data;
    cJSON_ArrayForEach(message, messages) take_message(message);
    cJSON_Delete(messages);
}

static void
on_revoke(const char *json_msg_locator_array, const void *user_data)
{
    static const char *const keys[] = {"message_locator_seq", "message_locator_rand", "message_locator_time",
                                       NULL};
    cJSON *locator, *locators = parse_list(json_msg_locator_array);
    enum TIMConvType type;
    (void)user_data;
    cJSON_ArrayForEach(locator, locators)
    {
        const char *id = conversation(locator, kTIMMsgLocatorConvId, kTIMMsgLocatorConvType, &type);
        char *ids = id != NULL ? copy_ids(locator, keys, 1) : NULL;
        take(locator, shape_locator);
        if (ids != NULL)
            TIMMsgFindByMsgLocatorList(id, type, ids, on_result, NULL);
        cJSON_free(ids);
    }
    cJSON_Delete(locators);
}

static void
on_upload(const char *json_msg, uint32_t index, uint32_t cur_size, uint32_t total_size, const void *user_data)
{
    cJSON *message = json_msg != NULL ? cJSON_Parse(json_msg) : NULL;
    const cJSON *elems = cJSON_GetObjectItemCaseSensitive(message, kTIMMsgElemArray);
    (void)user_data;
    if (cJSON_IsArray(elems) && index < (uint32_t)cJSON_GetArraySize(elems))
        take_elem(cJSON_GetArrayItem(elems, (int)index));
    if (total_size > 0 && cur_size <= total_size) {
        uint64_t percent = (uint64_t)cur_size * 100 / total_size;
        note(&percent, sizeof percent);
    }
    cJSON_Delete(message);
}

static void
on_conv_event(enum TIMConvEvent conv_event, const char *json_conv_array, const void *user_data)
{
    cJSON *root = json_conv_array != NULL ? cJSON_Parse(json_conv_array) : NULL;
    (void)user_data;
    if (conv_event == kTIMConvEvent_Add || conv_event == kTIMConvEvent_Del ||
        conv_event == kTIMConvEvent_Update)
        take_any(root, shape_conversation);
    cJSON_Delete(root);
}

static void
on_network(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *user_data)
{
    (void)user_data;
    note(&status, sizeof status);
    note(&code, sizeof code);
    if (desc != NULL)
        note(desc, strlen(desc));
}

static void
on_log(enum TIMLogLevel level, const char *log, const void *user_data)
{
    (void)user_data;
    note(&level, sizeof level);
    if (log != NULL)
        note(log, strlen(log));
}

static void
on_signal(const void *user_data)
{
    (void)user_data;
    note("s", 1);
}

const struct timtape_fuzz_binding timtape_fuzz_bindings[] = {SHAPES_BINDINGS};
