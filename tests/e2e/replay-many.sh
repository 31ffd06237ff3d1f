#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A folder of tapes: 300 of them in parallel, with every kind of end among them; the totals in words, JSON and JUnit;
# the same with one at a time; interrupted; and what a folder does not go together with.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1
export TMPDIR=$T/tmp
mkdir tmp

cat >base <<'END'
{"timtape":1,"meta":{"sdk_version":"8.0.5906","ended":"exit 0"}}
{"thread":1,"name":"main"}
{"thread":2,"name":"sdk-logic"}
{"call":"TIMInit","args":{"sdk_app_id":1,"json_sdk_config":"{}"}}
{"call":"TIMAddRecvNewMsgCallback","after_ms":1}
{"callback":"TIMRecvNewMsgCallback","after_ms":2,"args":{"json_msg_array":"one"}}
END
END='{"call":"TIMUninit","after_ms":1,"thread":"main"}'
{ cat base; echo "$END"; } >good
{ cat base; echo '{"callback":"TIMRecvNewMsgCallback","after_ms":300,"args":{"json_msg_array":"two"}}'; } >left
"$TIMTAPE" import good -o good.tape 2>err || fail 'the tape is made' err

many() { run env -u LD_LIBRARY_PATH "$TIMTAPE" replay --speed max --stall-timeout 20 "$@" -- "$APPS/moody" '{name}'; }
# fill FOLDER COUNT NAME...: so many good ones, and these.
fill() {
    local folder=$1 count=$2 i name
    shift 2
    mkdir -p "$folder/deep/er"
    for ((i = 0; i < count; i++)); do
        case $((i % 3)) in
        0) cp good.tape "$folder/good-$i.tape" ;;
        1) cp good "$folder/deep/good-$i.ndjson" ;;
        2) cp good.tape "$folder/deep/er/good-$i.tape" ;;
        esac
    done
    for name in "$@"; do
        case $name in
        left*) cp left "$folder/$name.ndjson" ;;
        broken*) echo 'no tape' >"$folder/$name.tape" ;;
        *) cp good.tape "$folder/$name.tape" ;;
        esac
    done
}

# ---- 300 of them ----------------------------------------------------------------------------------------
WRONG=(broken-1 crash-1 crash-2 different-1 different-2 different-3 exit-1 extra-1 extra-2 left-1 missing-1 noise-1)
fill tapes 288 "${WRONG[@]}"
cp good tapes/notes.txt
mkdir tapes/.hidden && cp good.tape tapes/.hidden/crash-9.tape
ln -s ../tapes tapes/again
many -j 8 --json v.json --junit j.xml --annotate gitlab:g.json --annotate github:a.txt tapes
is 'of 300, the most serious decides: a bad tape' "$rc" 65 || fail 'why not' err
like 'the totals in words' "$(head -n 1 err)" \
    '^timtape: 300 replays in .*: 288 as recorded, 12 not: 1 bad tape, 2 crashed, 4 different argument, 1 different exit, 2 extra call, 1 missing call, 1 not consumed$'
is 'every one that failed is listed, and no other' \
    "$(grep -E '^  [^ ]' err | sed -E 's,^  tapes/([^.]*)\..*,\1,' | tr '\n' ' ')" "${WRONG[*]} "
like 'what failed says how' "$(cat err)" '^    diverged: the app called TIMInit with another sdk_app_id'
like 'what failed says how to replay just that one' "$(cat err)" \
    '^    again: timtape replay --speed max --stall-timeout 20 tapes/crash-1\.tape -- .*/moody crash-1$'
is 'the last 20 lines of a talkative app' "$(grep -E '^    \| noise' err | tr -dc '0-9\n' | tr '\n' ' ')" "$(seq -s ' ' 4981 5000) "
is 'the apps did not write into our output' "$(cat out)" ''
holds 'JSON: totals and replays agree' python3 - <<'END'
import json
all = json.load(open("v.json"))
assert all["status"] == 65, all["status"]
assert all["folder"] == "tapes"
count = {}
for one in all["replays"]:
    count[one["verdict"]] = count.get(one["verdict"], 0) + 1
assert count.pop("as recorded") == 288 and len(all["replays"]) == 300
assert count == {"bad tape": 1, "crashed": 2, "different argument": 4, "different exit": 1, "extra call": 2,
                 "missing call": 1, "not consumed": 1}, count
