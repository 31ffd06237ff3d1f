#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What an app saw and what the test double delivered is what the tape holds, callback for callback and
# byte for byte; and the app did not notice.
. "$(dirname "$0")/lib.sh"
need_command

# compare NAME APP [ARG...]: plain run, recorded run, tape against both logs and against the output.
compare() {
    local name=$1 tape=$T/$1.tape
    shift
    (cd "$T" && with_fake timeout 120 "$@" >plain.out 2>plain.err)
    local plain=$?
    rm -f "$T"/app.* "$T"/sdk.*
    APP_LOG=$T/app FAKESDK_LOG=$T/sdk record "$tape" "$@"
    is "$name: exit status as without us" "$rc" "$plain" || { fail "$name" "$T/err"; return; }
    # Threads may interleave differently from run to run: same lines, any order.
    sort "$T/plain.out" >"$T/plain.sorted"
    sort "$T/out" >"$T/out.sorted"
    same "$name: output as without us" "$T/plain.sorted" "$T/out.sorted"
    holds "$name: tape = what the app was entered with, per thread" "$APPS/tapecheck" exact "$tape" "$T/app"
    holds "$name: tape = what the SDK delivered, per thread" "$APPS/tapecheck" exact "$tape" "$T/sdk"
    "$APPS/tapecheck" lines "$tape" | sort >"$T/tape.sorted"
    grep -a '^back ' "$T/out.sorted" >"$T/back.sorted"
    same "$name: every argument on the tape as printed" "$T/back.sorted" "$T/tape.sorted"
}

compare calls "$APPS/stress" calls
compare shots "$APPS/stress" '{"do":"repeat","count":5}' '{"do":"inside"}' '{"do":"before"}' '{"do":"both"}' \
    '{"do":"never"}' '{"do":"refuse"}'
compare odd "$APPS/stress" twice '{"do":"odd"}'
compare other "$APPS/stress" '{"do":"other","count":12}'
compare null "$APPS/stress" null '{"do":"other","count":2}'
compare burst "$APPS/stress" '{"do":"burst","threads":4,"count":500,"wait":1}'
compare threads "$APPS/threads" 16 40
compare reentrant "$APPS/reentrant"
compare remover "$APPS/remover"

# What the calls view says.
tape=$T/calls.tape
like 'out-buffers are on the tape' "$(sql "$tape" "SELECT args FROM calls WHERE function = 'TIMMsgSendMessage'")" '144115233874815003-1729137599-1'
like 'u64 arguments are exact' "$(sql "$tape" "SELECT args FROM calls WHERE function = 'TIMConvCleanConversationUnreadMessageCount'")" '18446744073709551615.*9223372036854775808'
like 'text results are on the tape' "$(sql "$tape" "SELECT result FROM calls WHERE function = 'TIMGetSDKVersion' LIMIT 1")" '8\.0\.5903'
is 'completions name their call as cause' "$(sql "$tape" "SELECT count(*) FROM callbacks b JOIN calls c ON c.seq = b.cause
    WHERE c.function IN ('TIMMsgSendNewMsgEx','TIMMsgDownloadElemToPath')")" 8
like 'a callback inside its call says so' "$(sql "$tape" "SELECT c.function FROM callbacks b JOIN calls c ON c.seq = b.in_call")" TIMSetConfig
is 'a call inside a callback says so' "$(sql "$T/reentrant.tape" "SELECT count(*) > 0 FROM calls c JOIN callbacks b ON b.seq = c.in_callback")" 1
is 'registrations are causes' "$(sql "$T/burst.tape" "SELECT DISTINCT c.function FROM callbacks b JOIN calls c ON c.seq = b.cause
    WHERE b.callback = 'TIMRecvNewMsgCallback'")" TIMAddRecvNewMsgCallback
is 'two registrations of one pointer are two causes' "$(sql "$T/odd.tape" "SELECT count(DISTINCT cause) FROM callbacks WHERE callback = 'TIMRecvNewMsgCallback'")" 2
is 'json_ok tells JSON from the rest' "$(sql "$T/odd.tape" "SELECT count(*) FROM callbacks WHERE json_ok AND json IN ('', '[1,2,', 'not JSON at all')")" 0
is 'the example of the docs runs' "$(sql "$tape" 'SELECT count(*) FROM callbacks WHERE code <> 0')" 0

# 100 MB in one string.
rm -f "$T"/app.* "$T"/*.tape
APP_QUIET=1 APP_LOG=$T/app record "$T/huge.tape" "$APPS/stress" '{"do":"odd","huge":104857600}'
is '100 MB payload: recorded run' "$rc" 0
holds '100 MB payload: whole on the tape' "$APPS/tapecheck" exact "$T/huge.tape" "$T/app"
rm -f "$T/huge.tape"

# A callback from a signal handler, on a thread that is being recorded at that moment.
rm -f "$T"/sdk.*
APP_SIGNALS=1 APP_QUIET=1 record "$T/signal.tape" "$APPS/stress" '{"do":"signal","count":400}'
is 'signal handler: the app is unharmed' "$rc" 0
is 'signal handler: every one of its callbacks is on the tape' \
    "$(sql "$T/signal.tape" "SELECT count(*) FROM callbacks WHERE callback = 'TIMConvEventCallback'")" \
    "$(sql "$T/signal.tape" "SELECT count(*) FROM callbacks WHERE json LIKE '%from a signal handler%'")"
like 'signal handler: there were some' "$(sql "$T/signal.tape" "SELECT count(*) FROM callbacks WHERE callback = 'TIMConvEventCallback'")" '^[1-9]'
is 'signal handler: no message lost or doubled' "$(sql "$T/signal.tape" "SELECT count(*) = count(DISTINCT json) AND count(*) =
    max(CAST(json ->> '\$[0].message_seq' AS INTEGER)) + 1 FROM callbacks WHERE callback = 'TIMRecvNewMsgCallback'")" 1
