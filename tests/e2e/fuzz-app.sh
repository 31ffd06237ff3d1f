#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timtape fuzz: an unmodified client with bugs in the order of callbacks (tests/consumers/orderly.c). What is found replays, is
# found again from the same seed, survives Ctrl-C; the client without the bugs has nothing to fear.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

holds 'the scenario becomes a tape' "$TIMTAPE" import "$TOP/tests/consumers/orderly.ndjson" -o orderly.tape
# A name of its own, so that what is left behind can be told from anybody else's.
client=$T/orderly-$$
cp "$APPS/orderly" "$client"
fuzz() { run env -u LD_LIBRARY_PATH "$TIMTAPE" fuzz "$@"; }
names() { sed -n 's/^\([a-z_0-9]*\): .*/\1/p' "$1"; }
left() { pgrep -f "^$client" | wc -l; }

# ---- bounded runs ---------------------------------------------------------------------------------
fuzz -o found --runs 90 --seed 5 orderly.tape -- "$client"
cp out found.out
is 'there are findings: status 1' "$rc" 1 || fail 'what was said' err out
for bug in list_insert list_show request_done transfer_progress update_unknown; do
    like "one change finds $bug" "$(cat found.out)" "^${bug}_(crash|abort): SIG"
done
like 'a sentence says what was changed' "$(cat found.out)" 'callback [0-9]+ \(TIMRecvNewMsgCallback\) (left out|delivered twice)'
like 'it says why there is no coverage' "$(cat err)" 'reached: no coverage: the app is not built with afl-clang-fast'
is 'nothing of the app is left' "$(left)" 0

holds 'each finding says whether its tape replays' [ "$(grep -l '"no_replay":""' found/*/finding.json | wc -l)" -ge 5 ]

# ---- every finding replays ------------------------------------------------------------------------
for dir in found/*/; do
    name=$(basename "$dir")
    wanted=$(sed -n "s/^$name: SIG\([A-Z]*\).*/\1/p" found.out)
    case $wanted in SEGV) wanted=139 ;; ABRT) wanted=134 ;; *) continue ;; esac
    status "$name replays" "$wanted" env -u LD_LIBRARY_PATH "$TIMTAPE" replay --speed max --stall-timeout 3 "$dir/bug.tape" -- "$client"
done

# ---- the same seed, the same findings --------------------------------------------------------------
fuzz -o again --runs 90 --stop-after 3 --seed 5 orderly.tape -- "$client"
is 'the first three again' "$(names out | wc -l)" 3
is '... the same seed finds the same' "$(sed 's,again/,found/,' out | grep -vxFf found.out)" ''
fuzz -o found --runs 30 --seed 6 orderly.tape -- "$client"
like 'a folder is gone on with, and keeps what it had' "$(cat err)" 'with those of earlier runs'
is '... which is not found again' "$(names out | grep -c '^list_insert')" 1

# ---- no bugs, nothing found ------------------------------------------------------------------------
status 'the client without the bugs' 0 env -u LD_LIBRARY_PATH "$TIMTAPE" fuzz -o none --runs 120 --seed 5 orderly.tape -- "$client" fixed
is '... and nothing is kept' "$(find none -mindepth 1 | wc -l)" 0

# ---- selections, kinds, workers --------------------------------------------------------------------
fuzz -o only --runs 40 --only 'TIMMsgUpdate*' --ignore hang,exit orderly.tape -- "$client" twice again error progress unknown
is '--only leaves the others alone' "$(names out | grep -c 'list_insert\|request_done\|list_show')" 0
status '--ignore crash' 0 env -u LD_LIBRARY_PATH "$TIMTAPE" fuzz -o ignored --runs 40 --ignore crash orderly.tape -- "$client" twice
fuzz -o two -j 2 --runs 70 --seed 5 orderly.tape -- "$client"
is 'two workers: status 1' "$rc" 1
is '... no bug twice' "$(sed -n 's/^[a-z_0-9]*: SIG[A-Z]* in \([a-z_]*\).*/\1/p' out | sort | uniq -d)" ''
holds '... and at least three' [ "$(names out | wc -l)" -ge 3 ]
fuzz -o slow --no-fork --stop-after 1 --json orderly.tape -- "$client"
is 'without forks, as JSON, until the first' "$(sqlite3 :memory: "SELECT json_valid(CAST(readfile('out') AS TEXT))")" 1
like '... it says why it is slow' "$(cat err)" 'started for each run'

