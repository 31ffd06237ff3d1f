#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# export and import as commands: where the output goes, what is left behind, what a text may read.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

cat >small.ndjson <<'END'
# A hand-written scenario.
{"timtape":1}
{"call":"TIMAddRecvNewMsgCallback"}
{"callback":"TIMRecvNewMsgCallback","after_ms":20,"args":{"json_msg_array":{"$json":[]}}}
END

status 'import from a file' 0 "$TIMTAPE" import small.ndjson -o small.tape
is 'import says nothing' "$(cat out err)" ''
is 'a tape is private' "$(stat -c %a small.tape)" 600
is 'what is on it' "$(sql small.tape 'SELECT callback, json, at_ns, cause FROM callbacks')" \
    'TIMRecvNewMsgCallback|[]|20000000|1'
is 'nothing beside it' "$(ls)" "$(printf '%s\n' err out small.ndjson small.tape)"

"$TIMTAPE" import - -o stdin.tape <small.ndjson
is 'import from standard input' "$?" 0
"$TIMTAPE" export small.tape >a.ndjson
"$TIMTAPE" export stdin.tape -o b.ndjson
same 'both are equal' a.ndjson b.ndjson
is 'an exported file is private' "$(stat -c %a b.ndjson)" 600
status 'export -o /dev/null' 0 "$TIMTAPE" export small.tape -o /dev/null

status 'import does not overwrite' 64 "$TIMTAPE" import small.ndjson -o small.tape
like 'and says what to do' "$(cat err)" 'small.tape exists already.*--force'
status 'import --force does' 0 "$TIMTAPE" import --force small.ndjson -o small.tape
status 'export does not overwrite' 64 "$TIMTAPE" export small.tape -o b.ndjson
status 'export --force does' 0 "$TIMTAPE" export small.tape -o b.ndjson --force
status 'import without -o' 64 "$TIMTAPE" import small.ndjson
status 'export without a tape' 64 "$TIMTAPE" export
status 'two tapes' 64 "$TIMTAPE" export small.tape small.tape
status 'no such text' 127 "$TIMTAPE" import nothing.ndjson -o x.tape
status 'not a tape' 65 "$TIMTAPE" export small.ndjson
status 'no such folder' 126 "$TIMTAPE" import small.ndjson -o nowhere/x.tape
rm -f ./*.tape.* && before=$(ls)

# A mistake in the last line leaves nothing of the new tape, and the old one as it was.
{ cat small.ndjson; echo '{"callback":"TIMRecvNewMsgCallback","args":{"json_msg_aray":""}}'; } >wrong.ndjson
cp small.tape keep.tape
status 'a mistake' 65 "$TIMTAPE" import wrong.ndjson -o small.tape --force
like 'is told with its place' "$(cat err)" 'wrong\.ndjson:5:45: .*json_msg_aray.*it has: json_msg_array'
same 'the old tape is untouched' small.tape keep.tape
rm -f wrong.ndjson keep.tape
is 'nothing else is left' "$(ls)" "$before"

# Interrupted: nothing is left either.
mkfifo pipe
"$TIMTAPE" import - -o late.tape <pipe &
pid=$!
exec 7>pipe
cat small.ndjson >&7
for _ in $(seq 100); do ls late.tape.* >/dev/null 2>&1 && break; sleep 0.05; done
kill -TERM "$pid"
wait "$pid"
is 'dies of the signal' "$?" 143
exec 7>&-
rm -f pipe
is 'an interrupted import leaves nothing' "$(ls late.tape* 2>/dev/null)" ''

# {"$file"} reads below --payloads, and nowhere else.
mkdir -p payloads/deep
printf '[ 1,\n]' >payloads/deep/x.json
echo secret >secret.txt
ln -s ../secret.txt payloads/link
payload() {
    printf '%s\n' '{"timtape":1}' '{"call":"TIMAddRecvNewMsgCallback"}' \
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"\$file\":\"$1\"}}}" >file.ndjson
}
payload deep/x.json
status 'a payload file' 0 "$TIMTAPE" import file.ndjson --payloads payloads -o file.tape
is 'byte for byte' "$(sql file.tape 'SELECT hex(json) FROM callbacks')" '5B20312C0A5D'
status 'not without --payloads' 65 "$TIMTAPE" import file.ndjson -o f.tape
for name in ../secret.txt "$T/secret.txt" link deep/../../secret.txt deep ''; do
    payload "$name"
    status "not $name" 65 "$TIMTAPE" import file.ndjson --payloads payloads -o f.tape
done
is 'and no tape' "$(ls f.tape 2>/dev/null)" ''

# Every kind of damage is told, none is fatal.
head -c 3000000 /dev/zero | tr '\0' '[' >deep.ndjson
status 'three million brackets' 65 "$TIMTAPE" import deep.ndjson -o f.tape
head -c 1000000 /dev/urandom >noise.ndjson
status 'noise' 65 "$TIMTAPE" import noise.ndjson -o f.tape
printf '{"timtape":1}\n{"call":"TIMUninit"}\0\n' >nul.ndjson
status 'a NUL byte' 65 "$TIMTAPE" import nul.ndjson -o f.tape
: >empty.ndjson
status 'an empty file' 65 "$TIMTAPE" import empty.ndjson -o f.tape
mkdir folder.ndjson
status 'a folder' 65 "$TIMTAPE" import folder.ndjson -o f.tape
if [ -w /dev/full ]; then
    "$TIMTAPE" export small.tape >/dev/full 2>err
    is 'a full disk' "$([ $? -ne 0 ] && echo told)" told
fi
