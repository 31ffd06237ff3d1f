#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a replay leaves for machines: JUnit XML that a schema takes, annotations of GitHub and GitLab, JSON; also when the
# app writes bytes that none of them can hold, when the tape is broken, and for --loop.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

cat >chat.ndjson <<'END'
{"timtape":1,"meta":{"sdk_version":"8.0.5906","ended":"exit 0"}}
{"thread":1,"name":"main"}
{"thread":2,"name":"sdk-logic"}
{"call":"TIMInit","args":{"sdk_app_id":1,"json_sdk_config":"{}"}}
{"call":"TIMAddRecvNewMsgCallback","after_ms":1}
{"callback":"TIMRecvNewMsgCallback","after_ms":2,"args":{"json_msg_array":"one"}}
{"call":"TIMUninit","after_ms":1,"thread":"main"}
END
"$TIMTAPE" import chat.ndjson -o chat.tape 2>err || fail 'the tape is made' err
mkdir -p tapes/login && cp chat.tape tapes/login/a,b:c%.tape && cp chat.tape tapes/hostile.tape

replay() { run env -u LD_LIBRARY_PATH "$TIMTAPE" replay --speed max --stall-timeout 20 "$@"; }
all() { replay --json v.json --junit j.xml --annotate github:a.txt --annotate gitlab:g.json "$@"; }
valid() { holds "$1: the schema takes the JUnit file" xmllint --nonet --noout --schema "$TOP/tests/e2e/junit.xsd" j.xml; }
# xml WHAT XPATH WANTED
xml() { is "$1" "$(xmllint --nonet --xpath "string($2)" j.xml 2>&1)" "$3"; }
json() { python3 -c 'import json, sys; print(eval("json.load(open(sys.argv[1]))" + sys.argv[2]))' "$1" "$2"; }

# ---- one replay -------------------------------------------------------------------------------------------
all chat.tape -- "$APPS/moody"
is 'as recorded' "$rc" 0
valid 'as recorded'
xml 'as recorded: the case' '//testcase/@name' chat.tape
xml 'as recorded: neither failure nor error' 'count(//failure) + count(//error)' 0
is 'as recorded: no annotations' "$(cat a.txt)$(json g.json '')" '[]'
is 'as recorded: JSON is one object' "$(json v.json '["verdict"]')" 'as recorded'
like 'as recorded: how long the app ran' "$(cat err)" 'callbacks 1/1 delivered, in [0-9.]+ [mu]?s$'
holds 'as recorded: JSON tells the same' python3 -c 'import json; v = json.load(open("v.json")); assert 0 < v["duration_ns"] <= v["took_ns"], v'

all chat.tape -- "$APPS/moody" different
is 'diverged' "$rc" 1
valid 'diverged'
xml 'diverged: the class' '//failure/@type' 'different argument'
xml 'diverged: the sentence' '//failure/@message' "$(json v.json '["sentence"]')"
like 'diverged: the whole verdict is the body' "$(xmllint --nonet --xpath 'string(//failure)' j.xml)" 'next +timtape show chat\.tape'
sed 's/^timtape: //' err | head -n 1 >sentence
is 'diverged: all tell the same' "$(cat sentence)" "$(json v.json '["sentence"]')"
is 'GitHub: the command' "$(cat a.txt)" "::error file=chat.tape,title=timtape%3A different argument::$(cat sentence)"
is 'GitLab: the keys' "$(json g.json '[0].keys()')" "dict_keys(['description', 'check_name', 'fingerprint', 'severity', 'location'])"
is 'GitLab: where' "$(json g.json '[0]["location"]')" "{'path': 'chat.tape', 'lines': {'begin': 1}}"
is 'GitLab: what' "$(json g.json '[0]["description"]')" "$(cat sentence)"
before=$(json g.json '[0]["fingerprint"]')
all "$T/./chat.tape" -- "$APPS/moody" different
is 'GitLab: the same fingerprint for the same trouble, and the path from here' "$(json g.json '[0]["fingerprint"]') $(json g.json '[0]["location"]["path"]')" \
    "$before chat.tape"

# The app's last line has no end: the command still begins a line of its own.
printf '#!/bin/sh\nprintf "no end"\nexit 3\n' >short && chmod +x short
replay --annotate github chat.tape -- ./short
is 'GitHub on standard output begins a line' "$(grep -c '^::error file=chat.tape' out)" 1

