#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# 50 runs that die inside a random callback: every callback the app had entered is on the tape, the
# command dies as the app did, and the tape says how.
. "$(dirname "$0")/lib.sh"
need_command

RANDOM=${TIMTAPE_SEED:-$((RANDOM))}
say "TIMTAPE_SEED=$RANDOM"
ulimit -c 0
lost=0 wrong=0 runs=0 entered=0
for i in $(seq 50); do
    set -- segv abort exit kill
    shift $((i % 4))
    how=$1 threads=$((RANDOM % 4 + 1)) fatal=$((RANDOM % 3000 + 1))
    rm -f "$T"/app.* "$T"/c.tape*
    APP_QUIET=1 APP_LOG=$T/app record "$T/c.tape" "$APPS/crashers" "$how" $fatal $threads 4000
    case $how in segv) wanted=139 ;; abort) wanted=134 ;; exit) wanted=3 ;; kill) wanted=137 ;; esac
    if [ "$rc" != $wanted ]; then
        wrong=$((wrong + 1))
        say "run $i: $how at $fatal, $threads threads: status $rc, wanted $wanted: $(head -c 300 "$T/err")"
    fi
    if ! "$APPS/tapecheck" covers "$T/c.tape" "$T/app" >"$T/check"; then
        lost=$((lost + 1))
        say "run $i: $how at $fatal, $threads threads: $(head -n 2 "$T/check" | tr '\n' ' ')"
    fi
    runs=$((runs + 1)) entered=$((entered + $(sed -n 's/.* threads, \([0-9]*\) callbacks.*/\1/p' "$T/check" | head -n 1)))
done
is "$runs runs, $entered callbacks entered: runs with one missing on the tape" $lost 0
is "$runs runs: runs that did not end as the app did" $wrong 0
like 'the tape is complete and names the end' "$("$TIMTAPE" info "$T/c.tape" 2>&1)" '[Ee]xit|signal|killed|SIG'
like 'events in flight are on the tape' "$(sql "$T/c.tape" "SELECT count(*) FROM callbacks")" '^[1-9]'
