#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The sample scenarios and the corpus: complete, exact, and still what the page consumer plays.
. "$(dirname "$0")/lib.sh"
need_command
cd "$TOP" || exit 1

"$TIMTAPE" import --payloads corpus traces/samples/callback-page.ndjson -o "$T/page.tape" || exit 1
"$TIMTAPE" import traces/samples/chat.ndjson -o "$T/chat.tape" || exit 1
for sample in page chat; do
    "$TIMTAPE" export "$T/$sample.tape" >"$T/one"
    "$TIMTAPE" import "$T/one" -o "$T/two.tape" --force && "$TIMTAPE" export "$T/two.tape" >"$T/two"
    same "$sample: text -> tape -> text" "$T/one" "$T/two"
done

cd "$T" || exit 1
is 'page: all 12 callback types' "$(sql page.tape 'SELECT count(DISTINCT callback) FROM callbacks')" 12
is 'page: 15 interface results' "$(sql page.tape "SELECT count(DISTINCT c.function) FROM callbacks AS b JOIN calls AS c
    ON c.seq = b.cause WHERE b.callback = 'TIMCommCallback' AND b.json <> ''")" 15
is 'page: 15 empty results' "$(sql page.tape "SELECT count(DISTINCT c.function) FROM callbacks AS b JOIN calls AS c
    ON c.seq = b.cause WHERE b.callback = 'TIMCommCallback' AND b.json = ''")" 15
is 'page: every call succeeds' "$(sql page.tape 'SELECT count(*) FROM calls WHERE result <> 0')" 0
is 'page: one callback inside a call, on its thread' "$(sql page.tape "SELECT c.function, b.thread = c.thread
    FROM callbacks AS b JOIN calls AS c ON c.seq = b.in_call")" 'TIMSetConfig|1'
is 'page: ends within a second' "$(sql page.tape "SELECT value < 1000000000 FROM (SELECT CAST(value AS INTEGER) AS value
    FROM meta WHERE key = 'duration_ns')")" 1
# The page's invalid JSON stays invalid: trailing comma, two times an ellipsis, a hex literal.
is 'page: what is not JSON' "$(sql page.tape "SELECT b.callback, coalesce(c.function, '') FROM callbacks AS b LEFT JOIN calls AS c
    ON c.seq = b.cause WHERE b.json <> '' AND NOT b.json_ok AND b.callback LIKE '%Msg%' OR (b.callback = 'TIMCommCallback'
    AND b.json <> '' AND NOT b.json_ok) ORDER BY b.seq")" \
    "$(printf '%s\n' 'TIMCommCallback|TIMSetConfig' 'TIMRecvNewMsgCallback|TIMAddRecvNewMsgCallback' \
        'TIMCommCallback|TIMMsgFindByMsgLocatorList' 'TIMCommCallback|TIMMsgGetMsgList')"
is 'chat: a call from inside a callback' "$(sql chat.tape "SELECT function, c.thread = b.thread FROM calls AS c JOIN callbacks AS b
    ON b.seq = c.in_callback")" 'TIMMsgSendMessage|1'
is 'chat: a repeated progress callback' "$(sql chat.tape "SELECT count(*) FROM callbacks
    WHERE callback = 'TIMMsgElemUploadProgressCallback'")" 4

# What a tape holds is what the corpus file holds, byte for byte.
wrong=0 checked=0
for file in "$TOP"/corpus/TIMCommCallback/*/1-*.json; do
    function=$(basename "$(dirname "$file")")
    sql page.tape "SELECT writefile('got', json) FROM (SELECT b.json FROM callbacks AS b JOIN calls AS c ON c.seq = b.cause
        WHERE c.function = '$function' ORDER BY b.seq LIMIT 1)" >/dev/null
    cmp -s got "$file" || { wrong=$((wrong + 1)); say "$function differs"; }
    checked=$((checked + 1))
done
is 'corpus: 30 interface results' "$checked" 30
is 'corpus: equal on the tape' "$wrong" 0

# The example of the documentation works.
sed -n '/^```$/,/^```$/p' "$TOP/traces/NDJSON.md" | grep -v '```' >doc.ndjson
status 'NDJSON.md: the example' 0 "$TIMTAPE" import doc.ndjson -o doc.tape
is 'NDJSON.md: is what it says' "$(sql doc.tape 'SELECT function, in_callback FROM calls WHERE in_callback > 0')" 'TIMMsgReportReaded|7'
