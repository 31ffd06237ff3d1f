// SPDX-License-Identifier: MIT
/*
 * The consumer of the fuzz bench. Its bugs are of the kinds seen in public consumers of this API and in issue
 * trackers (anchors of the design: unguarded first element, index of another array, results used although the
 * call failed, 64-bit ids through doubles, unchecked times, fixed buffers, format strings, text as JSON,
 * recursion). Each is marked by canary_bug, which stands where the crash would be; behind it the code goes on
 * as if the input had not been there.
 */
#include "bench/fuzz/planted.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "bench/fuzz/canary.h"

#define CACHE 16

static char *cache[CACHE]; /* message ids whose text is shown */
static unsigned cached;
static volatile uint64_t shown; /* what the screen would show: keeps the work from being optimised away */

static void
show(const char *text)
{
    if (text != NULL)
        shown += strlen(text);
}

/* Past what 64 bits hold: the nearest they do. */
static int64_t
whole(double value)
{
    if (!(value > -9e18))
        return value <= -9e18 ? INT64_MIN : 0;
    return value < 9e18 ? (int64_t)value : INT64_MAX;
}

static int64_t
number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    return cJSON_IsNumber(item) ? whole(item->valuedouble) : 0;
}

static const char *
text(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static void on_merged(const cJSON *elem, unsigned depth);

/* 0: image without a thumbnail; 1: custom data that is JSON, but no object. */
static void
on_element(const cJSON *elem, unsigned depth)
{
    switch (number(elem, "elem_type")) {
    case 0:
        show(text(elem, "text_elem_content"));
        break;
    case 1: {
        const char *thumb = text(elem, "image_elem_thumb_url");

        if (canary_bug(0, canary_null(thumb) & canary_is(number(elem, "image_elem_level"), 2)))
            return;
        show(thumb);
        break;
    }
    case 3: {
        const char *data = text(elem, "custom_elem_data");
        cJSON *inner = data == NULL ? NULL : cJSON_Parse(data);

        if (!canary_bug(1, cJSON_IsArray(inner)))
            show(text(inner, "businessID"));
        cJSON_Delete(inner);
        break;
    }
    case 7:
        shown += (uint64_t)number(elem, "location_elem_longitude");
        break;
    case 12:
        on_merged(elem, depth + 1);
        break;
    default:
        break;
    }
}

/* 2: a screen for three levels of forwarded messages. */
static void
on_merged(const cJSON *elem, unsigned depth)
{
    const cJSON *message;

    if (canary_bug(2, canary_above(depth, 2)))
        return;
    show(text(elem, "merge_elem_title"));
    cJSON_ArrayForEach(message, cJSON_GetObjectItemCaseSensitive(elem, "merge_elem_message_array"))
    {
        const cJSON *inner;

        cJSON_ArrayForEach(inner, cJSON_GetObjectItemCaseSensitive(message, "message_elem_array"))
            on_element(inner, depth);
    }
}

/* 3: the first element of none; 4: a name field of 64 bytes. */
static void
on_message(const cJSON *message)
{
    const cJSON *elems = cJSON_GetObjectItemCaseSensitive(message, "message_elem_array");
    const cJSON *elem;

    if (canary_bug(3, canary_is(cJSON_IsArray(elems), 1) & canary_null(elems == NULL ? NULL : elems->child)))
        return;
    if (canary_bug(4, canary_longer(text(cJSON_GetObjectItemCaseSensitive(message, "message_sender_profile"),
                                         "user_profile_nick_name"),
                                    63)))
        return;
    show(text(message, "message_sender"));
    cJSON_ArrayForEach(elem, elems) on_element(elem, 0);
}

void
on_messages(const char *json, const void *user)
{
    cJSON *root = cJSON_Parse(json);
    const cJSON *message;

    (void)user;
    cJSON_ArrayForEach(message, root) on_message(message);
    cJSON_Delete(root);
}

/* 5: an element the message does not have; 6: percent of nothing. */
void
on_progress(const char *json, uint32_t index, uint32_t done, uint32_t total, const void *user)
{
    cJSON *root = cJSON_Parse(json);
    const cJSON *elems = cJSON_GetObjectItemCaseSensitive(root, "message_elem_array");
    int count = cJSON_GetArraySize(elems);

    (void)user;
    if (count == 0 || canary_bug(5, canary_above(index, count - 1)) || canary_bug(6, canary_is(total, 0))) {
        cJSON_Delete(root);
        return;
    }
    shown += (uint64_t)done * 100u / total;
    on_element(cJSON_GetArrayItem(elems, (int)index), 0);
    cJSON_Delete(root);
}

/* 7: a deleted conversation without an id. */
void
on_conversations(int event, const char *json, const void *user)
{
    cJSON *root = cJSON_Parse(json);
    const cJSON *conv;

    (void)user;
    cJSON_ArrayForEach(conv, root)
    {
        if (canary_bug(7, canary_is(event, 1) & canary_null(text(conv, "conv_id"))))
            break;
        show(text(conv, "conv_id"));
    }
    cJSON_Delete(root);
}

/* 8: names and member infos that do not belong together. */
void
on_tips(const char *json, const void *user)
{
    cJSON *root = cJSON_Parse(json);
    const cJSON *tip = cJSON_IsArray(root) && root->child != NULL ? root->child : root;
    int names = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(tip, "group_tips_elem_user_array"));
    int infos =
        cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(tip, "group_tips_elem_changed_user_info_array"));

    (void)user;
    if (number(tip, "group_tips_elem_tip_type") == 1 && infos > 0)
        canary_bug(8, canary_above(names, infos));
    show(text(tip, "group_tips_elem_group_id"));
    cJSON_Delete(root);
}

