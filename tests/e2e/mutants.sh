#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The judge is judged: one consumer (consumers/mutant.c) with every mistake it can be told to make, each
# caught in the right class, at the right event; and with every freedom it may take, which is no divergence.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

holds 'the scenario becomes a tape' "$TIMTAPE" import "$TOP/tests/consumers/mutant.ndjson" -o m.tape

# What a mistake must be called. Columns, separated by |:
#   mutant   its name for consumers/mutant.c
#   options  of the replay
#   status   exit status
#   class    $.verdict
#   event    $.event: FUNCTION#N the N-th recorded call (callback) of that name; live FUNCTION: a call that is not
#            on the tape; none; - if it does not matter
#   nearest  $.nearest, in the same way; A or B
#   where    $.difference: parameter, and the JSON path inside it; none
#   inside   $.reacting_to with $.inside: the callback the app was in; none: it was in none; - if it does not matter
# LONG is a patience that nothing that can be seen at once may use up; SHORT where only patience can tell.
LONG='--stall-timeout 20' SHORT='--stall-timeout 2'
table() {
    cat <<END
drop            |$LONG|1|missing call|TIMConvGetConvList#1|-|none|none
drop-inside     |$LONG|1|missing call|TIMMsgReportReaded#2|-|none|TIMRecvNewMsgCallback#1
drop-worker     |$LONG|1|missing call|TIMConvSetDraft#1|-|none|none
drop-last       |$LONG|1|missing call|TIMUninit#1|-|none|none
drop-wait       |$SHORT|1|missing call|TIMLogin#1|-|none|none
wrong-conv      |$LONG|1|different argument|live TIMMsgReportReaded|TIMMsgReportReaded#2|conv_id |TIMRecvNewMsgCallback#1
wrong-id        |$LONG|1|different argument|live TIMMsgRevoke|TIMMsgRevoke#1|json_msg_param $.message_msg_id|none
wrong-seq       |$LONG|1|different argument|live TIMMsgRevoke|TIMMsgRevoke#1|json_msg_param $.message_seq|none
wrong-rand      |$LONG|1|different argument|live TIMMsgRevoke|TIMMsgRevoke#1|json_msg_param $.message_rand|none
string          |$LONG|1|different argument|live TIMMsgRevoke|TIMMsgRevoke#1|json_msg_param $.message_seq|none
missing-key     |$LONG|1|different argument|live TIMMsgRevoke|TIMMsgRevoke#1|json_msg_param $.message_seq|none
double          |$LONG|1|different argument|live TIMMsgRevoke|TIMMsgRevoke#1|json_msg_param $.message_unique_id|none
extra-key       |$LONG|1|different argument|live TIMMsgSendMessage|TIMMsgSendMessage#1|json_msg_param $.message_cloud_custom_str|TIMRecvNewMsgCallback#3
text            |$LONG|1|different argument|live TIMMsgSendMessage|TIMMsgSendMessage#1|json_msg_param $.message_elem_array[0].text_elem_content|TIMRecvNewMsgCallback#3
elements        |$LONG|1|different argument|live TIMMsgSendMessage|TIMMsgSendMessage#1|json_msg_param $.message_elem_array[0].text_elem_content|TIMRecvNewMsgCallback#3
no-buffer       |$LONG|1|different argument|live TIMMsgSendMessage|TIMMsgSendMessage#1|message_id_buffer |TIMRecvNewMsgCallback#3
order           |$LONG|1|different argument|live TIMMsgFindMessages|TIMMsgFindMessages#1|json_message_id_array \$[0]|none
enum            |$LONG|1|different argument|live TIMMsgReportReaded|TIMMsgReportReaded#2|conv_type |TIMRecvNewMsgCallback#1
null            |$LONG|1|different argument|live TIMMsgReportReaded|TIMMsgReportReaded#2|json_msg_param |TIMRecvNewMsgCallback#1
register-null   |$LONG|1|different argument|live TIMSetConvEventCallback|TIMSetConvEventCallback#1|cb |none
remove-other    |$LONG|1|different argument|live TIMRemoveRecvNewMsgCallback|TIMRemoveRecvNewMsgCallback#1|cb |none
register-other  |$LONG|1|extra call|live TIMSetMsgReadedReceiptCallback|TIMSetConvEventCallback#1|none|none
relogin         |$LONG|1|extra call|live TIMLogin|TIMLogin#1 or TIMConvGetConvList#1|none|none
extra           |$LONG|1|extra call|live TIMGroupGetJoinedGroupList|TIMConvGetConvList#1|none|none
clock           |$LONG|1|extra call|live TIMGetServerTime|TIMConvGetConvList#1|none|none
repeat          |$LONG|1|extra call|live TIMMsgReportReaded|TIMMsgReportReaded#2 or TIMMsgSendMessage#1|none|TIMRecvNewMsgCallback#1
error-delete    |$LONG|1|extra call|live TIMMsgDelete|-|none|TIMCommCallback#3
error-read      |$LONG|1|extra call|live TIMMsgReportReaded|-|none|TIMCommCallback#3
swap            |$LONG|1|reordered|TIMConvGetConvList#1|TIMMsgFindMessages#1|none|none
swap-inside     |$LONG|1|reordered|TIMMsgSendMessage#1|TIMMsgReportReaded#3|none|TIMRecvNewMsgCallback#3
swap-worker     |$LONG|1|reordered|TIMConvSetDraft#1|TIMSetSelfStatus#1|none|none
thread-worker   |$LONG|1|wrong thread|either|TIMMsgReportReaded#2|none|-
thread-callback |$LONG|1|wrong thread|either|TIMConvGetConvList#1|none|-
late            |$LONG --max-late 500ms|4|late|TIMMsgSendMessage#1|-|none|-
crash           |$LONG|139|crashed|-|-|none|TIMRecvNewMsgCallback#5
abort           |$LONG|134|crashed|none|-|none|none
exit            |$LONG|1|different exit|none|none|none|none
early           |$LONG|1|missing call|TIMMsgSendMessage#1|-|none|-
quit            |$LONG|1|missing call|TIMMsgSendMessage#1|-|none|-
return          |$LONG|1|missing call|TIMRemoveRecvNewMsgCallback#1|-|none|-
endless         |$SHORT|1|hung|none|none|none|none
stuck           |$SHORT|1|hung|-|-|none|TIMRecvNewMsgCallback#3
END
}
# What is no mistake.
# (no-wait calls before the login is through. The call is held until then, as the tape has it, and whether
# the app would have waited is not to be seen.)
FREE=(none spacing number escape getters version times user roles role one interleave lock slow no-wait)

