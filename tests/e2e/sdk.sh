#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# alone
# The real SDK, three versions, without a network: what the app printed is what the tape holds, byte for
# byte; replayed without the SDK it prints the same; recording the replay gives the same again.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

for version in 8.0.5906 2.0.2 1.4.10-2; do
    if ! no_network; then
        sdk_missing "SDK $version" 'a network namespace of its own (unshare -n) is not permitted here'
        continue
    fi
    if ! dir=$(sdk_dir $version); then
        sdk_missing "SDK $version" "$dir"
        continue
    fi
    for kind in linked dlopen ctypes; do
        name="$version $kind"
        tape=$T/$version-$kind.tape
        rm -rf sdk
        case $kind in
        linked) app=("$APPS/offline") there=(LD_LIBRARY_PATH="$dir") gone=(LD_LIBRARY_PATH=) ;;
        dlopen) app=("$APPS/offline_dlopen") there=(APP_SDK="$dir/libImSDK.so") gone=(APP_SDK=/nowhere/libImSDK.so) ;;
        ctypes) app=("$TOP/tests/consumers/offline_ctypes.py") there=(APP_SDK="$dir/libImSDK.so") gone=(APP_SDK=/nowhere/libImSDK.so) ;;
        esac
        run unshare -n env "${there[@]}" "$TIMTAPE" record -o "$tape" -- "${app[@]}"
        is "$name: status" "$rc" 0 || { fail "$name" err; continue; }
        cp out recorded.out
        # The SDK's own logging goes to stdout, too, and may sit in the middle of one of our lines' neighbours.
        grep -a '^back ' out | sort >printed
        "$APPS/tapecheck" lines "$tape" | sort >taped
        same "$name: $(wc -l <printed) callbacks, as printed = as taped" printed taped
        like "$name: the real one was there" "$(sql "$tape" "SELECT value FROM meta WHERE key = 'sdk_version'")" '^[5-8]\.'
        like "$name: it called back inside a call" "$(sql "$tape" "SELECT c.function FROM callbacks b JOIN calls c ON c.seq = b.in_call")" TIMSetConfig
        like "$name: from several threads" "$(sql "$tape" 'SELECT count(DISTINCT thread) FROM callbacks')" '^[2-9]|^[1-9][0-9]'
        is "$name: no signature on the tape" "$(grep -ac 'not-a-real-signature' "$tape")" 0
        status "$name: verify" 0 "$TIMTAPE" verify "$tape"

        run unshare -n env "${gone[@]}" "$TIMTAPE" replay --record again.tape "$tape" -- "${app[@]}"
        is "$name: replay without the SDK, status" "$rc" 0 || fail "$name" err
        grep -aE '^(back|call) ' recorded.out | sort >recorded.lines
        grep -aE '^(back|call) ' out | sort >replayed.lines
        same "$name: replay prints the same" recorded.lines replayed.lines
        # Per thread the order is the recorded one: compare without sorting what one SDK thread said.
        "$APPS/tapecheck" lines again.tape | sort >again
        same "$name: recording the replay gives the same" taped again
        rm -f again.tape
    done
done
rm -rf sdk