# ---- hostile bytes ------------------------------------------------------------------------------------------
for file in tapes/*.tape tapes/login/*; do cp chat.tape "$file"; done
run env -u LD_LIBRARY_PATH "$TIMTAPE" replay --speed max --stall-timeout 20 --json v.json --junit j.xml --annotate github:a.txt \
    --annotate gitlab:g.json tapes -- "$APPS/moody" hostile
is 'hostile output' "$rc" 1
valid 'hostile output'
like 'hostile output: JUnit has what XML can hold' "$(xmllint --nonet --xpath 'string(//testcase[1]/system-out)' j.xml)" \
    "^\]\]> <a b='c\"> & \\\\x1b\[31mred\\\\x1b\[0m \\\\x01\\\\x7f"
is 'hostile output: JSON' "$(json v.json '["replays"][0]["output"].count("a line without an end")')" 1
is 'hostile output: no line of ours is a command of the app' "$(grep -cE '^[[:space:]]*::' err)" 0
is 'hostile output: nothing steers the terminal' "$(grep -c "$(printf '\033')" err)" 0
is 'a hostile name: GitHub' "$(grep -c '^::error file=tapes/login/a%2Cb%3Ac%25\.tape,title=' a.txt)" 1
is 'a hostile name: GitLab' "$(json g.json '[1]["location"]["path"]')" 'tapes/login/a,b:c%.tape'
xml 'a hostile name: JUnit' '//testcase[@classname="tapes.login"]/@file' 'tapes/login/a,b:c%.tape'

# ---- no verdict ---------------------------------------------------------------------------------------------
echo 'no tape' >broken.tape
all broken.tape -- "$APPS/moody"
is 'a broken tape' "$rc" 65
valid 'a broken tape'
xml 'a broken tape is an error, not a failure' 'concat(//error/@type, " ", count(//failure))' 'bad tape 0'
is 'a broken tape: JSON' "$(json v.json '["verdict"]') $(json v.json '["status"]')" 'bad tape 65'
is 'a broken tape: GitHub' "$(grep -c '^::error file=broken.tape,title=timtape%3A bad tape::' a.txt)" 1
is 'a broken tape: GitLab' "$(json g.json '[0]["severity"]')" critical

# ---- written before, or not run ------------------------------------------------------------------------------
for option in '--json no/j' '--junit no/j' '--annotate github:no/j' '--annotate gitlab:no/j'; do
    # shellcheck disable=SC2086
    replay $option chat.tape -- touch ran
    is "$option cannot be written: usage" "$rc" 64
    like "$option: names it" "$(cat err)" 'cannot write no/j: No such file'
done
[ -e ran ] && fail 'a report that cannot be written costs no run' || ok 'a report that cannot be written costs no run'
if [ -e /dev/full ]; then
    replay --junit /dev/full chat.tape -- "$APPS/moody"
    is 'a full disk is not silent' "$rc" 70
fi
for word in gitlab jenkins github: ''; do
    status "--annotate '$word'" 64 "$TIMTAPE" replay --annotate "$word" chat.tape -- true
done

# ---- --loop ---------------------------------------------------------------------------------------------------
all --loop 20 chat.tape -- "$APPS/moody"
is 'a loop: all went well' "$rc" 0 || fail 'why not' err
like 'a loop: says how many' "$(head -n 1 err)" '^timtape: all of 20 replays are as recorded'
is 'a loop: the app ran so often' "$(grep -c '^message one' out)" 20
valid 'a loop'
xml 'a loop is one case' 'count(//testcase)' 1
xml 'a loop: how many' '//property[@name="runs"]/@value' '20 of 20'
is 'a loop: JSON' "$(json v.json '["runs"]')" "{'asked': 20, 'done': 20}"
cat >tires <<END
#!/bin/sh
echo >>count
[ \$(wc -l <count) -ge 4 ] && set -- different
exec "$APPS/moody" "\$@"
END
chmod +x tires
all --loop 20 chat.tape -- ./tires
is 'a loop ends where it once goes wrong' "$rc $(wc -l <count)" '1 4'
like 'a loop: where' "$(head -n 1 err)" '^timtape: replay 4 of 20 is not as recorded, 3 before it were'
valid 'a loop that failed'
xml 'a loop that failed: how many' '//property[@name="runs"]/@value' '4 of 20'
is 'a loop that failed: JSON' "$(json v.json '["runs"]["done"]') $(json v.json '["verdict"]')" '4 different argument'
replay -q --loop 3 chat.tape -- "$APPS/moody"
is 'a loop, --quiet: no words' "$(cat err)" ''
replay --loop 3 --record x.tape chat.tape -- "$APPS/moody"
is 'a loop does not overwrite its recording unasked' "$rc" 64
replay --loop 3 --record x.tape --force chat.tape -- "$APPS/moody"
is 'a loop with --force keeps the last recording' "$rc $("$TIMTAPE" verify x.tape >/dev/null 2>&1; echo $?)" '0 0'
