#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Two tapes side by side: recordings of one scenario are the same, other ids included; every way of being
# different is told in its class.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

# ---- recordings of one scenario -------------------------------------------------------------------
twice() { # twice NAME COMMAND...
    local name=$1 n
    shift
    for n in 1 2; do APP_QUIET=1 record "$name$n.tape" "$@"; done
    status "$name: two recordings are the same" 0 "$TIMTAPE" diff "$name"1.tape "$name"2.tape || cp out "$name.diff"
    like "$name: the summary counts" "$(tail -n 1 out)" '^the same \([0-9]+ pairs of events compared'
}
twice chat "$APPS/chat"
twice calls "$APPS/stress" calls
twice shots "$APPS/stress" '{"do":"repeat","count":5}' '{"do":"inside"}' '{"do":"before"}' '{"do":"both"}' '{"do":"never"}'
twice burst "$APPS/stress" '{"do":"burst","threads":4,"count":500,"wait":1}'
twice threads "$APPS/threads" 16 40
twice reentrant "$APPS/reentrant"
status 'another scenario is not the same' 1 "$TIMTAPE" diff calls1.tape shots1.tape

# ---- other ids, other times ------------------------------------------------------------------------
"$TIMTAPE" export chat1.tape | grep -v '^{"timtape"\|^{"process"' >body
{ echo '{"timtape":1,"meta":{"ended":"exit 0","sdk_version":"8.0.5906","started_ns":"1700000000000000000"}}'; } >./head
cat >make.py <<'END'
import json, sys
# A scenario with ids of the SDK's; `seed` makes other ones. The app echoes one of them: `echo` says which.
def scene(seed, echo="first", text="hello", swap=False, thread=1, login=True, end="exit 0"):
    ids = {"first": 2130000000 + seed * 1001, "second": 2140000000 + seed * 777}
    seq = {"first": 40 + seed, "second": 41 + seed * 3}
    lines = [{"timtape": 1, "meta": {"ended": end, "sdk_version": "8.0.5906"}},
             {"thread": 1, "name": "main"}, {"thread": 2, "name": "sdk"}, {"thread": 3, "name": "worker"}]
    def message(which):
        return {"callback": "TIMRecvNewMsgCallback", "thread": 2, "args": {"json_msg_array": {"$json": [
            {"message_msg_id": "14411-%d-%d" % (seed * 99, ids[which]), "message_rand": ids[which],
             "message_seq": seq[which], "message_server_time": 1700000000 + seed * 5000,
             "message_elem_array": [{"elem_type": 0, "text_elem_content": which}]}]}}}
    lines.append({"call": "TIMAddRecvNewMsgCallback", "thread": 1})
    calls = [{"call": "TIMConvSetDraft", "thread": 1, "args": {"conv_id": "a", "conv_type": 1, "json_draft_param": "{}"}},
             {"call": "TIMConvCancelDraft", "thread": 1, "args": {"conv_id": "a", "conv_type": 1}}]
    lines += calls[::-1] if swap else calls
    if login:
        lines += [{"call": "TIMLogin", "thread": thread, "args": {"user_id": "alice", "user_sig": "x"}},
                  {"callback": "TIMCommCallback", "thread": 2, "cause": "TIMLogin", "args": {"code": 0, "desc": "", "json_params": ""}}]
    lines += [message("first"), message("second"),
              {"call": "TIMMsgRevoke", "thread": 1, "args": {"conv_id": "bob", "conv_type": 1, "json_msg_param": {"$json":
               {"message_seq": seq[echo], "message_rand": ids[echo]}}}},
              {"call": "TIMMsgSendNewMsg", "thread": 1, "args": {"conv_id": "bob", "conv_type": 1, "json_msg_param": {"$json":
               {"message_client_time": seed, "message_elem_array": [{"elem_type": 0, "text_elem_content": text}]}}}},
              {"call": "TIMUninit", "thread": 1, "after_ms": 5000}]
    return "".join(json.dumps(line) + "\n" for line in lines)
for name, options in {"a": {}, "b": {"seed": 7}, "wrong": {"seed": 7, "echo": "second"}, "text": {"text": "bye"},
                      "swap": {"swap": True}, "thread": {"thread": 3}, "less": {"login": False},
                      "end": {"end": "exit 3"}}.items():
    options = {"seed": 1, **options}
    open(name + ".ndjson", "w").write(scene(**options))
END
holds 'the scenarios are made' python3 make.py
status 'other ids and times of the SDK are the same' 0 "$TIMTAPE" diff a.ndjson b.ndjson || cat out | sed 's/^/# /'
status '... but another id than the one that came is not' 1 "$TIMTAPE" diff a.ndjson wrong.ndjson
like '... and its origin is named' "$(cat out)" \
    'expected the id that TIMRecvNewMsgCallback \(event [0-9]+, at \$\[0\]\.message_rand\) brought, got that of TIMRecvNewMsgCallback \(event [0-9]+'
like '... at its path' "$(cat out)" 'json_msg_param at \$\.message_rand'