replay() { # NAME OPTION...
    local name=$1 began
    shift
    began=$(date +%s%N)
    # In a shell of its own, so that its word on a signal does not get into the log.
    { timeout -k 5 60 env -u LD_LIBRARY_PATH "$TIMTAPE" replay --json "$name.json" "$@" m.tape -- "$APPS/mutant" "$name" \
        >"$name.out" 2>"$name.err" </dev/null; } 2>/dev/null
    echo "$? $((($(date +%s%N) - began) / 1000000))" >"$name.rc"
}
# At most four at a time: most of them wait most of the time.
running=0
start() {
    replay "$@" &
    running=$((running + 1))
    if [ $running -ge 4 ]; then
        wait -n
        running=$((running - 1))
    fi
}
while IFS='|' read -r name options _; do
    # shellcheck disable=SC2086
    start ${name// /} $options
done < <(table)
for name in "${FREE[@]}"; do start "$name" --stall-timeout 5; done
wait

# event FUNCTION#N: its number on the tape.
event() {
    local name=${1%#*} nth=${1#*#}
    sql m.tape "SELECT seq FROM (SELECT seq, function AS name FROM calls UNION ALL SELECT seq, callback FROM callbacks)
        WHERE name = '$name' ORDER BY seq LIMIT 1 OFFSET $((nth - 1))"
}
# An event as the table writes it.
wanted() {
    case $1 in
    *' or '*) echo "$(wanted "${1% or *}") or $(wanted "${1#* or }")" ;;
    *#*) echo "${1%#*} $(event "$1")" ;;
    live*) echo "${1#live } live" ;;
    none) echo none ;;
    esac
}
# got NAME: status, class, event, nearest, where, inside, in the words of the table; one a line.
got() {
    sqlite3 -batch -noheader -newline $'\n' :memory: "
        WITH v AS (SELECT CAST(readfile('$1.json') AS TEXT) AS j)
        SELECT json_extract(j, '\$.status') || x'0a' || json_extract(j, '\$.verdict') || x'0a' ||
            coalesce(json_extract(j, '\$.event.name') || ' ' || coalesce(json_extract(j, '\$.event.seq'), 'live'), 'none') || x'0a' ||
            coalesce(json_extract(j, '\$.nearest.name') || ' ' || coalesce(json_extract(j, '\$.nearest.seq'), 'live'), 'none') || x'0a' ||
            coalesce(json_extract(j, '\$.difference.param') || ' ' || json_extract(j, '\$.difference.path'), 'none') || x'0a' ||
            CASE WHEN json_extract(j, '\$.inside') THEN json_extract(j, '\$.reacting_to.name') || ' ' ||
                json_extract(j, '\$.reacting_to.seq') ELSE 'none' END FROM v" 2>&1
}

