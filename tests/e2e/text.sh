#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A tape and its text form: export and import round-trip exactly, for every byte.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

dump() {
    sql "$1" 'SELECT seq, at_ns, thread, callback, code, json, args, cause, in_call, json_ok FROM callbacks ORDER BY seq'
    sql "$1" 'SELECT seq, at_ns, thread, function, args, result, in_callback FROM calls ORDER BY seq'
    sql "$1" 'SELECT * FROM threads ORDER BY thread'
    sql "$1" 'SELECT key, value FROM meta ORDER BY key'
}
for what in calls '{"do":"odd","huge":100000}' '{"do":"other","count":20}' '{"do":"burst","threads":4,"count":100,"wait":1}'; do
    rm -f ./*.tape ./*.ndjson
    record one.tape "$APPS/stress" twice "$what"
    status "export $what" 0 "$TIMTAPE" export one.tape
    cp out one.ndjson
    status "import $what" 0 "$TIMTAPE" import one.ndjson -o two.tape || fail import err
    "$TIMTAPE" export two.tape >two.ndjson
    same "text -> tape -> text: $what" one.ndjson two.ndjson
    dump one.tape >one.dump
    dump two.tape >two.dump
    same "tape -> text -> tape: $what" one.dump two.dump
    holds "every line is JSON: $what" python3 -c 'import json, sys; [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]' one.ndjson
done
echo '{"nonsense":1}' >bad.ndjson
status 'import: bad text' 65 "$TIMTAPE" import bad.ndjson -o bad.tape
like 'import: names file and line' "$(cat err)" 'bad\.ndjson:?.*1'
[ -e bad.tape ] && fail 'import: bad text leaves no tape' || ok 'import: bad text leaves no tape'
