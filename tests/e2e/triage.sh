#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Inputs that break a fuzz target: grouped into bugs, made small, kept as tape and test.
. "$(dirname "$0")/lib.sh"
need_command
command -v clang >/dev/null || skip_all "clang is not here"

cd "$T" || exit 1
bugs=$TOP/tests/findings/bugs.c
san='-fsanitize=address,undefined'
build() { # build OUT COMPILER FLAGS...
    local out=$1
    shift
    "$1" -g -O1 "$bugs" -o "$out" "${@:2}" -lcjson || fail "$out is built"
}
# shellcheck disable=SC2086
build target clang $san
# shellcheck disable=SC2086
build gcc-target gcc $san
build plain-target gcc
# shellcheck disable=SC2086
build fixed clang $san -DFIXED
python3 "$TOP/tests/findings/inputs.py" inputs

# ---- groups are bugs -------------------------------------------------------------------------------
status 'triage finds something' 1 "$TIMTAPE" triage inputs -o found --timeout 0.4 --json --sarif f.sarif --junit f.xml -- ./target
cp out found.json
groups() { python3 -c 'import json,sys; print(" ".join(sorted("%s:%s:%d" % (f["function"], f["severity"].replace(" ", "-"), f["count"]) for f in json.load(sys.stdin)["findings"])))'; }
is '60 inputs are 7 bugs: one function has two, one has two callers, one dies in cJSON' "$(groups <found.json)" \
    "$(cat inputs.expected)"
like 'words say so' "$(cat err)" '60 inputs: 7 bugs \(7 new\) in found'
is 'each is as small as its bug allows' "$(python3 -c '
import json; print(max(f["bytes"] for f in json.load(open("found.json"))["findings"]) < 125)')" True
is 'the payload that is left' "$(sed "s/:[5-8]}/:N}/" found/take_type_read/payload.json)" '[{"message_sender":"","message_conv_type":N}]'
is 'a bug in cJSON belongs to its caller, and it is said' \
    "$(python3 -c 'import json; f=json.load(open("found/rename_message_write/finding.json")); print(f["function"], f["through"])')" \
    'rename_message cJSON'
like 'the report is kept' "$(cat found/take_type_write/report.txt)" 'global-buffer-overflow'
like 'known.ndjson names what to step round' "$(cat found/known.ndjson 2>/dev/null)" \
    '"path":".*message_elem_array".*"variation":"empty-array"'

is 'a sentence says what it takes' "$(python3 -c 'import json; print(json.load(open("found/first_type_null_deref/finding.json"))["sentence"])')" \
    'TIMRecvNewMsgCallback: $[0].message_elem_array is an empty array'

# ---- again -----------------------------------------------------------------------------------------
cp -r found before
status 'a second time' 1 "$TIMTAPE" triage inputs -o found --timeout 0.4 --json -- ./target
same 'says the same' found.json out
like 'and finds nothing new' "$(cat err)" '7 bugs \(0 new\)'
holds 'and leaves what is there as it is' diff -r before found
status 'findings can be triaged themselves' 1 "$TIMTAPE" triage found -o found --timeout 0.4 --quiet -- ./target
status 'a fixed target' 0 "$TIMTAPE" triage inputs -o found --timeout 0.4 -- ./fixed
like 'is told so' "$(cat err)" 'fixed since: .*take_type_read'
is 'and nothing is stepped round any more' "$(cat found/known.ndjson 2>/dev/null)" ''


# ---- other builds ----------------------------------------------------------------------------------
status 'gcc: findings' 1 "$TIMTAPE" triage before -o found-gcc --timeout 0.4 --runs 8 --json -- ./gcc-target
is 'gcc: the same bugs' "$(python3 -c 'import json; print(len(json.load(open("out"))["findings"]))')" 7
if [ "$(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null || echo 0)" != 3 ]; then
    mkdir few
    cp "$(grep -l '"message_priority":3' inputs/* | head -n 1)" "$(grep -l '"message_elem_array":\[\]' inputs/* | head -n 1)" few/
    status 'without a sanitizer: findings' 1 "$TIMTAPE" triage few -o found-plain --json -- ./plain-target
    like 'their stack comes from a second run' "$(cat out)" 'crash@first_type:bugs.c:[0-9]+'
    like 'also below an abort' "$(cat out)" 'crash@rename_message:bugs.c:[0-9]+'
fi

# ---- reports ---------------------------------------------------------------------------------------
holds 'JUnit is as its schema says' xmllint --noout --schema "$TOP/tests/e2e/junit.xsd" f.xml
is 'SARIF has what code hosts read' "$(python3 - <<'PY'
import json
s = json.load(open("f.sarif"))
run, = s["runs"]
rules = {r["id"] for r in run["tool"]["driver"]["rules"]}
good = s["version"] == "2.1.0" and run["tool"]["driver"]["name"] == "timtape" and len(run["results"]) == 7
for r in run["results"]:
    place = r["locations"][0]["physicalLocation"]
    good = good and r["ruleId"] in rules and r["level"] in ("error", "warning") and r["message"]["text"] and \
        place["artifactLocation"]["uri"].endswith("bugs.c") and place["region"]["startLine"] > 0 and \
        len(r["partialFingerprints"]) == 1
