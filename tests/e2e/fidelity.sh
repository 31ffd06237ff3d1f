#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the verdict says of itself (lateness, slip, how much was consumed) is what others see: an observer who has only the
# two tapes, that of the recording and that of the replay, and works it out by the rule of the manual; and the app,
# which notes the clock in its handler. How late the replay is does not matter here, only that all say the same.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1
COUNT=85

# Messages, 15 ms apart, a call in every tenth.
python3 - $COUNT >pace.ndjson <<'END'
import sys
print('{"timtape":1,"meta":{"ended":"exit 0","sdk_version":"8.0.5906"}}\n{"thread":1,"name":"main"}\n{"thread":2,"name":"sdk"}')
print('{"call":"TIMAddRecvNewMsgCallback","thread":1}')
for i in range(1, int(sys.argv[1]) + 1):
    print('{"callback":"TIMRecvNewMsgCallback","label":"m%d","thread":2,"after_ms":15,"args":{"json_msg_array":"[%d]"}}' % (i, i))
    if i % 10 == 0:
        print('{"call":"TIMConvGetConvList","in":"m%d"}' % i)
END
status 'the scenario is a tape' 0 "$TIMTAPE" import pace.ndjson -o pace.tape || exit 1

# observe LIVE.tape STAMPS VERDICT SPEED: every figure as the three say it, a line each:
# NAME VERDICT OBSERVER (grown: OBSERVER APP), and DIFFER where they do not agree.
cat >observe.py <<'END'
import json, sqlite3, sys
SLACK = 30e3  # ns that the replay makes good by itself

def rows(tape, sql):
    return sqlite3.connect(f"file:{tape}?mode=ro", uri=True).execute(sql).fetchall()

def edges(tape):
    """When each message came and when its handler returned."""
    return rows(tape, "SELECT at_ns, at_ns + coalesce(took_ns, 0) FROM event JOIN api USING (api) "
                      "WHERE name = 'TIMRecvNewMsgCallback' ORDER BY seq")

def follow(recorded, live):
    """due = recorded + slip, both tapes' time from the start of the app; slip grows by what the app, not the replay,
    made others wait. What it was before the messages came is the least that any of the first is late."""
    slip = start = min(t[0] - r[0] for r, t in zip(recorded[:20], live[:20]))
    late = []
    for i, (r, t) in enumerate(zip(recorded, live)):
        late.append(max(0, t[0] - (r[0] + slip)))
        app = t[1] - (r[1] + slip) - late[-1]
        waits = i + 1 < len(recorded) and t[1] > recorded[i + 1][0] + slip
        if waits and app > SLACK:
            slip += app
    return late, slip, slip - start

verdict = json.load(open(sys.argv[3]))
speed = float(sys.argv[4])
recorded = [(enter / speed, leave / speed) for enter, leave in edges("pace.tape")]
live = edges(sys.argv[1])
stamps = [int(line) for line in open(sys.argv[2])]
late, slip, grown = follow(recorded, live)
# The app sees neither its own start nor the tape's numbers: how much later its last messages are than its first.
start = min(s - r[0] for r, s in zip(recorded[:20], stamps[:20]))
grown_app = min(s - r[0] - start for r, s in list(zip(recorded, stamps))[-10:])
told = verdict["lateness_ns"]

