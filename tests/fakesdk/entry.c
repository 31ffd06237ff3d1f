// SPDX-License-Identifier: MIT
/*
 * The exported functions of the test double. FAKE_OLD: an SDK of the time of 6.6, with the
 * signatures of then. FAKE_LESS: an SDK that lacks functions.
 */
#include "fakesdk/fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wmissing-prototypes"

void fake_set(enum fake_listener which, void (*fn)(void), const void *user);
void fake_add_message(void (*fn)(void), const void *user);
void fake_remove_message(void (*fn)(void));

static char login_user[128];
static bool logged_in;

#define SETTER(name, which, type)                                                                            \
    FAKE_API void name(type *fn, const void *user)                                                           \
    {                                                                                                        \
        fake_set(which, (void (*)(void))fn, user);                                                           \
    }
SETTER(TIMSetConvEventCallback, FAKE_CONV, fake_conv)
SETTER(TIMSetNetworkStatusListenerCallback, FAKE_STATUS, fake_status)
SETTER(TIMSetKickedOfflineCallback, FAKE_KICKED, fake_plain)
SETTER(TIMSetUserSigExpiredCallback, FAKE_EXPIRED, fake_plain)
SETTER(TIMSetMsgReadedReceiptCallback, FAKE_RECEIPT, fake_text)
SETTER(TIMSetMsgRevokeCallback, FAKE_REVOKE, fake_text)
SETTER(TIMSetMsgElemUploadProgressCallback, FAKE_UPLOAD, fake_upload)
SETTER(TIMSetGroupTipsEventCallback, FAKE_TIPS, fake_text)
SETTER(TIMSetLogCallback, FAKE_LOG, fake_log)
SETTER(TIMSetMsgUpdateCallback, FAKE_UPDATE, fake_text)
#ifdef FAKE_OLD
SETTER(TIMSetConvConversationsDeletedFromGroupCallback, FAKE_DELETED, fake_deleted_old)
#else
SETTER(TIMSetConvConversationsDeletedFromGroupCallback, FAKE_DELETED, fake_deleted)
SETTER(TIMSetMsgGroupPinnedMessageChangedCallback, FAKE_PINNED, fake_pinned)
#endif
SETTER(TIMSetGroupCounterChangedCallback, FAKE_COUNTER, fake_counter)

FAKE_API void
TIMAddRecvNewMsgCallback(fake_text *fn, const void *user)
{
    fake_add_message((void (*)(void))fn, user);
}

FAKE_API void
TIMRemoveRecvNewMsgCallback(fake_text *fn)
{
    fake_remove_message((void (*)(void))fn);
}

static void
tell_status(void *unused)
{
    struct fake_slot slot = fake_get(FAKE_STATUS);
    (void)unused;
    if (slot.fn == NULL)
        return;
    fake_note("TIMNetworkStatusListenerCallback", NULL);
    ((fake_status *)slot.fn)(1, 0, "connecting", slot.user);
}

FAKE_API int
TIMInit(uint64_t app, const char *config)
{
    (void)app;
    if (config == NULL)
        return -1;
    fake_later(tell_status, NULL, false);
    return 0;
}

FAKE_API int
TIMUninit(void)
{
    return 0;
}

FAKE_API const char *
TIMGetSDKVersion(void)
{
#ifdef FAKE_OLD
    return "6.6.3002";
#else
    return "8.0.5903";
#endif
}

/* As seen with the real one: completes inside the call, on the calling thread. */
FAKE_API int
TIMSetConfig(const char *config, fake_comm *fn, const void *user)
{
    fake_send_comm(fn, user, 0, "", config);
    return 0;
}

FAKE_API int
TIMLogin(const char *user_id, const char *user_sig, fake_comm *fn, const void *user)
{
    if (user_id == NULL || user_sig == NULL)
        return -2;
    if (strcmp(user_id, "nobody") == 0) /* never completes, like the real one without a network */
        return 0;
    snprintf(login_user, sizeof login_user, "%s", user_id);
    logged_in = true;
    fake_complete(fn, user, 0, "", "", false);
    return 0;
}

FAKE_API int
TIMLogout(fake_comm *fn, const void *user)
{
    logged_in = false;
    fake_complete(fn, user, 0, "", "", false);
    return 0;
}

FAKE_API int
TIMGetLoginStatus(void)
{
    return logged_in ? 1 : 3;
}

FAKE_API int
TIMGetLoginUserID(char *buffer)
{
    strcpy(buffer, login_user);
    return logged_in ? 0 : 6014;
}

FAKE_API int
TIMConvGetConvList(fake_comm *fn, const void *user)
{
    fake_complete(fn, user, 0, "OK",
                  "[{\"conv_id\":\"user2\",\"conv_type\":1,\"conv_active_time\":18446744073709551615}]",
                  false);
    return 0;
}

FAKE_API int
TIMConvPinConversation(const char *conv, int type, bool pinned, fake_comm *fn, const void *user)
{
    char json[64];
    (void)conv;
    snprintf(json, sizeof json, "{\"type\":%d,\"pinned\":%d}", type, pinned);
    fake_complete(fn, user, 0, "", json, false);
    return 0;
}

