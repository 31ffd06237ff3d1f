#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --gdb EVENT: the app stands in the debugger at exactly that event, and the replay still has its verdict.
. "$(dirname "$0")/lib.sh"
need_command
command -v gdb >/dev/null || skip_all 'gdb is not installed'
cd "$T" || exit 1
sleep 60 &
gdb -q -batch -p $! >try.out 2>&1
grep -qiE 'operation not permitted|could not attach|ptrace:' try.out && skip_all 'this machine lets nobody trace a process'

holds 'the tape' "$TIMTAPE" import "$TOP/traces/samples/chat.ndjson" -o chat.tape
# debug WHAT APP EVENT GDB-ARG...: in $T/out what gdb and the app said.
debug() {
    local what=$1 app=$2 event=$3 args=()
    shift 3
    for arg in "$@"; do args+=("--gdb-arg=$arg"); done
    RUN_LIMIT=60 run "$TIMTAPE" replay --stall-timeout 2s --gdb "$event" --gdb-arg=-batch "${args[@]}" chat.tape -- "$app"
    is "$what: as recorded" "$rc" 0 || fail "$what" out err
}

# Without optimisation arguments are on the stack, with it in registers; and where nothing is known by name.
cc -D_GNU_SOURCE -O0 -g -I"$O/include" -I"$TOP/tests" "$TOP/tests/consumers/chat.c" -o plain -L"$O/link" -lImSDK -lcjson -lpthread
cc -D_GNU_SOURCE -O2 -g -no-pie -I"$O/include" -I"$TOP/tests" "$TOP/tests/consumers/chat.c" -o fixed -L"$O/link" -lImSDK -lcjson -lpthread
cc -D_GNU_SOURCE -O2 -s -I"$O/include" -I"$TOP/tests" "$TOP/tests/consumers/chat.c" -o stripped -L"$O/link" -lImSDK -lcjson -lpthread
messages=$(sql chat.tape "SELECT seq FROM callbacks WHERE callback = 'TIMRecvNewMsgCallback' ORDER BY seq")
second=$(echo "$messages" | sed -n 2p) third=$(echo "$messages" | sed -n 3p)
want=$(sql chat.tape "SELECT json FROM callbacks WHERE seq = $second")
for app in plain fixed; do
    debug "$app, a callback" "./$app" "$second" '-ex=bt 1' '-ex=set print elements 0' '-ex=printf "%s\n", json'
    like "$app: in the app's own function" "$(grep '^#0' out)" '^#0 +on_messages \(json='
    is "$app: with the arguments of that event" "$(grep '^\[{' out)" "$want"
done
debug 'stripped, a callback' ./stripped "$second" '-ex=x/s $rdi'
[ "$(uname -m)" = x86_64 ] && like 'stripped: at its first instruction' "$(cat out)" 'message_conv_id'
debug 'another event' ./plain "$third" '-ex=set print elements 0' '-ex=printf "%s\n", json'
is 'another event, other arguments' "$(grep '^\[{' out)" "$(sql chat.tape "SELECT json FROM callbacks WHERE seq = $third")"

# A call: inside of it, and its caller is what one sees.
call=$(sql chat.tape "SELECT seq FROM calls WHERE function = 'TIMConvGetConvList'")
debug 'a call' ./plain "$call" '-ex=frame' '-ex=printf "argc %d\n", argc'
like 'a call: the place in the app' "$(cat out)" '^#[0-9]+ .*in main \(argc=1'
like 'a call: its variables' "$(cat out)" '^argc 1'

# A person takes longer than any timeout.
debug 'a long look' ./plain "$second" '-ex=shell sleep 4'
# ... and may look twice.
debug 'on and on' ./plain "$second" '-ex=break on_elem' '-ex=continue' '-ex=bt 1'
like 'on and on: a breakpoint of the user' "$(cat out)" '^#0 +on_elem'

# A debugger that does not come to anything costs nothing.
debug 'gdb goes at once' ./plain "$second" '-ex=detach'
debug 'the last event' ./plain "$(sql chat.tape 'SELECT max(seq) FROM calls')" '-ex=bt 1'
status 'killed from gdb: the signal is the verdict' 137 "$TIMTAPE" replay --gdb "$second" --gdb-arg=-batch --gdb-arg=-ex=kill chat.tape -- ./plain
like 'killed from gdb: the words' "$(cat err)" 'died of signal 9'

# On a terminal.
unset NO_COLOR
export TERM=xterm
timeout -k 5 60 "$TOP/tests/e2e/terminal.py" 'expect hit Temporary breakpoint' 'expect \(gdb\)' 'send print user\n' 'expect = ' 'send \x03' \
    'expect \(gdb\)' 'send \x1a' 'send print 40+2\n' 'expect = .*42' 'send detach\n' 'expect detached' 'send quit\n' 'expect as recorded' -- \
    "$TIMTAPE" replay --gdb "$second" --gdb-arg=-nx chat.tape -- ./plain >screen 2>end </dev/null
is 'on a terminal: played to its end' $? 0 || fail terminal end screen
is 'on a terminal: the terminal is as it was' "$(sed -n 's/^restored //p' end)" yes

timeout -k 5 60 "$TOP/tests/e2e/terminal.py" 'expect hit Temporary breakpoint' 'expect \(gdb\)' 'send finish\n' 'expect \(gdb\)' \
    'send continue\n' 'expect exited normally' 'send print 40+2\n' 'expect = .*42' 'send quit\n' 'expect as recorded' -- \
    "$TIMTAPE" replay --stall-timeout 1s --gdb "$second" --gdb-arg=-nx chat.tape -- ./plain >screen 2>end </dev/null
is 'to the end of the app: gdb keeps its user, then comes the verdict' $? 0 || fail terminal end screen

# Said before anything starts.
mkdir bare && ln -s "$(command -v env)" bare/env
run env PATH="$T/bare" "$TIMTAPE" replay --gdb "$second" chat.tape -- ./plain
is 'no gdb: status' "$rc" 126
like 'no gdb: what to install, or do instead' "$(cat err)" 'install the package gdb.*--until'
status 'no such event' 64 "$TIMTAPE" replay --gdb 99999 chat.tape -- ./plain
like 'no such event: words' "$(cat err)" 'no event 99999'