def near(what, a, *b):
    """Times: 5 ms and a twentieth, to any of b."""
    print(what, a // 1000, *[int(x) // 1000 for x in b], "us")
    if all(abs(a - x) > 5e6 + max(a, x) / 20 for x in b):
        print("DIFFER:", what)

def ranked(what, told, rank):
    """Between the replay's look at the clock and the observer's any callback may lose its processor. Then one of the
    observer's is far too large, and all below it have moved down by one rank; by two, at most."""
    near(what, told, *[late[i] for i in range(rank, max(-1, rank - 3), -1)])

def same(what, *said):
    print(what, *said)
    if len(set(said)) > 1:
        print("DIFFER:", what)

# Its thread has made its ring before: that would be milliseconds that nobody counts.
print("first", int(late[0]) // 1000, told["max"] // 1000, "us")
if late[0] > told["max"] + 1e6:
    print("DIFFER: first")
late.sort()
last = len(late) - 1
ranked("p50", told["p50"], last // 2)
ranked("p99", told["p99"], last * 99 // 100)
ranked("max", told["max"], last)
near("slip", verdict["slip_ns"], slip)
near("grown", int(grown), grown_app)
same("delivered", verdict["callbacks"]["delivered"], len(live), len(stamps))
same("matched", verdict["calls"]["matched"], rows(sys.argv[1], "SELECT count(*) FROM calls")[0][0])
same("callbacks", verdict["callbacks"]["recorded"], len(recorded))
same("calls", verdict["calls"]["recorded"], rows("pace.tape", "SELECT count(*) FROM calls")[0][0])
END

# all_agree NAME WANTED-STATUS MEANWHILE APP-ARGUMENT...: replays until the three agree, three times at most: a machine that
# is busy may take the processor away just between the replay's look at the clock and the observer's.
all_agree() {
    local name=$1 wanted=$2 meanwhile=$3
    shift 3
    for _ in 1 2 3; do
        rm -f "$name".*
        $meanwhile "$name" &
        run "$TIMTAPE" replay --speed "${SPEED:=1}" --record "$name.tape" --json "$name.json" pace.tape -- "$APPS/pacer" "$name.stamps" $COUNT "$@"
        local was=$rc
        wait $!
        python3 observe.py "$name.tape" "$name.stamps" "$name.json" "$SPEED" >"$name.figures" 2>&1 || echo DIFFER >>"$name.figures"
        grep -q DIFFER "$name.figures" || break
    done
    is "$name: status" "$was" "$wanted" || say "$(head -c 600 err)"
    if grep -q DIFFER "$name.figures"; then fail "$name: the verdict, the observer and the app agree" "$name.figures"; else
        ok "$name: the verdict, the observer and the app agree"
    fi
    say "$(paste -sd';' "$name.figures")"
}
# figure NAME WHAT [COLUMN]: as the verdict says it; 3: as the observer does.
figure() { awk -v what="$2" -v column="${3:-2}" '$1 == what { print $column }' "$1.figures"; }
nothing() { :; }
# Stops the whole app again and again: what comes then is late, and that is not the app's doing. Over before the last ten
# messages, by which the app judges.
stops() {
    local pid
    for _ in $(seq 200); do
        [ -s "$1.stamps.pid" ] && break
        sleep 0.05
    done
    read -r pid <"$1.stamps.pid" || return
    for _ in $(seq "${2:-5}"); do
        sleep 0.05
        kill -STOP "$pid" && sleep 0.15
        kill -CONT "$pid"
    done 2>/dev/null
}
stops_twice() { stops "$1" 2; }

all_agree plain 0 nothing
is 'plain: all came' "$(figure plain delivered) $(figure plain matched)" "$COUNT 9"

# The app's own doing is slip, and what comes after it is not late for it.
all_agree nap 0 nothing nap 30 200
like 'nap: 200 ms of sleep are in the slip' "$(($(figure nap slip) > 195000))" 1
like 'nap: and the app sees them' "$(($(figure nap grown 3) > 195000))" 1

all_agree stopped 0 stops
like 'stopped: 150 ms of standing still are in the lateness' "$(($(figure stopped max) > 75000 && $(figure stopped p99) > 75000))" 1

# Faster than recorded.
SPEED=3 all_agree fast 0 stops_twice nap 30 200
like 'fast: both, at another speed' "$(($(figure fast max) > 75000 && $(figure fast slip) > 150000))" 1

# What was not consumed.
all_agree left 1 nothing leave 40
is 'left: 40 of the messages, 5 of the calls' "$(figure left delivered) $(figure left matched) $(figure left callbacks) $(figure left calls)" "40 5 $COUNT 9"
all_agree almost 3 nothing leave 83
is 'almost: all calls, but not all messages' "$(figure almost delivered) $(figure almost matched)" '83 9'