FAKE_API int
TIMConvCleanConversationUnreadMessageCount(const char *conv, uint64_t time, uint64_t sequence, fake_comm *fn,
                                           const void *user)
{
    char json[96];
    (void)conv;
    snprintf(json, sizeof json, "{\"time\":%llu,\"sequence\":%llu}", (unsigned long long)time,
             (unsigned long long)sequence);
    fake_complete(fn, user, 0, "", json, false);
    return 0;
}

FAKE_API int
TIMConvSetDraft(const char *conv, int type, const char *draft)
{
    (void)conv;
    return draft == NULL ? -3 : type;
}

#ifdef FAKE_OLD
FAKE_API int
TIMConvGetConversationListByFilter(const char *filter, fake_comm *fn, const void *user)
{
    fake_complete(fn, user, 0, "three parameters", filter, false);
    return 0;
}
#else
FAKE_API int
TIMConvGetConversationListByFilter(const char *filter, uint64_t next, uint32_t count, fake_comm *fn,
                                   const void *user)
{
    char json[256];
    snprintf(json, sizeof json, "{\"filter\":\"%.100s\",\"next\":%llu,\"count\":%u}",
             filter == NULL ? "" : filter, (unsigned long long)next, count);
    fake_complete(fn, user, 0, "five parameters", json, false);
    return 0;
}
#endif

/* As seen with the real one: may have completed, on the logic thread, before it returns. */
FAKE_API int
TIMMsgSendMessage(const char *conv, int type, const char *message, char *id, fake_comm *fn, const void *user)
{
    static _Atomic unsigned number;
    (void)conv;
    (void)type;
    if (message == NULL)
        return -3;
    if (id != NULL)
        sprintf(id, "144115233874815003-1729137599-%u", ++number);
    fake_complete(fn, user, 0, "", message, true);
    return 0;
}

FAKE_API int
TIMMsgSendNewMsg(const char *conv, int type, const char *message, fake_comm *fn, const void *user)
{
    (void)conv;
    (void)type;
    fake_complete(fn, user, 0, "", message, false);
    return 0;
}

FAKE_API int
TIMMsgSendNewMsgEx(const char *conv, int type, const char *message, fake_comm *id_fn, fake_comm *fn,
                   const void *user)
{
    (void)conv;
    (void)type;
    fake_complete(id_fn, user, 0, "", "144115233874815003-1729137599-7", false);
    fake_complete(fn, user, 0, "", message, false);
    return 0;
}

/* One call, several callbacks. */
FAKE_API int
TIMMsgDownloadElemToPath(const char *request, const char *path, fake_comm *fn, const void *user)
{
    (void)request;
    (void)path;
    for (unsigned done = 0; done <= 1000; done += 250) {
        char json[128];
        snprintf(
            json, sizeof json,
            "{\"msg_download_elem_result_current_size\":%u,\"msg_download_elem_result_total_size\":1000}",
            done);
        fake_complete(fn, user, 0, "", json, false);
    }
    fake_complete(fn, user, 0, "", "", false);
    return 0;
}

struct readers {
    fake_readers *fn;
    const void *user;
    uint64_t next;
};

static void
tell_readers(void *data)
{
    struct readers *it = data;
    if (it->fn != NULL) {
        fake_note("TIMMsgGroupMessageReadMemberListCallback", "[]");
        it->fn("[]", it->next, true, it->user);
    }
    free(it);
}

FAKE_API int
TIMMsgGetGroupMessageReadMemberList(const char *message, int filter, uint64_t next, uint32_t count,
                                    fake_readers *fn, const void *user)
{
    struct readers *it = malloc(sizeof *it);
    (void)message;
    (void)filter;
    (void)count;
    if (it == NULL)
        return -1;
    it->fn = fn;
    it->user = user;
    it->next = next + 1;
    fake_later(tell_readers, it, false);
    return 0;
}

FAKE_API int
callExperimentalAPI(const char *request, fake_comm *fn, const void *user)
{
    return fake_stress(request, fn, user);
}

#ifndef FAKE_LESS
FAKE_API uint64_t
TIMGetServerTime(void)
{
    return 0xfedcba9876543210u;
}

FAKE_API int
TIMSignalingInvite(const char *invitee, const char *data, bool online, const char *push, int timeout,
                   char *invite_id, fake_comm *fn, const void *user)
{
    char json[96];
    (void)invitee;
    (void)data;
    (void)push;
    snprintf(json, sizeof json, "{\"online\":%d,\"timeout\":%d}", online, timeout);
    if (invite_id != NULL)
        strcpy(invite_id, "invite-1");
    fake_complete(fn, user, 0, "", json, false);
    return 0;
}
#endif

/* What the real library exports besides the declared API must stay reachable, untouched. */
FAKE_API const char *
TIMGetVersion(void)
{
    return "undeclared";
}

FAKE_API int fake_data = 42;

FAKE_API int fake_cpp(int) __asm__("_ZN7fakesdk8increaseEi");
FAKE_API int
fake_cpp(int number)
{
    return number + 1;
}
