#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every exit code of `record` and of the reading verbs, and words that say what, where and what next.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

status 'record: exits as the app, 0' 0 "$TIMTAPE" record -o a.tape -- "$APPS/nosdk"
like 'app without the SDK: says that nothing was recorded' "$(cat err)" 'SDK|libImSDK'
status 'record: exits as the app, 42' 42 "$TIMTAPE" record -o b.tape -- "$APPS/nosdk" 42
status 'record: options end at the program' 7 "$TIMTAPE" record -o c.tape "$APPS/nosdk" 7
status 'record: no such app' 127 "$TIMTAPE" record -o d.tape -- "$T/no such app"
like 'no such app: names it' "$(cat err)" 'no such app'
[ -e d.tape ] && fail 'no such app: no tape is left' || ok 'no such app: no tape is left'
touch plainfile
status 'record: cannot run' 126 "$TIMTAPE" record -o e.tape -- ./plainfile
like 'cannot run: names it' "$(cat err)" plainfile
status 'record: tape exists' 64 "$TIMTAPE" record -o a.tape -- "$APPS/nosdk"
like 'tape exists: names it and what to do' "$(cat err)" 'a\.tape.*(exist|--force|--replace|-f)'
is 'tape exists: it is as it was' "$(sql a.tape 'SELECT count(*) FROM calls')" 0
cp a.tape before.tape
status 'record --force: no such app' 127 "$TIMTAPE" record --force -o a.tape -- "$T/no such app"
same 'record --force: without an app the old tape stays' a.tape before.tape
status 'record --force: replaces' 0 "$TIMTAPE" record --force -o a.tape -- "$APPS/nosdk"
cmp -s a.tape before.tape && fail 'record --force: it is another tape' || ok 'record --force: it is another tape'
is 'record --force: nothing stays beside it' "$(ls a.tape*)" a.tape
status 'record: usage' 64 "$TIMTAPE" record --no-such-option -- /bin/true
status 'record: no app' 64 "$TIMTAPE" record -o f.tape
status 'no verb' 64 "$TIMTAPE"
status 'unknown verb' 64 "$TIMTAPE" recrod
like 'unknown verb: the nearest' "$(cat err)" 'record'
run "$TIMTAPE" record -o sig.tape -- bash -c 'kill -TERM $$'
is 'record: dies of the same signal' "$rc" 143

status 'static app: runs' 5 "$TIMTAPE" record -o static.tape -- "$APPS/static" 5
like 'static app: clear words' "$(cat err)" '[Ss]tatic'
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null 2>&1; then
    cp "$APPS/nosdk" suid && chown 65534 suid && chmod 4755 suid
    run "$TIMTAPE" record -o suid.tape -- ./suid 6
    is 'setuid app: runs' "$rc" 6
    like 'setuid app: clear words' "$(cat err)" '[Ss]et-?uid|set-user-ID|privilege'
else
    skip 'setuid app' 'only root can make one'
fi

echo 'this is not a tape' >bad.tape
for verb in show info verify export; do
    status "$verb: not a tape" 65 "$TIMTAPE" $verb bad.tape
    like "$verb: names it" "$(cat err)" 'bad\.tape'
    status "$verb: no such tape" 65 "$TIMTAPE" $verb "no such.tape" || say "(status $rc)"
done
status 'replay: not a tape' 65 "$TIMTAPE" replay bad.tape -- "$APPS/nosdk"
sqlite3 other.tape 'CREATE TABLE t(x)'
status 'show: a database, but no tape' 65 "$TIMTAPE" show other.tape
record good.tape "$APPS/bind_lazy"
head -c 9000 good.tape >cut.tape
status 'verify: a damaged tape' 65 "$TIMTAPE" verify cut.tape
status 'verify: a good tape' 0 "$TIMTAPE" verify good.tape
status 'show: a good tape' 0 "$TIMTAPE" show good.tape
like 'show: lists events' "$(cat out)" 'TIMSetConfig'
status 'info: a good tape' 0 "$TIMTAPE" info good.tape
for verb in show info verify; do
    status "$verb --json: status" 0 "$TIMTAPE" $verb --json good.tape
    holds "$verb --json: is JSON" python3 -c 'import json, sys; [json.loads(line) for line in open(sys.argv[1])]' out || head -c 300 out
done
status 'doctor: says how it would reach the SDK' 0 env LD_LIBRARY_PATH="$FAKESDK" "$TIMTAPE" doctor -- "$APPS/bind_lazy"
status 'version' 0 "$TIMTAPE" version
like 'version: a number' "$(cat out)" '[0-9]+\.[0-9]+\.[0-9]+'
status 'help' 0 "$TIMTAPE" help
for verb in record replay show info verify recover export import doctor; do
    like "help lists $verb" "$(cat out)" "\\b$verb\\b"
done
is 'the tape is private' "$(stat -c %a good.tape)" 600
is 'the tape is one file' "$(ls good.tape* | wc -l)" 1
like 'stdout is data only' "$("$TIMTAPE" show good.tape 2>/dev/null | head -n 3)" 'TIM'

# Our own fault: an installation without its libraries, data that cannot be delivered.
cp "$TIMTAPE" lonely
status 'record without our libraries: 70' 70 ./lonely record -o lone.tape -- touch started
like 'without our libraries: says what is missing and what to do' "$(cat err)" 'libraries.*(reinstall|TIMTAPE_LIB)'
status 'replay without our libraries: 70' 70 ./lonely replay good.tape -- touch started
is 'without our libraries: no app was started, no tape left' "$(ls started lone.tape 2>/dev/null)" ''
if [ -w /dev/full ]; then
    "$TIMTAPE" show good.tape >/dev/full 2>err
    is 'show into a full device: 70' $? 70
    like 'a full device: clear words' "$(cat err)" 'cannot write'
else
    skip 'show into a full device' 'there is no /dev/full'
fi
