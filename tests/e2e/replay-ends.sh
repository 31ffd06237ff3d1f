#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How an app ends: by itself, never, only by force, or with something left behind. No replay hangs.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

# A copy, so that what the recordings leave behind can be told from others'.
cp "$APPS/lives_on" "$T/lives_on"
app=$T/lives_on
CLEANUP='kill -9 $(pgrep -f "^$T/lives_on") 2>/dev/null'
record quits.tape "$app" quits
# ends WHAT STATUS MOST-SECONDS OPTION... TAPE HOW: how it ended is in $T/end.
ends() {
    local what=$1 wanted=$2 most=$3 began=$SECONDS
    shift 3
    set -- "${@:1:$#-1}" -- "$app" "${!#}"
    RUN_LIMIT=60 run "$TIMTAPE" replay --stall-timeout 1s --json verdict.json "$@"
    is "$what: status" "$rc" "$wanted" || fail "$what" err
    like "$what: in time" "$((SECONDS - began <= most))" 1
    python3 -c 'import json; print(json.load(open("verdict.json"))["end"])' >end
}

# A program that never ends by itself.
ends 'never ends' 1 20 quits.tape gui
like 'never ends: the class, and what to do' "$(cat err)" 'hung'
like 'never ends: what to do' "$(cat err)" '--at-end term'
ends 'never ends, --at-end term' 0 20 --at-end term quits.tape gui
is '--at-end term: it could say goodbye' "$(tail -n 1 out)" 'logged out'
is '--at-end term: how it ended' "$(cat end)" 'ended by timtape: exit 0'
ends 'never ends, --at-end kill' 0 20 --at-end kill quits.tape gui
is '--at-end kill: it could not say goodbye' "$(grep -c 'logged out' out)" 0
is '--at-end kill: how it ended' "$(cat end)" 'ended by timtape: signal 9 (SIGKILL)'
ends 'SIGTERM ignored' 0 25 --at-end term quits.tape stubborn
is 'SIGTERM ignored: how it ended' "$(cat end)" 'ended by timtape: signal 9 (SIGKILL)'
like 'SIGTERM ignored: said so' "$(cat err)" 'did not end within .* of signal 15 \(SIGTERM\) and was killed'
ends 'SIGTERM ignored, and no end asked for' 1 25 quits.tape stubborn
ends 'crashes on SIGTERM' 0 20 --at-end term quits.tape falls
like 'crashes on SIGTERM: said so' "$(cat err)" 'died of signal 6 \(SIGABRT\) while it was being ended'

# How long it is left alone.
began=$(date +%s%N)
ends 'lingers' 0 25 --at-end term --linger 2s quits.tape gui
like 'lingers: as long as asked' "$((($(date +%s%N) - began) / 1000000 >= 2000))" 1
# An app that ends by itself meanwhile is no concern of --at-end.
ends 'ends while it is left alone' 0 20 --at-end term --linger 20s quits.tape quits
is 'ends while it is left alone: how' "$(cat end)" 'exit 0'
is 'ends while it is left alone: nothing was left behind' "$(grep -c 'left behind' err)" 0

# What the app leaves behind.
record leaves.tape "$app" leaves
record_child() { sed -n 's/^child //p' out; }
kill -9 "$(record_child)" 2>/dev/null
ends 'a child without the SDK' 0 20 leaves.tape leaves
is 'a child without the SDK: it lives on' "$(kill -0 "$(record_child)" && echo yes)" yes
kill -9 "$(record_child)" 2>/dev/null

# Recording of processes that stay ends when it is interrupted.
stays() { # stays NAME: a tape of an app that leaves processes behind
    env LD_LIBRARY_PATH="$FAKESDK" "$TIMTAPE" record -o "$1.tape" -- "$app" "$1" >"$1.out" 2>"$1.err" </dev/null &
    local recorder=$!
    for _ in $(seq 200); do grep -q 'still use the SDK' "$1.err" && break; sleep 0.1; done
    # A background job of a script ignores SIGINT.
    kill -TERM $recorder
    wait $recorder
}
for how in shares daemon; do
    stays $how
    ends "$how" 0 20 $how.tape $how
    is "$how: how the app ended" "$(cat end)" 'exit 0'
    like "$how: what is left behind is ended, and said so" "$(cat err)" 'left behind were ended'
    ends "$how, at full speed" 0 20 --speed max $how.tape $how
done
# A daemon that ended when it was recorded has to end.
sql daemon.tape "UPDATE process SET ended = 'exit 0' WHERE ended IS NULL"
ends 'a daemon that does not end as it did' 1 20 daemon.tape daemon
