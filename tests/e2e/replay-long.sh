#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Long tapes: what is looked for per call must not take longer the more calls there were. Each of these took minutes
# when it did.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

# scenario KIND COUNT: what tests/consumers/often.c does.
scenario() {
    python3 - "$@" <<'END'
import sys
print('{"timtape":1,"meta":{"ended":"exit 0","sdk_version":"8.0.5906"}}\n{"thread":1,"name":"main"}')
for i in range(int(sys.argv[2])):
    if sys.argv[1] == "listen":
        print('{"call":"TIMAddRecvNewMsgCallback","thread":1,"args":{"cb":1}}\n'
              '{"call":"TIMRemoveRecvNewMsgCallback","thread":1,"args":{"cb":1}}')
    else:
        print('{"call":"TIMMsgReportReaded","thread":1,"args":'
              '{"conv_id":"u","conv_type":1,"json_msg_param":"{\\"a\\":%d}"}}\n'
              '{"call":"TIMGetLoginStatus","thread":1,"result":3}' % i)
END
}

for one in 'listen 16000' 'look 150000'; do
    read -r kind count <<<"$one"
    scenario "$kind" "$count" >"$kind.ndjson"
    run "$TIMTAPE" import "$kind.ndjson" -o "$kind.tape"
    is "$kind: imported" "$rc" 0
    run timeout 40 "$TIMTAPE" replay --speed max "$kind.tape" -- "$APPS/often" "$kind" "$count"
    is "$kind: $count times, as recorded and in time" "$rc" 0 || say "$(head -c 600 err)"
    like "$kind: all of it" "$(cat err)" "calls $((count * 2))/$((count * 2)) matched|as recorded"
done
like 'look: the looks that are not on the tape were answered' "$(cat err)" '150000 repeated calls'
