#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Races that a plain replay cannot show, since it keeps the recorded order: --chaos-runs finds them, makes them small
# and keeps them as tapes that fail every time. An app without a race has nothing to fear: what chaos plays is
# always a history that could have been.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

holds 'the scenario becomes a tape' "$TIMTAPE" import "$TOP/tests/consumers/race.ndjson" -o race.tape

replay() { run env -u LD_LIBRARY_PATH "$TIMTAPE" replay --stall-timeout 5 "$@"; }
json() { sqlite3 :memory: "SELECT json_extract(CAST(readfile('$1') AS TEXT), '$2')" 2>&1; }
# many STATUS COUNT TAPE APP [OPTION...]: plain replays, four at a time; how many ended with that status.
many() {
    local status=$1 count=$2 tape=$3 app=$4
    shift 4
    rm -f many.*
    # shellcheck disable=SC2016
    seq "$count" | { xargs -P 4 -I{} sh -c 'n=$1; shift; "$@" >"many.$n" 2>&1 </dev/null; echo $?' _ {} \
        env -u LD_LIBRARY_PATH "$TIMTAPE" replay --stall-timeout 5 "$@" "$tape" -- "$APPS/race" "$app"; } 2>/dev/null |
        grep -cx "$status"
}

# ---- what plain replays see -----------------------------------------------------------------------
# Nothing, by construction: the second of two racing callbacks is entered when the first one has returned.
for app in receipt listeners; do
    is "$app: plain replays at ten times the speed are as recorded" "$(many 0 25 race.tape $app --speed 10)" 25 || fail "$app: what the first said" many.1
    is "$app: plain replays at maximum speed are as recorded" "$(many 0 25 race.tape $app --speed max)" 25 || fail "$app: what the first said" many.1
done
is 'deadline: plain replays are as recorded' "$(many 0 5 race.tape deadline)" 5

# ---- meanwhile, apps without a race ---------------------------------------------------------------
holds 'the other scenario becomes a tape' "$TIMTAPE" import "$TOP/tests/consumers/mutant.ndjson" -o mutant.tape
declare -A quiet told=([max]='100 runs at maximum speed' [normal]='10 runs at normal speed' [client]='20 runs of the client of mutants.sh')
peace() { # NAME RUNS ARGUMENT...
    env -u LD_LIBRARY_PATH "$TIMTAPE" replay --stall-timeout 5 --chaos-runs "$2" "${@:3}" >"quiet.$1" 2>&1 </dev/null &
    quiet[$1]=$!
}
peace max 100 --speed max race.tape -- "$APPS/race" fixed
peace normal 10 race.tape -- "$APPS/race" fixed
peace client 20 --speed max mutant.tape -- "$APPS/mutant" none

# ---- what chaos finds -----------------------------------------------------------------------------
# hunt APP CLASS STATUS RUNS [OPTION...]
hunt() {
    local app=$1 class=$2 status=$3 runs=$4 began took
    shift 4
    began=$(date +%s)
    replay --chaos-runs "$runs" --chaos-out "$app.tape" --json "$app.json" "$@" race.tape -- "$APPS/race" "$app"
    took=$(($(date +%s) - began))
    cp err "$app.err"
    is "$app $*: found, status $status" "$rc" "$status" || { fail "$app $*: what was said" err; return; }
    is "$app $*: $class" "$(json "$app.json" '$.verdict')" "$class"
    holds "$app $*: found within a minute ($took s)" [ $took -lt 60 ]
    moves=$(sed -n 's/.*seed [0-9]*: \([0-9]*\) moves*.*/\1/p' err)
    like "$app $*: one or two moves are left" "$moves" '^[12]$' || sed 's/^/#   /' err
    holds "$app $*: kept as a tape" "$TIMTAPE" verify "$app.tape"
    is "$app $*: its tape fails every time" "$(many "$status" 10 "$app.tape" "$app" "$@")" 10 || fail "$app $*: what a replay of it said" many.1
    is "$app $*: the app without the race passes it" "$(many 0 3 "$app.tape" fixed "$@")" 3 || fail "$app $*: what a replay of it said" many.1
    seed=$(sed -n 's/.*seed \([0-9][0-9]*\).*/\1/p' err | head -n 1)
    # A race against time, not against another event, can be lost by a machine that is busy with other things.
    local again=0
    for _ in 1 2 3; do
        replay --chaos "$seed" "$@" race.tape -- "$APPS/race" "$app"
        [ "$rc" != "$status" ] || again=$((again + 1))
    done
    like "$app $*: seed $seed fails again, three times" $again "$([ "$app" = deadline ] && echo '[1-3]' || echo 3)" || fail "$app $*: what it said" err
}
hunt receipt crashed 139 300 --speed max
hunt listeners 'different argument' 1 300 --speed max
rm -f receipt.tape
hunt receipt crashed 139 60
hunt deadline crashed 139 100

# ---- what it does not find ------------------------------------------------------------------------
for name in max normal client; do
    wait "${quiet[$name]}"
    is "no race: ${told[$name]} find nothing" $? 0 || fail "no race: what was said" "quiet.$name"
done
holds 'no race: no tape is left' [ ! -e race-chaos-1.tape ]

# ---- every history could have been ----------------------------------------------------------------
# Seen from outside: the replay recorded, and asked.
impossible="
    SELECT 'before its cause', b.seq, b.callback FROM callbacks b JOIN calls c ON c.seq = b.cause WHERE b.seq < c.seq
    UNION ALL
    SELECT 'before what it speaks of', b.seq, b.callback FROM callbacks b, calls c
        WHERE b.callback = 'TIMMsgReadedReceiptCallback' AND c.function = 'TIMMsgSendMessage' AND b.seq < c.seq
    UNION ALL
    SELECT 'after its listener was removed', b.seq, b.callback FROM callbacks b, calls c, event e
        WHERE c.function = 'TIMRemoveRecvNewMsgCallback' AND e.seq = c.seq AND b.callback = 'TIMRecvNewMsgCallback' AND b.seq > e.end_seq
    UNION ALL
    SELECT 'after the end', b.seq, b.callback FROM callbacks b, calls c, event e
        WHERE c.function = 'TIMUninit' AND e.seq = c.seq AND b.seq > e.end_seq
    UNION ALL
    SELECT 'twice', min(seq), callback FROM callbacks GROUP BY callback, json, cause HAVING count(*) > 1"
# The order within each thread of the SDK, by what was delivered there.
threads="SELECT group_concat(what, ' ') FROM (SELECT thread, callback || coalesce(json, '') AS what FROM callbacks ORDER BY thread, seq) GROUP BY thread ORDER BY 1"
sql race.tape "$threads" >recorded.threads
different=0
for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
    replay --chaos $seed --speed max --record "c$seed.tape" race.tape -- "$APPS/race" fixed
    [ "$rc" = 0 ] || fail "seed $seed: as recorded but for the order" err
    sql "c$seed.tape" "$impossible" >impossible
    [ -s impossible ] && fail "seed $seed: an impossible history" impossible
    sql "c$seed.tape" "$threads" >here.threads
    cmp -s recorded.threads here.threads || fail "seed $seed: another order within a thread of the SDK" recorded.threads here.threads
    [ "$(sql "c$seed.tape" "SELECT group_concat(callback) FROM (SELECT callback FROM callbacks ORDER BY seq)")" = \
        "$(sql race.tape "SELECT group_concat(callback) FROM (SELECT callback FROM callbacks ORDER BY seq)")" ] || different=$((different + 1))
done
ok 'twelve seeds looked at from outside'
holds "some seeds play another order ($different of 12)" [ $different -ge 3 ]
