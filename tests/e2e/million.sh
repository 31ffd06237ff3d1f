#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# alone
# 1,000,000 callbacks from 4 threads: none lost, none doubled, each thread's order kept; then replayed at
# maximum speed.
. "$(dirname "$0")/lib.sh"
need_command
count=${TIMTAPE_MILLION:-1000000}
export RUN_LIMIT=300
request="{\"do\":\"burst\",\"threads\":4,\"count\":$((count / 4)),\"bytes\":600,\"wait\":1}"
space=$(df -Pk "$T" | awk 'NR == 2 { print $4 }')
[ "$space" -gt 2500000 ] || skip_all "needs 2.5 GB below $T"

APP_QUIET=1 APP_LOG=$T/app FAKESDK_LOG=$T/sdk record "$T/m.tape" "$APPS/stress" "$request"
is "recorded, status" "$rc" 0
like 'the app had them all' "$(cat "$T/out")" "seen $((count + 1)), wrong user data 0"
holds 'tape = what the app was entered with: none lost, none doubled, order per thread' "$APPS/tapecheck" exact "$T/m.tape" "$T/app"
holds 'tape = what the SDK delivered' "$APPS/tapecheck" exact "$T/m.tape" "$T/sdk"
is 'callbacks on the tape' "$(sql "$T/m.tape" "SELECT count(*) FROM callbacks WHERE callback = 'TIMRecvNewMsgCallback'")" "$count"
is 'nothing was dropped' "$(sql "$T/m.tape" "SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM meta WHERE key LIKE '%dropped%'")" 0
rm -f "$T"/app.* "$T"/sdk.*

start=$(date +%s)
APP_QUIET=1 APP_LOG=$T/app run "$TIMTAPE" replay --speed max "$T/m.tape" -- "$APPS/stress" "$request"
is "replayed at maximum speed in $(($(date +%s) - start)) s, status" "$rc" 0 || fail replay "$T/err"
like 'the replayed app had them all' "$(cat "$T/out")" "seen $((count + 1)), wrong user data 0"
# Thread numbers differ now: the four files hold the same notes as the tape's four threads.
is 'noted by the replayed app' "$(cat "$T"/app.* | tr -d '\0' | grep -c TIMRecvNewMsgCallback)" "$count"
