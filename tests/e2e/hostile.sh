#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tapes from strangers and unlucky moments at the command line: nothing hangs, no terminal is steered,
# and words say what to do.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1
export RUN_LIMIT=20
record good.tape "$APPS/bind_lazy"

# ---- values that steer a terminal ----
spoil() { # spoil TAPE SQL
    cp good.tape "$1" && sqlite3 "$1" "$2"
}
steers() { # steers WHAT: no escape sequence in what was printed
    if cat out err | grep -q "$(printf '\033')"; then fail "$1: no escape sequences" out err; else ok "$1: no escape sequences"; fi
}
spoil name.tape "UPDATE api SET name = name || char(27) || '[2J'"
for verb in show info verify export; do
    status "$verb: a function's name is a name" 65 "$TIMTAPE" $verb name.tape
    steers "$verb"
done
spoil meta.tape "UPDATE header SET value = '0' WHERE key = 'complete'; INSERT OR REPLACE INTO header
    VALUES ('trouble', char(27) || '[2J'), (char(27) || '[2J', ''), ('command', char(27) || ']0;x');
    UPDATE thread SET name = char(27) || '[2J'; UPDATE process SET program = char(27) || 'c',
    sdk = char(27) || 'c', sdk_version = char(27), ended = char(27) || 'c'"
for verb in info verify; do
    run "$TIMTAPE" $verb meta.tape
    steers "$verb: header and names"
done
run "$TIMTAPE" replay meta.tape
steers 'replay without an app: the recorded command'
run "$TIMTAPE" replay meta.tape -- "$APPS/nosdk"
steers 'replay: the verdict'
run "$TIMTAPE" show "$(printf 'no\033[2J')"
steers 'a file that is not there'

spoil key.tape "INSERT INTO header VALUES (CAST(x'6bff' AS TEXT), '')"
status 'info --json: a key that is not UTF-8' 0 "$TIMTAPE" info --json key.tape
holds '... is still JSON' python3 -c 'import json, sys; json.load(open(sys.argv[1]))' out

# ---- verify and replay agree on what can be replayed ----
spoil cause.tape 'UPDATE event SET cause = 1 WHERE cause IS NOT NULL'
status 'replay: a cause that cannot be' 65 "$TIMTAPE" replay cause.tape -- "$APPS/bind_lazy"
status 'verify: ... is not fit for CI' 1 "$TIMTAPE" verify cause.tape
like 'verify: says why' "$(cat out)" 'cause'
spoil loss.tape 'INSERT INTO loss VALUES (1, 0, 0, 9223372036854775807), (2, 0, 0, 9223372036854775807), (3, 0, 0, 2)'
status 'verify: losses do not wrap around to none' 1 "$TIMTAPE" verify loss.tape

# ---- files that are none ----
mkfifo fifo
for verb in show info verify recover export; do
    status "$verb: a FIFO is refused, not waited for" 65 "$TIMTAPE" $verb fifo
done
status 'replay: a FIFO is refused, not waited for' 65 "$TIMTAPE" replay fifo -- "$APPS/nosdk"
for tail in -wal -journal; do
    cp good.tape side.tape
    mkfifo side.tape$tail
    status "a FIFO in the place of $tail" 65 "$TIMTAPE" info side.tape
    like "... is named" "$(cat err)" "side\.tape$tail"
    status "recover: a FIFO in the place of $tail" 65 "$TIMTAPE" recover side.tape
    rm -f side.tape*
done

# ---- interrupted while being finished ----
# A journal that has to be rolled back: the change of the journal mode at a tape's end makes one.
cp good.tape hot.tape
python3 - <<'EOF'
import os, sqlite3
db = sqlite3.connect("hot.tape", isolation_level=None)
db.execute("PRAGMA cache_size=1")
db.execute("BEGIN IMMEDIATE")
db.execute("CREATE TABLE spill(x)")
for i in range(64):
    db.execute("INSERT INTO spill VALUES (randomblob(16000))")
os._exit(0)
EOF
if [ -s hot.tape-journal ]; then
    run "$TIMTAPE" info hot.tape
    like 'a hot journal: says what to do' "$(cat err)" 'timtape recover'
    status 'recover: rolls back a hot journal' 0 "$TIMTAPE" recover hot.tape
    status 'then it is as good as before' 0 "$TIMTAPE" verify hot.tape
else
    skip 'a hot journal' 'none was left'
fi
# Complete, but still in two files.
cp good.tape two.tape
python3 - <<'EOF'
import os, sqlite3
db = sqlite3.connect("two.tape", isolation_level=None)
db.execute("PRAGMA journal_mode=WAL")
db.execute("INSERT OR REPLACE INTO header VALUES ('tool', 'late')")
os._exit(0)
EOF
status 'recover: a complete tape in two files' 0 "$TIMTAPE" recover two.tape
is '... is one file then' "$(echo two.tape*)" two.tape
is '... with all that was in the other' "$(sql two.tape "SELECT value FROM meta WHERE key = 'tool'")" late
sqlite3 born.tape 'PRAGMA page_size = 16384; PRAGMA journal_mode = WAL' >/dev/null
status 'a recorder killed before it had begun' 65 "$TIMTAPE" recover born.tape
like '... left an empty database' "$(cat err)" 'empty'

