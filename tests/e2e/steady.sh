#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# alone: it loads every processor for a while
# A judge that cries wolf is switched off: apps that do what they did are replayed two hundred times, on an idle machine
# and on one with more work than processors, and every verdict is "as recorded".
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

"$TIMTAPE" import "$TOP/tests/consumers/mutant.ndjson" -o mutant.tape 2>err || fail 'the scenario becomes a tape' err
"$TIMTAPE" import "$TOP/tests/consumers/race.ndjson" -o race.tape 2>err || fail 'the other scenario becomes a tape' err
# An app with many threads at once, whose interleaving is another one each time; recorded with the double.
"$TIMTAPE" import "$TOP/traces/samples/chat.ndjson" -o chat.tape 2>err || fail 'the sample becomes a tape' err
record threads.tape "$APPS/threads" 4 12
is 'recorded with the double' "$rc" 0 || fail 'why not' err
# A pool, whose threads do other jobs each time.
record pool.tape "$APPS/mutant_pool" 3 20
is 'recorded with the double: a pool' "$rc" 0 || fail 'why not' err

APP_QUIET=1
export APP_QUIET
# one NAME OPTION... -- APP: a verdict that is not "as recorded" is kept whole.
cat >one <<'END'
#!/bin/sh
name=$1
shift
timeout -k 5 100 env -u LD_LIBRARY_PATH "$TIMTAPE" replay --stall-timeout 30 "$@" >"$name.log" 2>&1 </dev/null && rm -f "$name.log" || mv "$name.log" "$name.failed"
END
chmod +x one
# steady WHAT: the lines on stdin, replayed four at a time: COUNT OPTIONS TAPE -- APP
steady() {
    local what=$1 runs=0 count rest i file
    while read -r count rest; do
        for ((i = 0; i < count; i++)); do
            runs=$((runs + 1))
            echo "run.$runs $rest"
        done
    done >lines
    xargs -P 4 -L 1 ./one <lines 2>/dev/null
    is "$what: of $runs replays, not as recorded" "$(find . -name '*.failed' | wc -l)" 0
    for file in *.failed; do
        [ -e "$file" ] || continue
        grep "^${file%.failed} " lines
        cat "$file"
        rm -f "$file"
    done | sed 's/^/# /'
}
plan() {
    cat <<END
30 --speed max mutant.tape -- $APPS/mutant
15 mutant.tape -- $APPS/mutant
10 --speed max mutant.tape -- $APPS/mutant role
10 --speed max race.tape -- $APPS/race fixed
5 race.tape -- $APPS/race fixed
15 --speed max pool.tape -- $APPS/mutant_pool 3 20
10 pool.tape -- $APPS/mutant_pool 3 20
5 --speed 4 chat.tape -- $APPS/chat
20 --speed max threads.tape -- $APPS/threads 4 12
10 threads.tape -- $APPS/threads 4 12
END
}
steady idle < <(plan)

burners=()
for ((i = 0; i < $(nproc); i++)); do
    (while :; do :; done) &
    burners+=($!)
done
steady 'under full load' < <(plan)
kill "${burners[@]}"
wait "${burners[@]}" 2>/dev/null
exit 0