assert {**count, "as recorded": 288, "replays": 300} == all["totals"], all["totals"]
tapes = [one["tape"] for one in all["replays"]]
assert len(set(tapes)) == 300 and "tapes/deep/er/good-2.tape" in tapes
assert [one["status"] for one in all["replays"] if "crash" in one["tape"]] == [139, 139]
assert [one["tape"] for one in all["replays"] if one["status"] == 0 and "output" in one] == []
END
holds 'JUnit: as the schema wants it' xmllint --nonet --noout --schema "$TOP/tests/e2e/junit.xsd" j.xml
holds 'JUnit: totals are those of the cases' python3 - <<'END'
import xml.etree.ElementTree as tree
top = tree.parse("j.xml").getroot()
suite, = top
cases = suite.findall("testcase")
kinds = {kind: len(suite.findall(f"testcase/{kind}")) for kind in ("failure", "error", "skipped")}
assert len(cases) == 300 and kinds == {"failure": 11, "error": 1, "skipped": 0}, kinds
for one in (top, suite):
    assert [one.get(key) for key in ("tests", "failures", "errors", "skipped")] == ["300", "11", "1", "0"]
assert suite.find("testcase/error").get("type") == "bad tape"
noise, = [case for case in cases if case.get("name") == "noise-1.tape"]
assert noise.get("classname") == "tapes" and noise.get("file") == "tapes/noise-1.tape"
said = noise.find("system-out").text
assert said.endswith("noise 5000\n") and said.startswith("noise ") and len(said) <= 16384, len(said)
assert {case.get("classname") for case in cases} == {"tapes", "tapes.deep", "tapes.deep.er"}
END
is 'GitLab: one entry each' "$(python3 -c 'import json; print(len(json.load(open("g.json"))))')" 12
is 'GitHub: one command each' "$(grep -c '^::error file=tapes/' a.txt)" 12

# ---- one at a time or eight: the same --------------------------------------------------------------------
fill some 12 "${WRONG[@]}"
for jobs in 1 8; do
    many -j $jobs --json $jobs.json --junit $jobs.xml some
    is "-j $jobs: status" "$rc" 65
    # How far an app came between its mistake and its end is not a matter of the verdict.
    sed -E "s/ in [0-9.]+ [mu]?s:/:/; /^    \\|/d; /the app's last/d" err >$jobs.txt
    python3 - $jobs.json >$jobs.list <<'END'
import json, sys
for one in json.load(open(sys.argv[1]))["replays"]:
    print(one["tape"], one["status"], one["sentence"], one.get("again"))
END
    sed -E 's/time(stamp)?="[^"]*"//g' $jobs.xml | grep -E '^ *<(test|fail|err|skip|prop)' >$jobs.same
done
same 'one at a time or eight: the same words' 1.txt 8.txt
same 'one at a time or eight: the same verdicts' 1.list 8.list
same 'one at a time or eight: the same JUnit' 1.same 8.same

# ---- the exit status of all -------------------------------------------------------------------------------
# worst STATUS NAME...
worst() {
    local wanted=$1
    shift
    rm -rf one && fill one 2 "$@"
    many one
    is "good ones${*:+ and }$*: $wanted" "$rc" "$wanted" || fail 'why not' err
}
worst 0
like 'all is well: one line' "$(cat err)" '^timtape: 2 replays in .*: 2 as recorded$'
many -q one
is 'all is well, --quiet: no words' "$(cat err)" ''
worst 3 left-1
worst 1 left-1 missing-1
worst 139 left-1 missing-1 crash-1
worst 65 left-1 missing-1 crash-1 broken-1
rm -rf one && fill one 2
run env -u LD_LIBRARY_PATH "$TIMTAPE" replay --max-late 1ns one -- "$APPS/moody"
is 'a gate that each misses: 4' "$rc" 4
like 'a gate: words' "$(head -n 1 err)" '0 as recorded, 2 not: 2 late'

# ---- the app ---------------------------------------------------------------------------------------------
rm -rf one && mkdir -p 'one/a b' && cp good.tape "one/a b/it's.tape"
printf '#!/bin/sh\nprintf "<%%s>" "$@"; readlink /proc/self/fd/0; exit 3\n' >words && chmod +x words
run "$TIMTAPE" replay one -- ./words '{}' 'x={name}.log' '{' '{}{}' plain
like '{} is the tape, {name} its name, and no word is split' "$(cat err)" \
    "^    \| <one/a b/it's\.tape><x=it's\.log><\{><one/a b/it's\.tapeone/a b/it's\.tape><plain>/dev/null$"
like 'the command for one of them is quoted' "$(cat err)" "again: timtape replay 'one/a b/it'\\\\''s\.tape' -- \./words 'one/a b"
run "$TIMTAPE" replay --junit j.xml one/ -- "$T/no such app"
is 'an app that is not there: 127' "$rc" 127
like 'an app that is not there: once' "$(cat err)" '^timtape replay: .*no such app: no such program$'
holds 'an app that is not there: JUnit says so' grep -q '<error type="not run"' j.xml
ln -s "$APPS/moody" good-0
rm -rf one && fill one 1 && cp good.tape one/good-1.tape
run "$TIMTAPE" replay --speed max one -- './{name}'
is 'one of many apps is not there: one error' "$rc $(sed -nE '1s/.* (1 as recorded.*)/\1/p' err)" '127 1 as recorded, 1 not: 1 not run'

