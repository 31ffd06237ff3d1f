#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Recording a replay gives the same tape again, but for the clock: the whole text of both tapes is compared, without
# times, process numbers and the header. And again, at maximum speed, and through the other way of loading.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

# Everything of the events; of threads and processes what is not the kernel's choice.
text() {
    "$TIMTAPE" export "$1" | grep -v '^{"timtape"' |
        sed -E 's/"(at_ns|took_ns|pid|tid|process|parent)":[0-9]+,?//g; s/"sdk":"[^"]*",?//; s/,\}/}/g'
}
# What is the same even where the app's threads are free to run at the same time: each thread's own events without
# their numbers. Threads are told apart by what they do.
threads() {
    text "$1" | grep -E '"(call|callback)":' |
        sed -E 's/"(seq|end_seq|cause|in_call|in_callback)":([0-9]+|null),?//g; s/,\}/}/g' |
        awk '{ match($0, /"thread":[0-9]+/); t = substr($0, RSTART, RLENGTH); sub(/"thread":[0-9]+,?/, ""); all[t] = all[t] $0 "\n" }
             END { for (t in all) { print all[t]; print "--" } }' | awk 'BEGIN { RS = "--\n" } { gsub(/\n/, "\001"); print }' | sort
}
# fixpoint NAME FIRST-TAPE HOW APP...: HOW: text or threads.
fixpoint() {
    local name=$1 tape=$2 how=$3 round
    shift 3
    "$how" "$tape" >first.txt
    for round in '' '--speed max' '--via preload'; do
        [ "$round" = '--via preload' ] && [ -n "${NO_PRELOAD:-}" ] && continue
        # shellcheck disable=SC2086
        status "$name${round:+ ($round)}: as recorded" 0 env -u LD_LIBRARY_PATH "$TIMTAPE" replay $round --record "$T/again.tape" --force "$tape" -- "$@" || continue
        "$how" again.tape >second.txt
        same "$name${round:+ ($round)}: the same tape again" first.txt second.txt
        status "$name${round:+ ($round)}: it is whole" 0 "$TIMTAPE" verify again.tape
    done
}

# Scenarios: a first replay makes the tape.
run "$TIMTAPE" replay --record chat.tape "$TOP/traces/samples/chat.ndjson" -- "$APPS/chat"
is 'chat: status' "${rc:-}" 0 || fail chat err
is 'the SDK thread has its recorded name' "$(sqlite3 chat.tape 'SELECT name FROM threads WHERE thread = 2')" sdk-logic
fixpoint chat "$PWD/chat.tape" text "$APPS/chat"
run "$TIMTAPE" replay --record page.tape --payloads "$TOP/corpus" "$TOP/traces/samples/callback-page.ndjson" -- "$APPS/page_c"
is 'page: status' "${rc:-}" 0 || fail page err
fixpoint page "$PWD/page.tape" text "$APPS/page_c"

# Recorded from the test double.
again() {
    local name=$1 how=$2
    shift 2
    record "$T/$name.tape" "$@"
    is "$name: recorded" "${rc:-}" 0 || { fail "$name" err; return; }
    fixpoint "$name" "$T/$name.tape" "$how" "$@"
}
again remover text "$APPS/remover"
again reentrant threads "$APPS/reentrant"
again calls threads "$APPS/stress" calls
again odd threads "$APPS/stress" twice '{"do":"odd","huge":300000}'
again shots threads "$APPS/stress" '{"do":"repeat","count":5}' '{"do":"inside"}' '{"do":"before"}' '{"do":"both"}' '{"do":"never"}'
again burst threads "$APPS/stress" '{"do":"burst","threads":4,"count":200,"wait":1}'
again threads threads "$APPS/threads" 4 20
NO_PRELOAD=1 again fork threads "$APPS/forker" fork
NO_PRELOAD=1 again exec threads "$APPS/forker" exec
# The same crash, recorded again.
record "$T/segv.tape" "$APPS/crashers" segv 5 1 100
fixpoint segv "$T/segv.tape" threads "$APPS/crashers" segv 5 1 100
record "$T/kill.tape" "$APPS/crashers" kill 5 1 100
fixpoint kill "$T/kill.tape" threads "$APPS/crashers" kill 5 1 100
# A child that its parent kills at some moment: that moment is another one each time, and no divergence.
record "$T/cut.tape" "$APPS/forker" killed
for round in 1 2 3; do
    status "a child cut down, round $round" 0 env -u LD_LIBRARY_PATH "$TIMTAPE" replay "$T/cut.tape" -- "$APPS/forker" killed || fail cut err
done
