#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Processes: fork with and without exec, several at once, one of them killed while the others go on, daemons.
. "$(dirname "$0")/lib.sh"
need_command

for how in plain fork exec daemon many; do
    rm -f "$T"/app.*
    APP_QUIET=1 APP_LOG=$T/app record "$T/$how.tape" "$APPS/forker" "$how"
    is "$how: status" "$rc" 0 || { fail "$how" "$T/err"; continue; }
    holds "$how: every callback of every process is on the tape" "$APPS/tapecheck" exact "$T/$how.tape" "$T/app"
done
is 'fork: two processes' "$(sql "$T/fork.tape" 'SELECT count(DISTINCT pid) FROM threads')" 2
is 'many: nine processes' "$(sql "$T/many.tape" 'SELECT count(DISTINCT pid) FROM threads')" 9
is 'seq is unique over all processes' "$(sql "$T/many.tape" 'SELECT count(*) = count(DISTINCT seq) FROM (SELECT seq FROM calls UNION ALL SELECT seq FROM callbacks)')" 1

rm -f "$T"/app.*
APP_QUIET=1 APP_LOG=$T/app record "$T/killed.tape" "$APPS/forker" killed
is 'one child killed: the others go on' "$rc" 0
holds 'one child killed: what it had entered is on the tape' "$APPS/tapecheck" covers "$T/killed.tape" "$T/app"

# A child whose recorder is gone: no session file, no harm.
run env LD_LIBRARY_PATH="$FAKESDK" TIMTAPE_SESSION="$T/no such session" LD_AUDIT="$O/lib/timtape/audit.so" \
    TIMTAPE_LIB="$O/lib/timtape" "$APPS/bind_lazy"
is 'the shim without a recorder forwards' "$rc" 0
like 'and the app works' "$(cat "$T/out")" 'all 1 wrong 0'
