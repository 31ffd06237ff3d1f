// SPDX-License-Identifier: MIT
#include <timtape/fuzz.h>

#include "client.h"

static struct client client;

const struct timtape_fuzz_binding timtape_fuzz_bindings[] = {
    {"TIMRecvNewMsgCallback", (timtape_fuzz_fn)client_on_new_msg, &client},
    {"TIMMsgElemUploadProgressCallback", (timtape_fuzz_fn)client_on_progress, &client},
    {"TIMCommCallback:TIMConvGetConvList", (timtape_fuzz_fn)client_on_conv_list, &client},
    {0},
};

void
timtape_fuzz_reset(void)
{
    client_clear(&client);
}