/* 9: an id that a double cannot hold is another id. */
void
on_revoked(const char *json, const void *user)
{
    cJSON *root = cJSON_Parse(json);
    const char *at = json == NULL ? NULL : strstr(json, "\"message_locator_unique_id\":");
    char digits[32] = "";

    (void)user;
    if (cJSON_IsArray(root) && at != NULL) {
        size_t count = strspn(at + 28, "0123456789");

        if (count > 0 && count < sizeof digits) {
            memcpy(digits, at + 28, count);
            canary_bug(9, canary_rounded(digits));
        }
    }
    cJSON_Delete(root);
}

/* 10: a time that localtime has no answer for. */
void
on_receipts(const char *json, const void *user)
{
    cJSON *root = cJSON_Parse(json);
    const cJSON *receipt;

    (void)user;
    cJSON_ArrayForEach(receipt, root)
    {
        const cJSON *stamp = cJSON_GetObjectItemCaseSensitive(receipt, "msg_receipt_time_stamp");

        if (cJSON_IsNumber(stamp))
            canary_bug(10, canary_above(whole(stamp->valuedouble), INT64_C(67768036191676799)));
        show(text(receipt, "msg_receipt_conv_id"));
    }
    cJSON_Delete(root);
}

/* 11: a message that was deleted is shown again. Status 4 takes it out of the cache, but its row stays. */
void
on_updated(const char *json, const void *user)
{
    cJSON *root = cJSON_Parse(json);
    const cJSON *message;

    (void)user;
    cJSON_ArrayForEach(message, root)
    {
        const char *id = text(message, "message_msg_id");
        int known = 0;

        if (id == NULL || *id == '\0')
            continue;
        for (unsigned i = 0; i < cached; i++)
            known |= strcmp(cache[i], id) == 0;
        canary_bug(11, known);
        if (number(message, "message_status") == 4 && !known && cached < CACHE)
            cache[cached++] = strdup(id);
    }
    cJSON_Delete(root);
}

/* 12: what the server says as a format. */
void
on_network(int status, int32_t code, const char *desc, const void *user)
{
    (void)user;
    if (status == 3 && canary_bug(12, canary_has(desc, '%') & (code != 0)))
        return;
    show(desc);
}

/* 13: a failed call has no list. */
void
on_conversation_list(int32_t code, const char *desc, const char *json, const void *user)
{
    cJSON *root = json == NULL ? NULL : cJSON_Parse(json);

    (void)user;
    show(desc);
    canary_bug(13, (code != 0) & canary_null(root));
    for (const cJSON *conv = root == NULL ? NULL : root->child; conv != NULL; conv = conv->next)
        show(text(conv, "conv_id"));
    cJSON_Delete(root);
}

/* 14: there is always one more page after one with members. */
void
on_members(int32_t code, const char *desc, const char *json, const void *user)
{
    cJSON *root = json == NULL || code != 0 ? NULL : cJSON_Parse(json);
    const cJSON *seq = cJSON_GetObjectItemCaseSensitive(root, "group_get_member_info_list_result_next_seq");
    const cJSON *infos =
        cJSON_GetObjectItemCaseSensitive(root, "group_get_member_info_list_result_info_array");

    (void)desc, (void)user;
    if (cJSON_IsNumber(seq))
        canary_bug(14, canary_above(seq->valuedouble > 0, 0) & canary_is(cJSON_IsArray(infos), 1) &
                           canary_null(infos == NULL ? NULL : infos->child));
    cJSON_Delete(root);
}

/* 15: a message that failed for its content is looked at as if it had been sent. */
void
on_sent(int32_t code, const char *desc, const char *json, const void *user)
{
    cJSON *root = json == NULL ? NULL : cJSON_Parse(json);

    (void)desc, (void)user;
    if (code == 80001)
        canary_bug(15, canary_null(cJSON_GetObjectItemCaseSensitive(root, "message_elem_array")));
    else if (root != NULL)
        on_message(root);
    cJSON_Delete(root);
}

void
planted_reset(void)
{
    while (cached > 0)
        free(cache[--cached]);
}