print(good, len({r["partialFingerprints"]["timtape/v1"] for r in run["results"]}))
PY
)" 'True 7'

# ---- the test to keep ------------------------------------------------------------------------------
for finding in take_type_read remember_leak add_time_undefined; do
    for kind in '' -DFIXED; do
        # shellcheck disable=SC2046,SC2086
        holds "$finding: the test is built ${kind:-with the bug}" clang -g -O1 $san -fno-sanitize-recover=undefined -DNO_MAIN $kind \
            -DON_TIMRecvNewMsgCallback=on_messages -DBUG_TAPE="\"found/$finding/bug.tape\"" \
            "found/$finding/test_$finding.c" "$bugs" -o "test$kind" \
            $(PKG_CONFIG_PATH=$O/pkgconfig pkg-config --cflags --libs timtape-replay) -lcmocka -lcjson -Wl,-rpath,"$O/lib"
    done
    run ./test
    if [ "$rc" != 0 ]; then ok "$finding: it fails on the bug"; else fail "$finding: it passes on the bug" out err; fi
    status "$finding: it passes on the fixed handler" 0 ./test-DFIXED
done

# ---- the tape --------------------------------------------------------------------------------------
like 'the tape has the registration' "$("$TIMTAPE" export found/take_type_read/bug.tape)" '"call":"TIMAddRecvNewMsgCallback"'
build app gcc -DAPP -I"$O/include" -L"$O/link" -lImSDK
status 'an app that registers the handler dies of it' 134 env LD_LIBRARY_PATH="$O/link" "$TIMTAPE" replay found/rename_message_write/bug.tape -- ./app

# ---- minimize --------------------------------------------------------------------------------------
one=$(grep -l '"message_server_time"' inputs/* | head -n 1)
status 'minimize' 0 "$TIMTAPE" minimize "$one" -o small -- ./target
is 'what is left' "$(cat small)" \
    '{"callback":"TIMRecvNewMsgCallback","args":{"json_msg_array":{"$json":[{"message_server_time":2147483647}]}}}'
like 'sizes are told' "$(cat err)" 'callbacks? in [0-9]+ B became 1 in [0-9]+ B after [0-9]+ runs; nothing more can be left out'
like 'and what it takes' "$(cat out)" 'message_server_time'
status 'minimize does not overwrite' 64 "$TIMTAPE" minimize "$one" -o small -- ./target
status 'minimize reads tapes' 0 "$TIMTAPE" minimize found/take_type_write/bug.tape -f -o small -- ./target
status 'minimize: nothing wrong' 64 "$TIMTAPE" minimize "$one" -o none -- ./fixed
like 'says so' "$(cat err)" 'does nothing wrong'

# ---- one bug does not hide the next ----------------------------------------------------------------
# shellcheck disable=SC2046,SC2086
holds 'a target with three mistakes' clang -g -O1 -D_GNU_SOURCE -DCARELESS_FUZZ -fsanitize=fuzzer,address,undefined -I"$TOP/tests" \
    "$TOP/tests/consumers/careless.c" -o careless $(PKG_CONFIG_PATH=$O/pkgconfig pkg-config --cflags --libs timtape-fuzz) -lcjson
mkdir art
for round in 1 2 3 4 5 6 7 8 9 10; do
    RUN_LIMIT=60 run env TIMTAPE_FUZZ_KNOWN=three/known.ndjson ./careless -seed="$round" -runs=30000 -artifact_prefix=art/
    run "$TIMTAPE" triage art -o three --quiet -- ./careless
    [ "$(find three -name finding.json | wc -l)" = 3 ] && break
done
is 'known findings are stepped round: the others are found' "$(sed -n 's/^ "function":"\(.*\)",$/\1/p' three/*/finding.json | sort | paste -sd' ')" \
    'answer on_conversations on_messages'

# ---- mistakes --------------------------------------------------------------------------------------
status 'no folder' 127 "$TIMTAPE" triage nowhere -- ./target
status 'no target' 64 "$TIMTAPE" triage inputs
status 'a target that is not there' 127 "$TIMTAPE" triage inputs -- ./nothing
printf 'no case\0\377' >junk
mkdir junks && cp junk junks/crash-1
status 'junk that does nothing' 0 "$TIMTAPE" triage junks -o none -- ./target
mkdir none-here
status 'a folder without an input' 0 "$TIMTAPE" triage none-here -o none -- ./target
like 'is no good news' "$(cat err)" 'no input in it, so nothing was run'
status 'nor does it hide that there is no target' 127 "$TIMTAPE" triage none-here -o none -- ./nothing
status 'a target that does not start' 126 "$TIMTAPE" triage junks -o none -- sh -c 'echo cannot start >&2; exit 3'
like 'is told, with what it said' "$(cat err)" 'ended with status 3 on every input.*"cannot start"'
