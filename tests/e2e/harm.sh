#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The recorder dies, stops, or cannot write: the app goes on as if nothing had been, and the words are clear.
. "$(dirname "$0")/lib.sh"
need_command

burst='{"do":"burst","threads":2,"count":2000,"bytes":600,"gap_us":200,"wait":1}'
# Starts a recorded app in the background: $recorder, and $app once it runs.
start() {
    rm -f "$T"/app.* "$T"/h.tape*
    env LD_LIBRARY_PATH="$FAKESDK" APP_QUIET=1 APP_LOG="$T/app" "$TIMTAPE" record -o "$T/h.tape" -- \
        "$APPS/stress" "$burst" >"$T/out" 2>"$T/err" &
    recorder=$!
    for _ in $(seq 500); do
        app=$(pgrep -P $recorder 2>/dev/null | head -n 1)
        # Both: between the two looks the app may have begun.
        [ -n "$app" ] && ls "$T"/app.* >/dev/null 2>&1 && break
        sleep 0.02
    done
}
gone() { # gone PID: waits until it has ended
    for _ in $(seq 600); do
        kill -0 "$1" 2>/dev/null || return 0
        [ "$(ps -o stat= -p "$1" 2>/dev/null | cut -c1)" = Z ] && return 0
        sleep 0.05
    done
    return 1
}

# Recorder killed in the middle, tape recovered.
start
sleep 0.2
kill -9 "$recorder"
wait "$recorder" 2>/dev/null
holds 'recorder killed: the app runs to its end' gone "$app"
like 'recorder killed: the app had everything' "$(cat "$T/out")" 'seen 4001, wrong user data 0'
run "$TIMTAPE" recover "$T/h.tape"
is 'recover: status' "$rc" 0 || fail recover "$T/err"
holds 'recover: what is on the tape is what the app had, from the start' test "$(sql "$T/h.tape" 'SELECT count(*) FROM callbacks')" -gt 100
status 'recover: a second time there is nothing to do' 0 "$TIMTAPE" recover "$T/h.tape"
is 'recover: one file' "$(find "$T" -name 'h.tape*' | wc -l)" 1

# Recorder and app killed together: what the app had entered is still in the ring.
start
sleep 0.2
kill -9 "$recorder" "$app"
wait "$recorder" 2>/dev/null
run "$TIMTAPE" recover "$T/h.tape"
is 'both killed: recover' "$rc" 0 || fail recover "$T/err"
holds 'both killed: every callback the app had entered is on the tape' "$APPS/tapecheck" covers "$T/h.tape" "$T/app"

# Recorder stopped: a full ring must not freeze the app for ever.
burst='{"do":"burst","threads":2,"count":30000,"bytes":1000,"wait":1}'
start
kill -STOP "$recorder"
began=$(date +%s)
if gone "$app"; then ok "recorder stopped: the app ended after $(($(date +%s) - began)) s"; else fail 'recorder stopped: the app is frozen'; fi
like 'recorder stopped: the app had everything' "$(cat "$T/out")" 'seen 60001, wrong user data 0'
kill -CONT "$recorder"
wait "$recorder"
is 'recorder went on: status as the app' $? 0
holds 'recorder went on: the tape opens' "$TIMTAPE" info "$T/h.tape"
burst='{"do":"burst","threads":2,"count":500,"bytes":600,"wait":1}'

# Full disk.
mkdir "$T/small"
if mount -t tmpfs -o size=600k tmpfs "$T/small" 2>/dev/null; then
    CLEANUP="umount '$T/small'"
    run env LD_LIBRARY_PATH="$FAKESDK" APP_QUIET=1 "$TIMTAPE" record --ring-dir "$T" -o "$T/small/full.tape" -- "$APPS/stress" \
        '{"do":"burst","threads":2,"count":5000,"bytes":600,"wait":1}'
    like 'disk full: the app is unharmed' "$(cat "$T/out")" 'seen 10001, wrong user data 0'
    is 'disk full: status as the app' "$rc" 0
    like 'disk full: clear words' "$(cat "$T/err")" '[Ff]ull|[Ss]pace'
    umount "$T/small" && CLEANUP=:
else
    skip 'disk full' 'may not mount a small tmpfs here'
fi

# Places and names.
mkdir "$T/locked" && chmod 555 "$T/locked"
if [ "$(id -u)" = 0 ]; then
    if command -v setpriv >/dev/null 2>&1 && setpriv --reuid 65534 --clear-groups test -x "$TIMTAPE" 2>/dev/null; then
        status 'unwritable folder: status' 126 setpriv --reuid 65534 --clear-groups "$TIMTAPE" record -o "$T/locked/x.tape" -- /bin/true
        like 'unwritable folder: clear words' "$(cat "$T/err")" 'locked.*([Pp]ermission|write)'
    else
        skip 'unwritable folder' 'root may write everywhere, and another user cannot run the build here'
    fi
else
    status 'unwritable folder: status' 126 "$TIMTAPE" record -o "$T/locked/x.tape" -- /bin/true
    like 'unwritable folder: clear words' "$(cat "$T/err")" 'locked.*([Pp]ermission|write)'
fi
run "$TIMTAPE" record -o "$T/no/such/folder/x.tape" -- /bin/true
is 'no such folder: status' "$rc" 126
like 'no such folder: clear words' "$(cat "$T/err")" 'no/such/folder'
