// SPDX-License-Identifier: MIT
/*
 * The same calls through each way a linker can bind a function. The Makefile builds it lazily bound, with
 * BIND_NOW, -fno-plt, without PIE (addresses of functions become PLT entries), with the addresses in a
 * constant table, and with AddressSanitizer.
 */
#include "app.h"

static _Atomic int wrong;

static void
on_comm(int32_t code, const char *desc, const char *json, const void *user)
{
    wrong += user != (const void *)&wrong;
    app_back("TIMCommCallback", "isj", (int64_t)code, desc, json);
}

#ifdef BIND_TABLE
struct table {
    const char *(*version)(void);
    int (*config)(const char *, TIMCommCallback, const void *);
    int (*list)(TIMCommCallback, const void *);
};
extern const struct table table;
const struct table table = {TIMGetSDKVersion,
                            (int (*)(const char *, TIMCommCallback, const void *))TIMSetConfig,
                            (int (*)(TIMCommCallback, const void *))TIMConvGetConvList};
#define CALL(name, member) table.member
#else
#define CALL(name, member) name
#endif

int
main(void)
{
    app_say("version %s", CALL(TIMGetSDKVersion, version)());
    app_say("config %d", (int)CALL(TIMSetConfig, config)("{\"a\":1}", on_comm, &wrong));
    app_say("list %d", (int)CALL(TIMConvGetConvList, list)(on_comm, &wrong));
    bool all = app_wait(2, 5000);
    app_say("all %d wrong %d", all, wrong);
    return !all || wrong != 0;
}