while IFS='|' read -r name options status class event nearest where inside; do
    name=${name// /}
    read -r rc took <"$name.rc"
    mapfile -t saw < <(got "$name")
    want=("$status" "$class" "$(wanted "$event")" "$(wanted "$nearest")" "$where" "$(wanted "$inside")")
    what=(status class event nearest difference inside)
    wrong=
    [ "$rc" = "$status" ] || wrong="exit status $rc, wanted $status"
    for i in "${!what[@]}"; do
        [[ -z "${want[i]}" || " or ${want[i]} or " == *" or ${saw[i]:-} or "* ]] ||
            wrong="${wrong:+$wrong; }${what[i]}: '${saw[i]:-}', wanted '${want[i]}'"
    done
    if [ -z "$wrong" ]; then
        ok "$name: $class"
    else
        fail "$name: $class" "$name.err"
        say "$wrong"
    fi
    # What shows at once must not take the patience that is there for what does not.
    [ "${options#"$LONG"}" = "$options" ] || [ "$took" -lt 10000 ] || { fail "$name: said long before the stall timeout" && say "$took ms of 20000"; }
done < <(table)

for name in "${FREE[@]}"; do
    read -r rc _ <"$name.rc"
    is "free: $name" "$rc" 0 || { cut -c1-300 "$name.err" | head -n 14 | sed 's/^/#   /'; }
done
like 'free: getters: all fifteen are counted' "$(cat getters.err)" 'note +15 repeated calls'

# A pool that is fed through one queue: which thread does which job is another thing in every run, so only what a job
# does can be wrong. Three times each, since it depends on who comes first. How the jobs were spread when it was recorded
# decides whether two calls that changed places look like that, or like one that is left out.
record pool.tape "$APPS/mutant_pool" 3 20
is 'pool: recorded with the double' "$rc" 0 || fail 'pool: why not' err
MISTAKES=(none:'as recorded' drop:'missing call' swap:'reordered|missing call' text:'different argument')
for mistake in "${MISTAKES[@]}"; do
    for i in 1 2 3; do
        timeout -k 5 60 env -u LD_LIBRARY_PATH "$TIMTAPE" replay --stall-timeout 5 --json "pool-${mistake%%:*}.$i" pool.tape -- \
            "$APPS/mutant_pool" 3 20 "${mistake%%:*}" >"pool-${mistake%%:*}.$i.err" 2>&1 </dev/null &
    done
done
wait
for mistake in "${MISTAKES[@]}"; do
    for i in 1 2 3; do
        file=pool-${mistake%%:*}.$i
        like "pool: $mistake" "$(sqlite3 :memory: "SELECT json_extract(CAST(readfile('$file') AS TEXT), '$.verdict')")" "^(${mistake#*:})\$" ||
            fail "pool: $mistake: what was said" "$file.err"
    done
done
# Fewer threads than recorded: in the recorded order one thread would have to be in two calls at once.
for threads in 1 2 5; do
    status "pool: $threads threads instead of three, with --order causal" 0 \
        env -u LD_LIBRARY_PATH "$TIMTAPE" replay --order causal --stall-timeout 5 pool.tape -- "$APPS/mutant_pool" $threads 20
done
