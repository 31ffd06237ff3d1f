#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The command line of replay, as people get it wrong: the word that is meant is named, and no slip costs a tape.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

status 'a tape to work with' 0 "$TIMTAPE" import "$TOP/traces/samples/chat.ndjson" -o chat.tape || exit 1
cp chat.tape kept.tape
cp "$TOP/traces/samples/chat.ndjson" chat.ndjson
CHAT=$APPS/chat

# usage WHAT PATTERN ARGUMENT...: a mistake in the command line, told so that the pattern is found.
usage() {
    local what=$1 pattern=$2
    shift 2
    status "$what: status" 64 "$TIMTAPE" "$@"
    like "$what: words" "$(head -n 1 err)" "$pattern"
}
usage 'unknown option' "there is no option '--bogus'" replay --bogus=3 chat.tape -- "$CHAT"
usage 'unknown option behind the tape' "there is no option '--bogus'" show chat.tape --bogus
usage 'unknown letter behind the tape' "there is no option '-z'" show chat.tape -z
usage 'ambiguous option' "'--j' may be any of --jobs, --json, --junit" replay --j chat.tape
usage 'option without its value, behind the tape' "option '--width' needs a value" show chat.tape --width
usage 'value for an option that has none' "option '--mark' takes no value" replay --mark=5 chat.tape -- "$CHAT"

# Results go into files of their own.
usage 'json over a tape' '--json takes the file to write to, and kept.tape is a tape' \
    replay --json kept.tape chat.tape -- "$CHAT"
usage 'json, the tape forgotten' '--json takes the file to write to, and kept.tape is a tape' \
    replay --json kept.tape "$CHAT" x
usage 'junit over the tape' '--junit: chat.tape is read by this replay' replay --junit chat.tape chat.tape -- "$CHAT"
usage 'annotations over the scenario' '--annotate gitlab: ./chat.ndjson is read' \
    replay --annotate gitlab:./chat.ndjson chat.ndjson -- "$CHAT"
usage 'two results into one file' '--json and --junit cannot both go to a.out' \
    replay --json a.out --junit a.out chat.tape -- "$CHAT"
usage 'recording over the tape' '--record: chat.tape is the tape that is replayed' \
    replay --force --record ./chat.tape chat.tape -- "$T/no such app"
usage 'chaos over the tape' '--chaos-out: chat.tape is the tape' \
    replay --force --chaos-runs 2 --chaos-out chat.tape chat.tape -- "$CHAT"
same 'the tapes are as they were' chat.tape kept.tape
same 'the scenario is as it was' chat.ndjson "$TOP/traces/samples/chat.ndjson"

# The advised command is about this replay: it takes the same options, and comes to the same place.
status 'a tape of the consumer with mistakes' 0 "$TIMTAPE" import "$TOP/tests/consumers/mutant.ndjson" -o m.tape
printf 'timtape rules 1\nmissing TIMConvGetConvList\n' >"my rules"
MUTANT=$APPS/mutant
next() { sed -n '/^  next /,$p' err | cut -c15-; }
status 'a divergence, with options' 1 "$TIMTAPE" replay --speed 20 --max-gap 1500us --stall-timeout 1m --match loose \
    --rules 'my rules' --via preload --at-end term m.tape -- "$MUTANT" text
is 'its advice keeps them' "$(next | sed -n 2p)" "timtape replay --speed 20 --max-gap 1500us --stall-timeout 60s --match loose --rules 'my rules' --at-end term --via preload --until 48 --hold m.tape -- $MUTANT text"
status 'a divergence that a rule hides' 1 "$TIMTAPE" replay --speed max --rules 'my rules' m.tape -- "$MUTANT" exit
advised=$(next | sed -n '2s/ --hold//p')
status 'its advice comes as far' 0 bash -c "timtape() { '$TIMTAPE' \"\$@\"; }; $advised"
status 'a crash in a callback' 139 "$TIMTAPE" replay --speed max m.tape -- "$MUTANT" crash
like 'a crash in a callback: the debugger' "$(next)" '^timtape replay --speed max --gdb 59 m.tape -- '
status 'an app without the SDK' 1 "$TIMTAPE" replay m.tape -- "$APPS/nosdk"
is 'an app without the SDK: the doctor, no place to stop at' "$(next | sed 1d)" "timtape doctor -- $APPS/nosdk"

# Words that other words point at.
usage 'a selection that can select nothing' "'TIMMesg.*' selects nothing" show chat.tape 'TIMMesg*'
usage 'a third tape is no selection' "'kept.tape' selects nothing" diff chat.tape chat.tape kept.tape
usage 'a time of nothing' '--linger takes a time above 0' replay --linger 0ms chat.tape -- "$CHAT"
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 163840\n' 7 >lfs.tape
status 'a tape that Git LFS has not fetched' 65 "$TIMTAPE" replay lfs.tape -- "$CHAT"
like 'a tape that Git LFS has not fetched: what to do' "$(cat err)" 'git lfs pull'
# Verdicts of replays that run beside each other share a log: each comes in one piece.
cat >pieces.py <<'END'
import socket, subprocess, sys
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)  # each write is a packet
with theirs:
    subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=theirs)
ours.setblocking(False)
packets = 0
try:
    while ours.recv(65536):
        packets += 1
except BlockingIOError:
    print(packets)
END
is 'a verdict is one write' "$(python3 pieces.py "$TIMTAPE" replay --speed max chat.tape -- "$CHAT")" 1
run python3 -c 'import os, subprocess, sys; r, w = os.pipe(); os.close(r); subprocess.run(sys.argv[1:], stdout=w)' \
    "$TIMTAPE" replay --speed max chat.tape -- "$CHAT"
like 'nobody reads the output: said' "$(cat err)" 'note .*reader is gone'