# ---- what killed commands leave in memory ----
(exec "$TIMTAPE" replay --at-end wait good.tape -- sleep 30) 2>/dev/null &
sleep 1
# The files of this very replay: others may be running.
sleeper=$(pgrep -P $! sleep)
left() { tr '\0' '\n' <"/proc/$sleeper/environ" | sed -n "s/^$1=//p"; }
score=$(left TIMTAPE_SCORE) ring=$(left TIMTAPE_SESSION)
if [ "${score#/dev/shm/}" != "$score" ]; then
    CLEANUP="rm -f '$score' '$ring'"
    # The replay first: when its app ends before it, it tidies up.
    kill -9 $!
    wait $! 2>/dev/null
    kill -9 "$sleeper"
    touch -d '2 minutes ago' "$score"
    run "$TIMTAPE" replay --speed max good.tape -- "$APPS/bind_lazy"
    if [ -e "$score" ]; then fail 'replay: sweeps the score of a killed one'; else ok 'replay: sweeps the score of a killed one'; fi
    run "$TIMTAPE" doctor
    like 'doctor: names rings that nobody drains any more' "$(cat out)" 'left behind.*timtape-'
    rm -f "$score" "$ring"
    CLEANUP=:
else
    skip 'replay: sweeps the score of a killed one' 'the score is not in /dev/shm'
fi

# ---- words and small things of the command line ----
status 'export: -- ends the options' 0 "$TIMTAPE" export -- good.tape
cp out good.ndjson
status 'import: -- ends the options' 0 "$TIMTAPE" import -o import.tape -- good.ndjson
status 'show: a width is a number' 64 "$TIMTAPE" show --width abc good.tape
status 'record: a tape is no stream' 64 "$TIMTAPE" record -o - -- "$APPS/nosdk"
status 'record: a tape has a name' 64 "$TIMTAPE" record -o '' -- "$APPS/nosdk"
for way in best auto audit preload; do
    status "record: --via $way" 0 "$TIMTAPE" record --force -o via.tape --via $way -- "$APPS/nosdk"
    status "doctor: --via $way" 0 "$TIMTAPE" doctor --via $way
done
status 'record: --via has few ways' 64 "$TIMTAPE" record -o x.tape --via other -- "$APPS/nosdk"
like '... and says which' "$(cat err)" 'via.*audit.*preload'
status 'replay: --sdk is a file name' 64 "$TIMTAPE" replay --sdk a/b good.tape -- "$APPS/nosdk"
for verb in show info export verify; do
    (trap '' PIPE; "$TIMTAPE" $verb good.tape 2>"closed.$verb"; echo $? >"closed.rc") | true
    is "$verb: a reader that has gone is no fault" "$(cat closed.rc) $(cat closed.$verb)" '0 '
done
run "$TIMTAPE" record -o gone.tape -- rm -f gone.tape
like 'record: a tape removed meanwhile is missed' "$(cat err)" 'gone\.tape.*(removed|moved)'
mkdir little
if mount -t tmpfs -o size=300k tmpfs little 2>/dev/null; then
    run env LD_LIBRARY_PATH="$FAKESDK" "$TIMTAPE" record -o little.tape --ring-dir little -- "$APPS/bind_lazy"
    like 'record: no room for the rings is said' "$(cat err)" 'room'
    if grep -q 'never loaded' err; then fail '... and not called an app without SDK' err; else ok '... and not called an app without SDK'; fi
    umount little
else
    skip 'no room for the rings' 'no right to mount'
fi

# ---- shapes that would take a quadratic reader minutes ----
printf '%s\n' '{"timtape":1,"meta":{"ended":"exit 0","sdk_version":"8.0.5906"}}' '{"thread":1,"name":"main"}' \
    '{"call":"TIMGetLoginStatus","thread":1,"result":3}' >one.ndjson
status 'a tape of one call' 0 "$TIMTAPE" import one.ndjson -o one.tape
python3 - <<'EOF'
import shutil, sqlite3
MANY = 150000

def tape(name, threads, events):
    shutil.copy("one.tape", name)
    db = sqlite3.connect(name)
    db.execute("DELETE FROM event")
    db.execute("DELETE FROM thread")
    db.executemany("INSERT INTO thread VALUES (?, 1, ?, 'x')", threads)
    db.executemany("INSERT INTO event (seq, api, thread, at_ns, in_call, end_seq, took_ns, result) VALUES (?, 1, ?, 0, ?, ?, ?, 3)", events)
    db.execute("UPDATE header SET value = (SELECT count(*) FROM event) WHERE key = 'calls'")
    db.commit()

# Calls in calls, and then as many which say that all of them are in the first one.
tape("deep.tape", [(1, 1)],
     [(i, 1, i - 1 or None, 6 * MANY - i, 0) for i in range(1, MANY)] + [(i, 1, 1, None, None) for i in range(MANY, 2 * MANY)])
# Threads that are found last.
tape("threads.tape", [(1000000 + i, i + 1) for i in range(60000)],
     [(2 * i + 1, 1059999, None, 2 * i + 2, 0) for i in range(2 * MANY)])
EOF
for shape in deep threads; do
    status "$shape: read in time" 0 timeout 10 "$TIMTAPE" replay --speed max $shape.tape -- true
done

# ---- a pause of a lifetime ----
cp one.tape pause.tape && sqlite3 pause.tape 'UPDATE event SET at_ns = 9000000000000000000'
RUN_LIMIT=2 run "$TIMTAPE" replay pause.tape -- true
like 'a pause of a lifetime is announced' "$(cat err)" 'goes on for [0-9]{5} days.*--max-gap'
status '... and can be left out' 0 "$TIMTAPE" replay --max-gap 1ms pause.tape -- true
