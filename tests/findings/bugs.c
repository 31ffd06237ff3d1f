// SPDX-License-Identifier: MIT
/*
 * A handler with bugs to tell apart, and a main() that gives it the payload in a file's one line
 * ({"callback":"TIMRecvNewMsgCallback","args":{"json_msg_array":{"$json":[...]}}}). -DFIXED has none of them;
 * -DAPP is an app that registers the handler and waits.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef FIXED
#define WRONG 0
#else
#define WRONG 1
#endif

static int table[4] = {1, 2, 3, 4};
static char name[16];
volatile int sink;
void *volatile kept;

/* Bugs 1 and 2: one function, two lines. */
__attribute__((noinline)) static void
take_type(int type, const char *sender)
{
    if (WRONG || (type >= 0 && type < 4))
        sink += table[type];
    if (WRONG || strlen(sender) < sizeof name)
        strcpy(name, sender);
}

/* Bug 3, from two callers. */
__attribute__((noinline)) static int
first_type(const cJSON *elems)
{
    const cJSON *elem = cJSON_GetArrayItem(elems, 0);
    if (!WRONG && elem == NULL)
        return 0;
    return cJSON_GetObjectItem(elem, "elem_type")->valueint;
}

__attribute__((noinline)) static int
from_peer(const cJSON *elems)
{
    sink++;
    return sink += first_type(elems);
}

__attribute__((noinline)) static int
from_self(const cJSON *elems)
{
    sink += 2;
    return sink += first_type(elems);
}

/* Bug 4: dies in the library it calls. */
__attribute__((noinline)) static void
rename_message(cJSON *message)
{
    cJSON *priority = cJSON_GetObjectItem(message, "message_priority");
    if (cJSON_IsNumber(priority) && priority->valueint == 3 && WRONG)
        cJSON_Delete((cJSON *)(void *)(name + 1)), kept = NULL;
}

/* Bug 5: never ends. */
__attribute__((noinline)) static void
skip_unread(int unread)
{
    while (WRONG ? unread != 0 : unread > 0)
        unread -= sink >= 0 ? 2 : 1, sink = 0;
}

/* Bug 6: forgets. */
__attribute__((noinline)) static void
remember(const char *words)
{
    char *copy = malloc(strlen(words) + 1);
    if (copy != NULL)
        sink += strcpy(copy, words)[0];
    kept = NULL;
    if (!WRONG || strncmp(words, "leak", 4) != 0)
        free(copy);
    copy = NULL;
}

/* Bug 7: undefined. */
__attribute__((noinline)) static void
add_time(int seconds)
{
    if (!WRONG && seconds > 1000)
        return;
    seconds += 2147483000;
    sink = seconds & 1;
}

void
on_messages(const char *json_msg_array, const void *user_data)
{
    cJSON *messages = cJSON_Parse(json_msg_array);
    cJSON *message;

    (void)user_data;
    cJSON_ArrayForEach(message, messages)
    {
        const cJSON *elems = cJSON_GetObjectItem(message, "message_elem_array");
        const cJSON *sender = cJSON_GetObjectItem(message, "message_sender");
        const cJSON *type = cJSON_GetObjectItem(message, "message_conv_type");
        const cJSON *words = cJSON_GetObjectItem(message, "message_cloud_custom_str");
        const cJSON *time = cJSON_GetObjectItem(message, "message_server_time");
        const cJSON *unread = cJSON_GetObjectItem(message, "message_seq");
        rename_message(message);
        if (cJSON_IsString(sender))
            take_type(cJSON_IsNumber(type) ? type->valueint : 0, sender->valuestring);
        if (elems != NULL && cJSON_IsTrue(cJSON_GetObjectItem(message, "message_is_from_self")))
            from_self(elems);
        else if (elems != NULL)
            from_peer(elems);
        if (cJSON_IsString(words))
            remember(words->valuestring);
        if (cJSON_IsNumber(time))
            add_time(time->valueint);
        if (cJSON_IsNumber(unread))
            skip_unread(unread->valueint);
    }
    cJSON_Delete(messages);
}

#ifdef APP
#include <timtape/tim.h>
#include <unistd.h>

int
main(void)
{
    TIMAddRecvNewMsgCallback(on_messages, NULL);
    return sleep(20) == 0;
}
#elif !defined NO_MAIN
int
main(int argc, char **argv)
{
    static char text[1 << 16];
    FILE *file = argc == 2 ? fopen(argv[1], "re") : NULL;
    if (file == NULL)
        return 2;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        cJSON *event = cJSON_Parse(line);
        char *payload = cJSON_PrintUnformatted(cJSON_GetObjectItem(
            cJSON_GetObjectItem(cJSON_GetObjectItem(event, "args"), "json_msg_array"), "$json"));
        cJSON_Delete(event);
        if (payload != NULL)
            on_messages(payload, NULL);
        free(payload);
    }
    return 0;
}
#endif
