// SPDX-License-Identifier: MIT
/*
 * Opens the SDK as told: bind_dlopen PATH [deepbind|global|local|lazy]. Also looks for what is not the
 * declared API: an undeclared export, a C++ symbol, data; and for a function the library lacks.
 */
#include "app.h"

static _Atomic int wrong;

static void
on_comm(int32_t code, const char *desc, const char *json, const void *user)
{
    wrong += user != (const void *)&wrong;
    app_back("TIMCommCallback", "isj", (int64_t)code, desc, json);
}

int
main(int argc, char **argv)
{
    const char *how = argc > 2 ? argv[2] : "local";
    int flags = strcmp(how, "deepbind") == 0 ? RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND
                : strcmp(how, "global") == 0 ? RTLD_NOW | RTLD_GLOBAL
                : strcmp(how, "lazy") == 0   ? RTLD_LAZY | RTLD_LOCAL
                                             : RTLD_NOW | RTLD_LOCAL;
    void *sdk = dlopen(argc > 1 ? argv[1] : "libImSDK.so", flags);
    if (sdk == NULL) {
        app_say("no SDK: %s", dlerror());
        return 9;
    }
    __typeof__(&TIMGetSDKVersion) version = (__typeof__(&TIMGetSDKVersion))dlsym(sdk, "TIMGetSDKVersion");
    __typeof__(&TIMSetConfig) config = (__typeof__(&TIMSetConfig))dlsym(sdk, "TIMSetConfig");
    __typeof__(&TIMConvGetConvList) list = (__typeof__(&TIMConvGetConvList))dlsym(sdk, "TIMConvGetConvList");
    const char *(*undeclared)(void) = (const char *(*)(void))dlsym(sdk, "TIMGetVersion");
    int (*cpp)(int) = (int (*)(int))dlsym(sdk, "_ZN7fakesdk8increaseEi");
    int *data = dlsym(sdk, "fake_data");
    app_say("version %s", version());
    app_say("config %d", (int)config("{\"a\":1}", on_comm, &wrong));
    app_say("list %d", (int)list(on_comm, &wrong));
    bool all = app_wait(2, 5000);
    app_say("undeclared %s, C++ %d, data %d", undeclared != NULL ? undeclared() : "none",
            cpp != NULL ? cpp(1) : -1, data != NULL ? *data : -1);
    app_say("server time %s, signaling %s, nonsense %s",
            dlsym(sdk, "TIMGetServerTime") != NULL ? "yes" : "no",
            dlsym(sdk, "TIMSignalingInvite") != NULL ? "yes" : "no",
            dlsym(sdk, "TIMNonsense") != NULL ? "yes" : "no");
    app_say("all %d wrong %d", all, wrong);
    dlclose(sdk);
    return !all || wrong != 0;
}
