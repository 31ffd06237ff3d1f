#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How closely an app must follow the tape, and what becomes of what does not: --match, --rules, --unmatched,
# --max-late, on the consumer whose mistakes mutants.sh judges in the default mode.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

holds 'the scenario becomes a tape' "$TIMTAPE" import "$TOP/tests/consumers/mutant.ndjson" -o m.tape
json() { sqlite3 :memory: "SELECT json_extract(CAST(readfile('v.json') AS TEXT), '$1')" 2>&1; }
# verdict WHAT STATUS CLASS MUTANT OPTION...
verdict() {
    local what=$1 wanted=$2 class=$3 mutant=$4
    shift 4
    rm -f v.json
    RUN_LIMIT=60 run env -u LD_LIBRARY_PATH "$TIMTAPE" replay --stall-timeout 4 --json v.json "$@" m.tape -- "$APPS/mutant" "$mutant"
    is "$what: status $wanted" "${rc:-}" "$wanted" || fail "$what" err out
    is "$what: $class" "$(json '$.verdict')" "$class"
}

verdict 'loose: another order' 0 'as recorded' swap --match loose
verdict 'loose: another order inside a callback' 0 'as recorded' swap-inside --match loose
verdict 'loose: on a worker instead of in a callback' 0 'as recorded' thread-worker --match loose
verdict 'loose: another text' 1 'different argument' text --match loose
verdict 'loose: a call left out' 1 'missing call' drop-inside --match loose
is 'loose: a call left out: which' "$(json '$.event.name')" TIMMsgReportReaded
like 'loose: how to stop there' "$(cat err)" 'timtape replay --stall-timeout 4s --match loose --until [0-9]+ --hold m.tape -- '
verdict 'loose: a call too many' 1 'extra call' extra --match loose


cat >some.rules <<'RULES'
timtape rules 1
repeat TIMLogin
missing TIMConvSetDraft
swap TIMConvGetConvList TIMMsgFindMessages
RULES
verdict 'rules: a call again' 0 'as recorded' relogin --rules some.rules
is 'rules: a call again: counted' "$(json '$.rules_used')" 1
verdict 'rules: a call left out' 0 'as recorded' drop-worker --rules some.rules
verdict 'rules: two change places' 0 'as recorded' swap --rules some.rules
verdict 'rules: one that may change places still has to come' 1 'missing call' drop --rules some.rules
verdict 'rules: what none of them names' 1 'reordered' swap-inside --rules some.rules
status 'rules: a file that is not there' 64 "$TIMTAPE" replay --rules none.rules m.tape -- true
echo 'swap TIMLogin' >bad.rules
status 'rules: a file that is wrong' 65 "$TIMTAPE" replay --rules bad.rules m.tape -- true
like 'rules: a file that is wrong: where' "$(cat err)" 'bad.rules:1'

verdict 'let through' 0 'as recorded' extra --unmatched default
is 'let through: counted' "$(json '$.unmatched')" 1
like 'let through: which' "$(json '$.notes[0]')" 'the first is TIMGroupGetJoinedGroupList after callback TIMCommCallback'
verdict 'completed with a code' 0 'as recorded' extra --unmatched code:7013
like 'completed with a code: the app got it' "$(cat out)" 'failed with 7013'
verdict 'the verdict is that of the rest' 1 'missing call' text --unmatched default
is 'the verdict is that of the rest: event' "$(json '$.event.name')" TIMMsgSendMessage

verdict 'a wide gate' 0 'as recorded' none --max-late 30s
like 'a gate: how late the app was' "$(json '$.app_late_ns')" '^[0-9]+$'
verdict 'a gate that the app missed' 4 late late --max-late 300ms
