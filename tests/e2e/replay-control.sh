#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A person at a replay: --step, --keys and --status on a terminal, and the terminal as it was afterwards.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

unset NO_COLOR
export TERM=xterm
cp "$APPS/stress" "$T/app"
app=("$T/app" '{"do":"burst","threads":1,"count":5,"bytes":10,"gap_us":30000,"wait":1}')
record s.tape "${app[@]}"
cp out recorded.out
grep '^back ' recorded.out | sed 's/[^0-9]*\([0-9]*\).*/\1/' >recorded.order

# on STEP... -- OPTION...: replays s.tape on a terminal; the screen is in $T/screen, the end in $T/end.
on() {
    local steps=()
    while [ "$1" != -- ]; do steps+=("$1"); shift; done
    shift
    timeout -k 5 60 "$TOP/tests/e2e/terminal.py" "${steps[@]}" -- env -u LD_LIBRARY_PATH "$TIMTAPE" replay "$@" s.tape -- "${app[@]}" \
        >screen 2>end </dev/null
    rc=$?
}
ended() { # ended WHAT STATUS
    is "$1: played to its end" "$rc" 0 || fail "$1" end screen
    is "$1: status" "$(sed -n 's/^status //p' end)" "$2" || fail "$1" end screen
    is "$1: the terminal is as it was" "$(sed -n 's/^restored //p' end)" yes
}

# Each key lets exactly one callback go; the messages are numbered.
steps=()
for i in 0 1 2 3 4; do
    steps+=("expect before event [0-9]+, callback TIMRecvNewMsgCallback on thread 2" 'quiet 0.3 (^|\n)back ' 'send n' "expect message_seq.x22:$i,")
done
on "${steps[@]}" 'expect before event [0-9]+, callback TIMCommCallback on thread 2' 'quiet 0.3 (^|\n)back ' 'send \033[C' 'expect back TIMComm' -- --step
ended 'step' 0
like 'step: as recorded' "$(tr -d '\r' <screen)" 'as recorded'
like 'step: the slip is explained' "$(tr -d '\r' <screen)" 'note +[0-9.]+ m?s of the slip is time in which the replay stood still'
is 'step: standing still is nobody'"'"'s lateness' "$(grep -c 'diverged' screen)" 0

# Longer than the stall timeout is no stall, and what was after the pause is not late.
on 'expect before event' 'quiet 1.5 (^|\n)back ' 'send  ' -- --step --stall-timeout 500ms --max-late 400ms
ended 'a stop longer than --stall-timeout' 0

# Pause anywhere, and go on.
on 'expect seq.x22:0,' 'send  ' 'expect paused after event' 'quiet 0.4 (^|\n)back ' 'send  ' 'expect TIMComm' -- --keys --speed 0.2
ended 'pause' 0

# Next while it plays: it stops before the next callback.
on 'expect seq.x22:0,' 'send n' 'expect before event' 'quiet 0.4 (^|\n)back ' 'send n' 'expect before event' 'send q' 'expect interrupted' -- --keys --speed 0.2
ended 'next, next, quit' 130

# The live line says where it is.
on 'expect event 2[0-9] of 34, .* of .*, stopped before TIM' 'send q' -- --step
like 'the live line comes by itself with --step' "$(cat end)" 'status 130'
on 'expect event [0-9]+ of 34, .* playing' -- --status --speed 0.2
ended '--status' 0
like '--status: the line is gone at the end' "$(tr '\r' '\n' <screen | tail -n 6)" 'as recorded'
run "$TIMTAPE" replay --status s.tape -- "${app[@]}"
is '--status without a terminal: no line' "$(grep -c ' of 34' err)" 0

# With --from the stops begin there; in causal order they are as good.
from=$(sql s.tape "SELECT seq FROM callbacks WHERE json LIKE '%\"message_seq\":3,%'")
on 'expect before event [0-9]+, callback' 'send n' 'expect seq.x22:3,' 'expect before event' 'send  ' -- --step --from "$from"
ended '--from' 0
is '--from: what is before went by without a stop' "$(tr -d '\r' <screen | grep -cE '(^|K)timtape: before event')" 2
on "${steps[@]}" 'expect before event' 'send  ' -- --step --order causal
ended 'causal' 0

# Every way out gives the terminal back.
on 'expect before event' 'kill SIGTERM' -- --step
ended 'SIGTERM' 143
on 'expect before event' 'kill SIGABRT' -- --step
ended 'SIGABRT' 134

is 'no app is left behind' "$(pgrep -f "^$T/app")" ''

# Ctrl-Z gives it back while we are stopped; fg takes it again.
cat >shell.sh <<END
set -m
stty -a >before
env -u LD_LIBRARY_PATH "$TIMTAPE" replay --step s.tape -- ${app[0]} '${app[1]}'
stty -a >stopped
echo "now stopped"
fg >/dev/null
echo "ended with \$?"
stty -a >after
END
timeout -k 5 60 "$TOP/tests/e2e/terminal.py" 'expect before event' 'send \x1a' 'expect now stopped' 'quiet 0.5 (^|\n)back ' \
    'send n' 'expect seq.x22:0,' 'expect before event' 'send  ' 'expect ended with 0' -- bash shell.sh >screen 2>end </dev/null
is 'Ctrl-Z and fg: played to its end' $? 0 || fail ctrl-z end screen
same 'Ctrl-Z: the terminal is as it was while we are stopped' before stopped
same 'Ctrl-Z: ... and at the end' before after

# Stopped together with the app, and for longer than any timeout: nobody was late, also if we wake up first.
"$TIMTAPE" replay --speed 0.1 --stall-timeout 700ms s.tape -- "${app[@]}" >out 2>err </dev/null &
replay=$!
for _ in $(seq 100); do grep -q 'seq.x22:0,' out && break; sleep 0.05; done
pid=$(pgrep -P $replay)
kill -STOP $replay "$pid"
sleep 2.5
kill -CONT $replay
sleep 0.3
kill -CONT "$pid"
wait $replay
is 'stopped together with the app: as recorded' $? 0 || fail together err

# No terminal: said before the app starts.
run setsid -w "$TIMTAPE" replay --step s.tape -- touch started
is 'no terminal: usage' "$rc" 64
like 'no terminal: what to do instead' "$(cat err)" '--step takes keys from the terminal.*--until'
run setsid -w "$TIMTAPE" replay --keys s.tape -- touch started
is 'no terminal, --keys: usage' "$rc" 64
holds 'no terminal: the app was not started' test ! -e started
status '--gdb beside --step: usage' 64 "$TIMTAPE" replay --gdb 24 --step s.tape -- true
