#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Rules: proposed from recordings of one scenario, they let those pass as the same, and nothing else.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

# An app whose messages carry what is of this run: a stamp, a counter, a random text, now and then a key more.
cat >app.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <timtape/tim.h>
static void done(int32_t code, const char *desc, const char *json, const void *user) { (void)code, (void)desc, (void)json, (void)user; }
int
main(int argc, char **argv)
{
    char json[512];
    int run = argc > 1 ? atoi(argv[1]) : 0;
    const char *text = argc > 2 ? argv[2] : "hello";
    TIMInit(1400000001, "{}");
    snprintf(json, sizeof json, "{\"message_elem_array\":[{\"elem_type\":0,\"text_elem_content\":\"%s\",\"stamp\":\"%08x\","
             "\"tries\":%d,\"tags\":[%s]%s}]}", text, 0x1234abcdu * (unsigned)(run + 1), 3 + run,
             run % 2 ? "\"a\",\"b\"" : "\"b\",\"a\"", run % 2 ? ",\"more\":true" : "");
    TIMMsgSendNewMsg("bob", kTIMConv_C2C, json, done, NULL);
    for (int i = 0; i <= run; i++)
        TIMConvSetDraft("bob", kTIMConv_C2C, "{}");
    if (run % 2) {
        TIMSetLogCallback(NULL, NULL);
        TIMGetLoginStatus();
        TIMUninit();
    } else {
        TIMUninit();
        TIMSetLogCallback(NULL, NULL);
    }
    return 0;
}
END
cc -Wall -D_GNU_SOURCE -I"$O/include" app.c -o app -L"$O/link" -lImSDK || { fail 'the app compiles'; exit 1; }
for run in 0 1 2; do record "$run.tape" ./app $run; done
record mutant.tape ./app 1 goodbye

status 'runs of their own differ' 1 "$TIMTAPE" diff 0.tape 1.tape
status 'rules are proposed' 0 "$TIMTAPE" rules 0.tape 1.tape 2.tape -o app.rules || cat app.rules err | sed 's/^/# /'
rules=$(cat app.rules)
like 'a version' "$rules" '^timtape rules 1$'
like 'a random text' "$rules" '^value TIMMsgSendNewMsg json_msg_param \$\.message_elem_array\[\*\]\.stamp (matches|same-kind)'
like 'a counter' "$rules" '^value TIMMsgSendNewMsg json_msg_param \$\.message_elem_array\[\*\]\.tries within [0-9]+'
like 'a key that is there or not' "$rules" '^value TIMMsgSendNewMsg json_msg_param \$\.message_elem_array\[\*\]\.more optional'
like 'an array in any order' "$rules" '^value TIMMsgSendNewMsg json_msg_param \$\.message_elem_array\[\*\]\.tags any-order'
like 'a call that repeats' "$rules" '^repeat TIMConvSetDraft'
like 'calls that change places' "$rules" '^swap (TIMSetLogCallback TIMUninit|TIMUninit TIMSetLogCallback)'
like 'what was seen is said' "$rules" '^# .* "[0-9a-f]{8}" and "[0-9a-f]{8}"'
for pair in '0 1' '1 0' '0 2' '2 0'; do
    # shellcheck disable=SC2086
    set -- $pair
    status "with them, $1 and $2 are the same" 0 "$TIMTAPE" diff --rules app.rules "$1.tape" "$2.tape" || sed 's/^/# /' out
done
like 'the summary says what they allowed' "$(cat out)" 'differences allowed by rules'
status 'a real difference is still found' 1 "$TIMTAPE" diff --rules app.rules 0.tape mutant.tape
like '... at its place' "$(cat out)" 'json_msg_param at \$\.message_elem_array\[0\]\.text_elem_content'
like '... and nothing else of the call' "$(cat out)" '^[12] differences?: '

# What needs no rule gets none; what no rule can say is said.
record a.tape "$APPS/chat"
record b.tape "$APPS/chat"
is 'equal recordings need no rules' "$("$TIMTAPE" rules a.tape b.tape | grep -vc '^#')" 1
printf '%s\n' '{"timtape":1,"meta":{"ended":"exit 0"}}' '{"call":"TIMUninit"}' >x.ndjson
sed 's/exit 0/exit 3/' x.ndjson >y.ndjson
status 'another end is no matter of rules' 1 "$TIMTAPE" rules x.ndjson y.ndjson
like '... and said so' "$(cat err)" '1 differences are left that no rule can say'

# What no rule can name (a path too deep, a function that only a later build knows) does not spoil the others.
stamp() { printf '%s\n' '{"timtape":1}' "{\"call\":\"TIMConvSetDraft\",\"args\":{\"conv_id\":\"bob\",\"conv_type\":1,\"json_draft_param\":{\"\$json\":{\"a\":\"x $1\",\"b\":$2}}}}"; }
nest() { printf '{"c":%.0s' $(seq 40); printf '%s' "$1"; printf '}%.0s' $(seq 40); }
stamp one "$(nest 1)" >x.ndjson
stamp two "$(nest 2)" >y.ndjson
status 'a path too deep for a rule is left' 1 "$TIMTAPE" rules x.ndjson y.ndjson
like '... the others are proposed' "$(cat out)" '^value TIMConvSetDraft json_draft_param \$\.a same-kind'
is '... and nothing else' "$(grep -vc '^#' out)" 2
key=$(printf 'k%.0s' $(seq 300))
stamp one "{\"$key\":1}" >x.ndjson
stamp two "{\"$key\":2}" >y.ndjson
status 'so is one too long' 1 "$TIMTAPE" rules x.ndjson y.ndjson
is '... without half a path' "$(grep -vc '^#' out)" 2
for tape in x y; do
    "$TIMTAPE" import --force -o $tape.tape $tape.ndjson >/dev/null 2>&1
done
python3 -c "import sqlite3; c = sqlite3.connect('y.tape'); c.execute(\"UPDATE api SET name = 'TIMLater'\"); c.commit()"
status 'so is a function of a later build' 1 "$TIMTAPE" rules x.tape y.tape
like '... what is known is proposed' "$(cat out)" '^missing TIMConvSetDraft'

# A rules file is text, whatever bytes the tapes hold and are called.
printf '%s\n' '{"timtape":1}' '{"call":"TIMConvSetDraft","args":{"conv_id":{"$bytes":"ff61"},"conv_type":1,"json_draft_param":"{}"}}' >x.ndjson
sed 's/ff61/fe62/' x.ndjson >$'\xff.ndjson'
status 'bytes that are no text: proposed' 0 "$TIMTAPE" rules x.ndjson $'\xff.ndjson' --force -o app.rules
status '... and read again' 0 "$TIMTAPE" diff --rules app.rules x.ndjson $'\xff.ndjson'

# The document's example, and mistakes.
awk '/^```$/ { inside = !inside; next } inside' "$TOP/docs/rules.md" | sed -n '/^timtape rules 1/,/^$/p;/^repeat/,/^swap/p' >doc.rules
like 'the document has an example' "$(cat doc.rules)" '^swap '
status "the document's example is read" 0 "$TIMTAPE" diff --rules doc.rules a.tape b.tape
status 'a file is not replaced' 64 "$TIMTAPE" rules a.tape b.tape -o app.rules
status '... but with --force' 0 "$TIMTAPE" rules a.tape b.tape --force -o app.rules
status 'one tape shows nothing' 64 "$TIMTAPE" rules a.tape
