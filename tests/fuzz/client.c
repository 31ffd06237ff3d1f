// SPDX-License-Identifier: MIT
#include "client.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

void
client_clear(struct client *client)
{
    free(client->progress);
    memset(client, 0, sizeof *client);
}

static const char *
text_of(const cJSON *object, const char *key)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);

    return cJSON_IsString(value) ? value->valuestring : "";
}

static void
note_sender(struct client *client, const cJSON *message)
{
    const char *sender = text_of(message, "message_sender");

    if (strlen(sender) < sizeof client->last_sender)
        strcpy(client->last_sender, sender);
}

static void
note_tips(struct client *client, const cJSON *elem)
{
    const cJSON *users = cJSON_GetObjectItemCaseSensitive(elem, "group_tips_elem_user_array");

    /* Bug 1: a tip about nobody. Only tips have this key, and only an element of the right number is a tip.
     */
    client->unread += (unsigned)strlen(users->child->valuestring);
}

void
client_on_new_msg(const char *json_msg_array, const void *user_data)
{
    struct client *client = (struct client *)(uintptr_t)user_data;
    cJSON *messages = cJSON_Parse(json_msg_array);
    const cJSON *message, *elem;

    cJSON_ArrayForEach(message, messages)
    {
        const cJSON *elems = cJSON_GetObjectItemCaseSensitive(message, "message_elem_array");

        client->messages++;
        note_sender(client, message);
        cJSON_ArrayForEach(elem, elems)
        {
            const cJSON *type = cJSON_GetObjectItemCaseSensitive(elem, "elem_type");

            if (cJSON_IsNumber(type) && type->valueint == 5 &&
                cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(elem, "group_tips_elem_user_array")))
                note_tips(client, elem);
        }
    }
    cJSON_Delete(messages);
}

void
client_on_progress(const char *json_msg, uint32_t index, uint32_t cur_size, uint32_t total_size,
                   const void *user_data)
{
    struct client *client = (struct client *)(uintptr_t)user_data;
    cJSON *message = cJSON_Parse(json_msg);
    const cJSON *elems = cJSON_GetObjectItemCaseSensitive(message, "message_elem_array");

    if (cJSON_IsArray(elems) && elems->child != NULL) {
        free(client->progress);
        client->elements = cJSON_GetArraySize(elems);
        client->progress = calloc((size_t)client->elements, 1);
        /* Bug 2: the index is another argument, and nobody promises that it fits the array. */
        if (client->progress != NULL && total_size > 0)
            client->progress[index] = (uint8_t)((uint64_t)cur_size * 100 / total_size);
    }
    cJSON_Delete(message);
}

void
client_on_conv_list(int32_t code, const char *desc, const char *json_params, const void *user_data)
{
    struct client *client = (struct client *)(uintptr_t)user_data;
    cJSON *list = code == 0 ? cJSON_Parse(json_params) : NULL;
    const cJSON *conversation;

    (void)desc;
    cJSON_ArrayForEach(conversation, list)
    {
        const cJSON *unread = cJSON_GetObjectItemCaseSensitive(conversation, "conv_unread_num");

        if (cJSON_IsNumber(unread) && unread->valueint > 0)
            client->unread += (unsigned)unread->valueint;
    }
    cJSON_Delete(list);
}