# ---- one class each --------------------------------------------------------------------------------
classes() { "$TIMTAPE" diff --json "$@" | python3 -c 'import json, sys
print(" ".join(line.get("class", "") + ":" + ((line.get("first") or line.get("second") or {}).get("name") or "")
               for line in map(json.loads, sys.stdin) if "class" in line))'; }
is 'text' "$(classes a.ndjson text.ndjson)" 'different-argument:TIMMsgSendNewMsg'
is 'order' "$(classes a.ndjson swap.ndjson | tr ' ' '\n' | grep -c '^reordered:TIMConv')" 1
is 'order: nothing else' "$(classes a.ndjson swap.ndjson | wc -w)" 1
is 'loose: no order' "$(classes --match loose a.ndjson swap.ndjson)" ''
is 'thread' "$(classes a.ndjson thread.ndjson)" 'wrong-thread:TIMLogin'
is 'loose: no thread' "$(classes --match loose a.ndjson thread.ndjson)" ''
is 'missing, its completion with it' "$(classes a.ndjson less.ndjson)" 'missing:TIMLogin'
is 'extra, its completion with it' "$(classes less.ndjson a.ndjson)" 'extra:TIMLogin'
is 'end' "$(classes a.ndjson end.ndjson)" 'different-end:'
like 'strict: times count, too' "$(classes --match strict a.ndjson b.ndjson)" 'different-argument:TIMMsgSendNewMsg'
is 'selection' "$(classes a.ndjson text.ndjson 'TIMLog*')" ''
is 'selection hits' "$(classes a.ndjson text.ndjson 'TIMMsg*')" 'different-argument:TIMMsgSendNewMsg'
status 'a selection without differences is the same' 0 "$TIMTAPE" diff a.ndjson text.ndjson 'TIMLog*'
like 'JSON ends with a summary' "$("$TIMTAPE" diff --json a.ndjson text.ndjson | tail -n 1)" '^\{"same":false,"differences":1,'
run "$TIMTAPE" diff -q a.ndjson text.ndjson
is 'quiet: only the status' "$rc:$(cat out)" '1:'
# One call of three like ones is gone: the others stay with their own arguments.
sends() { echo '{"timtape":1}'; for text in "$@"; do
    printf '{"call":"TIMConvSetDraft","args":{"conv_id":"a","conv_type":1,"json_draft_param":{"$json":{"x":"%s","y":"%s","t":%d}}}}\n' "$text" "$text" $RANDOM; done; }
sends one two three four >many.ndjson
sends one three four >few.ndjson
printf 'timtape rules 1\nvalue * * $.t any\n' >t.rules
is 'nearest arguments' "$(classes --rules t.rules many.ndjson few.ndjson)" 'missing:TIMConvSetDraft'

# ---- mistakes ----------------------------------------------------------------------------------------
status 'one tape is a mistake' 64 "$TIMTAPE" diff a.ndjson
status 'no such mode' 64 "$TIMTAPE" diff --match odd a.ndjson b.ndjson
echo 'no tape' >no.tape
status 'what is no tape is said' 65 "$TIMTAPE" diff a.ndjson no.tape
printf 'timtape rules 1\nvalue TIMLogin user any\n' >bad.rules
status 'a bad rules file is said' 65 "$TIMTAPE" diff --rules bad.rules a.ndjson b.ndjson
like '... with its place and a line that is right' "$(cat err)" "bad.rules:2:16: TIMLogin has no parameter 'user'.*a correct line: value "

# ---- large, and very different ------------------------------------------------------------------------
python3 - <<'END'
import json, random
random.seed(5)
names = ["TIMConvSetDraft", "TIMConvCancelDraft"]
def write(path, order):
    with open(path, "w") as out:
        out.write('{"timtape":1}\n')
        for name, i in order:
            args = {"conv_id": "c%d" % i, "conv_type": 1}
            if name == names[0]:
                args["json_draft_param"] = "{}"
            out.write(json.dumps({"call": name, "args": args}) + "\n")
rows = [(random.choice(names), i) for i in range(40000)]
write("long.ndjson", rows)
write("cut.ndjson", rows[:9000] + rows[9003:])
random.shuffle(rows)
write("shuffled.ndjson", rows)
END
is 'three of 40,000 are gone' "$(classes long.ndjson cut.ndjson | tr ' ' '\n' | grep -c '^missing:')" 3
RUN_LIMIT=60 status 'a row in any order is told within a minute' 1 "$TIMTAPE" diff -q long.ndjson shuffled.ndjson

# What many events cost that each change places with a neighbour: four times as many, not sixteen times as much.
swaps() { # swaps FILE COUNT OFFSET
    awk -v count="$2" -v offset="$3" 'BEGIN {
        print "{\"timtape\":1}"
        for (n = 0; n < count; n++) {
            id = n % 4 < 2 ? n : n + (n % 4 == 2 ? offset : -offset)
            printf "{\"call\":\"TIMConvCancelDraft\",\"args\":{\"conv_id\":\"c%d\",\"conv_type\":1}}\n", id
        }
    }' >"$1"
}
cost() { # CPU time of a diff with so many, ms
    swaps one.ndjson "$1" 0
    swaps two.ndjson "$1" 1
    local TIMEFORMAT=%U
    { time "$TIMTAPE" diff -q one.ndjson two.ndjson 2>/dev/null; } 2>&1 | tr -d .
}
few=$(cost 20000) many=$(cost 80000)
like "swapped neighbours: ${few#"${few%%[1-9]*}"} ms for 20,000, ${many#"${many%%[1-9]*}"} ms for 80,000" "$((10#$many < 9 * 10#$few))" 1