rm -rf one && fill one 6 flood-1
run env -u LD_LIBRARY_PATH "$TIMTAPE" replay -j 2 --speed max --stall-timeout 2 one -- "$APPS/moody" '{name}'
is 'an app that writes without end keeps nobody up' "$rc $(sed -nE '1s/.*: (6 as recorded.*)/\1/p' err)" '1 6 as recorded, 1 not: 1 missing call'
is 'an app that writes without end: its last 20 lines' "$(grep -c '^    | m' err)" 20

# ---- what does not go ------------------------------------------------------------------------------------
mkdir empty
status 'a folder without tapes' 65 "$TIMTAPE" replay empty -- true
like 'a folder without tapes: says so' "$(cat err)" 'empty: no tape'
status 'no app' 64 "$TIMTAPE" replay one
like 'no app: what to do' "$(cat err)" 'timtape replay one -- \./app'
like 'no app: nothing from the tapes is run' "$(cat err)" 'never run'
for option in '--record x.tape' '--until 3' '--from 3' --step --keys '--gdb 3' --mark '--loop 2'; do
    # shellcheck disable=SC2086
    status "a folder and $option" 64 "$TIMTAPE" replay $option one -- true
    like "a folder and $option: says so" "$(cat err)" "$(echo "$option" | sed 's/ .*//;s/^/timtape replay: /') is for one tape"
done
echo 'no rules' >bad.rules
status 'a rules file with a mistake' 65 "$TIMTAPE" replay --rules bad.rules one -- touch ran
is 'a rules file with a mistake: one mistake, not one of each tape' "$(grep -c 'bad\.rules:1:1' err)" 1
status 'a report that cannot be written costs no run' 64 "$TIMTAPE" replay --junit no/such/folder one -- touch ran
[ -e ran ] && fail 'nothing was run' || ok 'nothing was run'

# ---- interrupted -----------------------------------------------------------------------------------------
rm -rf one && fill one 3 hang-1 hang-2 last-1 last-2
mv one/deep/good-1.ndjson one/a.ndjson
env -u LD_LIBRARY_PATH "$TIMTAPE" replay -j 2 --speed max --stall-timeout 300 --junit j.xml one -- "$APPS/moody" '{name}' >out 2>err &
pid=$!
for ((i = 0; i < 300; i++)); do
    [ "$(pgrep -fc "^$APPS/moody hang")" = 2 ] && break
    sleep 0.1
done
kill -INT $pid
wait $pid
is 'interrupted: 130' "$?" 130
like 'interrupted: what is known is told' "$(head -n 1 err)" '7 replays in .*: 3 as recorded, 4 not: 2 interrupted, 2 not replayed'
is 'interrupted: no app is left behind' "$(pgrep -fc "^$APPS/moody")" 0
holds 'interrupted: JUnit is whole' xmllint --nonet --noout --schema "$TOP/tests/e2e/junit.xsd" j.xml
is 'interrupted: JUnit counts' "$(grep -oE 'tests="7" failures="0" errors="2" skipped="2"' j.xml | wc -l)" 2
is 'nothing is left behind' "$(ls -A tmp)" ''

# On a terminal: how far it is, and Ctrl-C, which reaches the apps as well.
env -u LD_LIBRARY_PATH TERM=xterm python3 "$TOP/tests/e2e/terminal.py" 'expect 3 of 7 replayed, 0 not as recorded' 'send \x03' -- \
    "$TIMTAPE" replay -j 2 --speed max --stall-timeout 300 one -- "$APPS/moody" '{name}' >screen 2>end
is 'Ctrl-C: 130' "$(grep status end)" 'status 130' || fail 'the terminal' screen end
like 'Ctrl-C: what is known is told' "$(cat screen)" '3 as recorded, 4 not: 2 interrupted, 2 not replayed'
is 'Ctrl-C: no app is left behind' "$(pgrep -fc "^$APPS/moody")" 0
is 'Ctrl-C: nothing is left behind' "$(ls -A tmp)" ''

# Killed, it cannot tidy up, but the replays notice and end their apps.
env -u LD_LIBRARY_PATH "$TIMTAPE" replay -j 2 --speed max --stall-timeout 300 one -- "$APPS/moody" '{name}' >out 2>err &
pid=$!
for ((i = 0; i < 300; i++)); do
    [ "$(pgrep -fc "^$APPS/moody hang")" = 2 ] && break
    sleep 0.1
done
kill -KILL $pid
wait $pid 2>/dev/null
for ((i = 0; i < 100; i++)); do
    [ "$(pgrep -fc "^$APPS/moody")" = 0 ] && break
    sleep 0.1
done
is 'killed: no app is left behind' "$(pgrep -fc "^$APPS/moody")" 0
