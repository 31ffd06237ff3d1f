// SPDX-License-Identifier: MIT
/* The planted consumer as a user of timtape/fuzz.h binds it. */
#include <timtape/fuzz.h>

#include "bench/fuzz/canary.h"
#include "bench/fuzz/planted.h"

const struct timtape_fuzz_binding timtape_fuzz_bindings[] = {
    {"TIMRecvNewMsgCallback", (timtape_fuzz_fn)on_messages, NULL},
    {"TIMMsgElemUploadProgressCallback", (timtape_fuzz_fn)on_progress, NULL},
    {"TIMConvEventCallback", (timtape_fuzz_fn)on_conversations, NULL},
    {"TIMGroupTipsEventCallback", (timtape_fuzz_fn)on_tips, NULL},
    {"TIMMsgRevokeCallback", (timtape_fuzz_fn)on_revoked, NULL},
    {"TIMMsgReadedReceiptCallback", (timtape_fuzz_fn)on_receipts, NULL},
    {"TIMMsgUpdateCallback", (timtape_fuzz_fn)on_updated, NULL},
    {"TIMNetworkStatusListenerCallback", (timtape_fuzz_fn)on_network, NULL},
    {"TIMCommCallback:TIMConvGetConvList", (timtape_fuzz_fn)on_conversation_list, NULL},
    {"TIMCommCallback:TIMGroupGetMemberInfoList", (timtape_fuzz_fn)on_members, NULL},
    {"TIMCommCallback:TIMMsgSendMessage", (timtape_fuzz_fn)on_sent, NULL},
    {0},
};

void
timtape_fuzz_reset(void)
{
    planted_reset();
    canary_execution();
}