# ---- a finding that a plain replay does not show ----------------------------------------------------
fuzz -o shy --runs 60 --stop-after 1 --seed 5 orderly.tape -- "$client" shy twice
like 'a tape that does not replay is said so' "$(cat out)" '^  does not replay: a plain replay of the tape ended with status 0, the fuzzer saw SIGABRT' || fail 'what was said' err out
holds '... and in finding.json' grep -q '"no_replay":"a plain replay' shy/*/finding.json

# ---- a hang ----------------------------------------------------------------------------------------
fuzz -o hung --stop-after 1 --runs 200 --hang-timeout 500ms orderly.tape -- "$client" stuck
like 'a callback that does not return is a finding' "$(cat out)" ': timeout' || fail 'what was said' err
is 'nothing of it is left' "$(left)" 0

# ---- a sanitizer -----------------------------------------------------------------------------------
if ${CC:-cc} -std=c11 -g -O1 -D_GNU_SOURCE -fsanitize=address -I"$O/include" -I"$TOP/tests" "$TOP/tests/consumers/orderly.c" -o asan \
    -L"$O/link" -lImSDK -lcjson -lpthread 2>cc.err; then
    fuzz -o asan.found --stop-after 2 --runs 200 orderly.tape -- ./asan again
    like 'AddressSanitizer is believed' "$(cat out)" 'double-free .*request_done|double-free' || fail 'what was said' err out
else
    skip 'AddressSanitizer' 'not here'
fi

# ---- Ctrl-C ----------------------------------------------------------------------------------------
# What runs in the background of a script ignores SIGINT; a terminal's foreground does not.
mkdir scratch
env -u LD_LIBRARY_PATH --default-signal=INT TMPDIR="$T/scratch" setsid "$TIMTAPE" fuzz -o ended orderly.tape -- "$client" >ended.out 2>ended.err </dev/null &
pid=$!
for _ in $(seq 300); do
    compgen -G 'ended/*/finding.json' >/dev/null && break
    sleep 0.1
done
holds 'what is tried lies in TMPDIR' compgen -G 'scratch/timtape-fuzz.*'
kill -INT $pid
wait $pid
is 'Ctrl-C keeps what was found' "$?" 1
holds '... on disk and in the table' grep -q ': SIG' ended.out
is '... and leaves nothing in TMPDIR' "$(ls scratch)" ''
sleep 0.2
is '... and ends the app' "$(left)" 0

# A worker that cannot end by itself (stopped) does not keep anybody waiting the second time.
env -u LD_LIBRARY_PATH --default-signal=INT TMPDIR="$T/scratch" setsid "$TIMTAPE" fuzz -o twice orderly.tape -- "$client" fixed >twice.out 2>twice.err </dev/null &
pid=$!
for _ in $(seq 300); do
    worker=$(pgrep -P $pid)
    [ -n "$worker" ] && [ "$(left)" -gt 0 ] && break
    sleep 0.1
done
kill -STOP "$worker"
kill -INT $pid
sleep 0.5
holds 'a worker that stands still is waited for' kill -0 $pid
kill -INT $pid
wait $pid
is '... a second Ctrl-C ends it at once' "$?" 0
is '... and nothing is left in TMPDIR' "$(ls scratch)" ''
sleep 0.2
is '... nor of the app' "$(left)" 0

# ---- a corpus --------------------------------------------------------------------------------------
tape=$(find found -path '*badge_draw*' -name bug.tape -o -path '*list_insert*' -name bug.tape | head -n 1)
mkdir corpus
cp "$tape" corpus/one.tape
echo 'no tape' >corpus/readme
status '--corpus: a client without the bugs' 0 env -u LD_LIBRARY_PATH "$TIMTAPE" fuzz -o corpus.found --corpus corpus --runs 60 --seed 7 orderly.tape -- "$client" fixed
same '... leaves what is in the folder' "$tape" corpus/one.tape

# ---- coverage --------------------------------------------------------------------------------------
if ! command -v afl-clang-fast >/dev/null; then
    skip 'coverage of an app' 'afl-clang-fast is not here'
elif env -u LD_LIBRARY_PATH AFL_QUIET=1 afl-clang-fast -std=c11 -g -O1 -D_GNU_SOURCE -I"$O/include" -I"$TOP/tests" "$TOP/tests/consumers/orderly.c" \
    -o covered -L"$O/link" -lImSDK -lcjson -lpthread >cc.err 2>&1; then
    fuzz -o covered.found --corpus covered.corpus --runs 100 --seed 5 orderly.tape -- ./covered fixed
    like 'an app built with afl-clang-fast has coverage' "$(cat err)" 'reached: [1-9][0-9]+ edges' || fail 'what was said' err
    holds '... and what reaches something new is kept as a tape' compgen -G 'covered.corpus/seed-5-*.tape'
    kept=$(find covered.corpus -name '*.tape' | head -n 1)
    status '... that replays' 0 env -u LD_LIBRARY_PATH "$TIMTAPE" info "$kept"
else
    fail 'afl-clang-fast builds the app' cc.err
fi

# ---- mistakes --------------------------------------------------------------------------------------
status 'no tape' 64 "$TIMTAPE" fuzz
status 'no app' 64 "$TIMTAPE" fuzz orderly.tape
like '... said' "$(cat err)" 'which app'
status 'a kind that is none' 64 "$TIMTAPE" fuzz --oracle boom orderly.tape -- "$client"
like '... said' "$(cat err)" "crash, sanitizer"
status 'a tape that is not there' 65 "$TIMTAPE" fuzz -o x1 nowhere.tape -- "$client"
status 'an app that is not there' 127 "$TIMTAPE" fuzz -o x2 orderly.tape -- ./nobody
status 'a folder that cannot be' 126 "$TIMTAPE" fuzz -o orderly.tape/x orderly.tape -- "$client"
tape=$(find found -path '*list_insert*' -name bug.tape | head -n 1)
status 'an app that breaks on the tape as it is' 65 env -u LD_LIBRARY_PATH "$TIMTAPE" fuzz -o x3 "$tape" -- "$client"
like '... said' "$(cat err)" 'as it was recorded'
