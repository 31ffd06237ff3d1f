#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --mark: the app's lines begin with the event they follow, and are otherwise what they were.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

# Far enough apart for a machine that has much else to do.
app=("$APPS/marks" '{"do":"burst","threads":1,"count":8,"bytes":10,"gap_us":200000,"wait":1}')
record m.tape "${app[@]}"
cp out plain.out && cp err recorded.err
replay() { run "$TIMTAPE" replay "$@"; }
unmarked() { sed -E 's/^\[([0-9]+|-)\] //' "$@"; }

replay --mark m.tape -- "${app[@]}"
is 'as recorded' "$rc" 0 || fail mark err
cp out marked.out && cp err marked.err

# Each handler's line has the number of its own callback.
sql m.tape "SELECT seq FROM callbacks WHERE callback = 'TIMRecvNewMsgCallback' ORDER BY seq" >numbers
sed -nE 's/^\[([0-9]+)\] message .*/\1/p' marked.out >got
same 'standard output: each line has its own event' got numbers
sed -nE 's/^\[([0-9]+)\] problem .*/\1/p' marked.err >got
same 'standard error: each line has its own event' got numbers
is 'before the first event' "$(head -n 1 marked.out)" '[-] hello'

# Nothing else is changed: not a byte, and not what goes where.
unmarked marked.out >bare.out
same 'the bytes of standard output are the same' bare.out plain.out
grep -E '^\[([0-9]+|-)\] ' marked.err | unmarked >bare.err
grep -v '^timtape: ' recorded.err >plain.err
same 'the bytes of standard error are the same' bare.err plain.err
is 'nothing of standard error is in standard output' "$(grep -c problem marked.out)" 0
is 'the last line, which has no end, is there and stays so' "$(tail -c 10 marked.out)" 'and no end'

# All that is written arrives, also what is written just before the end, and faster than it is read.
cat >flood.sh <<'END'
"$@"
i=0; while [ $i -lt 20000 ]; do echo "line $i of many, which fills more than a terminal holds"; i=$((i + 1)); done
printf 'last'
END
replay --mark --speed max m.tape -- bash flood.sh "${app[@]}"
is 'a flood: as recorded' "$rc" 0 || fail flood err
is 'a flood: every line' "$(grep -cE '^\[[0-9]+\] (done.*)?line [0-9]+ of many, which fills more than a terminal holds$' out)" 20000
is 'a flood: to the last byte' "$(tail -n 1 out | sed 's/.*\] //')" last

# Killed in the middle of it: what it had written is there.
replay --mark m.tape -- bash -c '"$@"; echo said; echo so >&2; kill -9 $$' x "${app[@]}"
is 'killed: the signal is the verdict' "$rc" 137
like 'killed: its last line' "$(tail -n 1 out)" 'said$'

# A reader that goes away.
{ timeout 60 "$TIMTAPE" replay --mark --speed max m.tape -- bash flood.sh "${app[@]}" 2>gone.err; echo $? >gone.status; } | head -n 1 >gone.out
is 'a reader that goes away: the verdict stands' "$(cat gone.status)" 0 || fail gone gone.err

# A child that the app left behind holds the output; the replay does not wait for it for ever.
began=$(date +%s)
replay --mark --speed max m.tape -- bash -c 'sleep 30 & echo $! >sleeper; "$@"' x "${app[@]}"
is 'a child left behind: as recorded' "$rc" 0
like 'a child left behind: not waited for' "$(($(date +%s) - began < 20))" 1
kill "$(cat sleeper)" 2>/dev/null

# On a terminal: the app sees one of the same size, and marks and live line do not run into each other.
unset NO_COLOR
export TERM=xterm
cat >size.sh <<'END'
stty size <&1
[ -t 1 ] && [ -t 2 ] && echo terminals
exec "$@"
END
timeout -k 5 60 "$TOP/tests/e2e/terminal.py" 'size 37 99' 'expect \[-\] 37 99\r' 'expect terminals' 'expect message 7' 'expect as recorded' -- \
    "$TIMTAPE" replay --mark --status m.tape -- bash size.sh "${app[@]}" >screen 2>end </dev/null
is 'on a terminal: played to its end' $? 0 || fail terminal end screen
is 'on a terminal: the terminal is as it was' "$(sed -n 's/^restored //p' end)" yes
tr -d '\r' <screen | sed 's/.*\x1b\[K//' | grep -cE '^\[[0-9]+\] (message|problem) [0-7]$' >got
is 'on a terminal: each line stands for itself' "$(cat got)" 16 || fail screen screen
