#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every way an app can bind the SDK is reached, by both of our ways in.
. "$(dirname "$0")/lib.sh"
need_command

cp -r "$FAKESDK" "$T/some where"
cp "$FAKESDK/libImSDK.so" "$T/"

reached() { # reached WHAT TAPE
    is "$1: two callbacks on the tape" "$(sql "$2" 'SELECT count(*) FROM callbacks')" 2
}
for via in audit preload; do
    for kind in lazy now noplt nopie table asan; do
        name="$via, linked, $kind"
        tape=$T/$via-$kind.tape
        if [ "$kind" = asan ] && ! env LD_LIBRARY_PATH="$FAKESDK" "$APPS/bind_asan" >/dev/null 2>&1; then
            skip "$name" 'AddressSanitizer does not run here'
            continue
        fi
        env=(LD_LIBRARY_PATH="$FAKESDK")
        [ "$kind" = asan ] && env+=(ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0)
        run env "${env[@]}" "$TIMTAPE" record --via "$via" -o "$tape" -- "$APPS/bind_$kind"
        if [ "$rc" = 0 ]; then reached "$name" "$tape"; else fail "$name: status $rc" "$T/err" "$T/out"; fi
    done
    cd "$T" || exit 1
    while read -r how path flags; do
        name="$via, dlopen, $how${flags:+, $flags}"
        tape=$T/$via-$how$flags.tape
        path=${path//_/ }
        # shellcheck disable=SC2086
        run env LD_LIBRARY_PATH="$FAKESDK" "$TIMTAPE" record --via "$via" -o "$tape" -- "$APPS/bind_dlopen" "$path" $flags
        if [ "$rc" != 0 ]; then fail "$name: status $rc" "$T/err" "$T/out"; continue; fi
        reached "$name" "$tape"
        like "$name: the rest of the SDK stays reachable" "$(cat "$T/out")" 'undeclared undeclared, C\+\+ 2, data 42'
        like "$name: what is there is there, what is not is not" "$(cat "$T/out")" 'server time yes, signaling yes, nonsense no'
    done <<END
absolute $FAKESDK/libImSDK.so
relative ./libImSDK.so
bare libImSDK.so
space ./some_where/libImSDK.so
absolute $FAKESDK/libImSDK.so lazy
absolute $FAKESDK/libImSDK.so global
absolute $FAKESDK/libImSDK.so deepbind
bare libImSDK.so deepbind
END
    # An SDK that lacks functions: dlsym must say so, as without us.
    run env LD_LIBRARY_PATH="$FAKESDK_LESS" "$TIMTAPE" record --via "$via" -o "$T/less-$via.tape" -- "$APPS/bind_dlopen" libImSDK.so
    like "$via: functions the SDK lacks are not there" "$(cat "$T/out")" 'server time no, signaling no, nonsense no'

    # An SDK of the time of 6.6, with the signatures of then.
    cat >"$T/old.py" <<'END'
import ctypes, sys
sdk = ctypes.CDLL("libImSDK.so")
got = []
comm = ctypes.CFUNCTYPE(None, ctypes.c_int32, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
deleted = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
on_comm = comm(lambda code, desc, json, user: got.append((desc, json, user)))
on_deleted = deleted(lambda group, json, user: got.append((group, json, user)))
sdk.TIMSetConvConversationsDeletedFromGroupCallback(on_deleted, ctypes.c_void_p(5))
print(sdk.TIMConvGetConversationListByFilter(b'{"f":1}', on_comm, ctypes.c_void_p(6)))
sdk.callExperimentalAPI(b'{"do":"other"}', on_comm, ctypes.c_void_p(7))
import time
for _ in range(100):
    if len(got) == 3: break
    time.sleep(0.01)
print(sorted(map(str, got)))
END
    LD_LIBRARY_PATH=$FAKESDK_OLD python3 "$T/old.py" >"$T/old.plain" 2>&1
    run env LD_LIBRARY_PATH="$FAKESDK_OLD" "$TIMTAPE" record --via "$via" -o "$T/old-$via.tape" -- python3 "$T/old.py"
    same "$via: signatures of 6.6, the app sees what it saw without us" "$T/old.plain" "$T/out"
    is "$via: signatures of 6.6, as recorded" "$(sql "$T/old-$via.tape" "SELECT args FROM callbacks WHERE callback LIKE '%DeletedFromGroup%'")" \
        '{"group_name":"friends","conversation_array":"[\"c2c_user2\"]"}'
    run "$TIMTAPE" replay "$T/old-$via.tape" -- python3 "$T/old.py"
    same "$via: signatures of 6.6, replayed without the SDK" "$T/old.plain" "$T/out"
done

# LD_AUDIT and LD_PRELOAD of somebody else stay in force.
cat >"$T/other.c" <<'END'
#include <unistd.h>
__attribute__((constructor)) static void hello(void) { (void)!write(1, "other preload\n", 14); }
END
cc -shared -fPIC "$T/other.c" -o "$T/other.so"
if LD_PRELOAD=$T/other.so "$TIMTAPE" version >/dev/null 2>&1; then
    run env LD_LIBRARY_PATH="$FAKESDK" LD_PRELOAD="$T/other.so" "$TIMTAPE" record -o "$T/other.tape" -- "$APPS/bind_lazy"
    like "another preload still runs" "$(cat "$T/out")" '^other preload'
    reached "beside another preload" "$T/other.tape"
else
    skip 'another preload' 'this build of timtape itself does not start with one (AddressSanitizer)'
fi
