#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Replaying without the SDK: the same output, the same tape again (fixpoint), verdicts and their exit codes,
# time, and never a hang.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

replay() { run env -u LD_LIBRARY_PATH "$TIMTAPE" replay "$@"; }
# What the fixpoint compares: everything but the clock, in order, per thread by role (numbers of threads may differ).
events() {
    sql "$1" "SELECT 'call', function, args, result FROM calls ORDER BY seq"
    "$APPS/tapecheck" lines "$1"
}
# again NAME APP [ARG...]: record with the double, replay without it: same lines; record the replay: same events.
again() {
    local name=$1
    shift
    record "$name.tape" "$@"
    cp out recorded.out
    replay --record "$name-2.tape" "$name.tape" -- "$@"
    is "$name: replay status" "$rc" 0 || { fail "$name" err; return; }
    sort recorded.out >recorded.sorted
    sort out >out.sorted
    same "$name: replay prints the same" recorded.sorted out.sorted
    events "$name.tape" | sort >first.events
    events "$name-2.tape" | sort >second.events
    same "$name: recording the replay gives the same tape" first.events second.events
    status "$name: the replay's tape replays" 0 env -u LD_LIBRARY_PATH "$TIMTAPE" replay --speed max "$name-2.tape" -- "$@"
}
again calls "$APPS/stress" calls
again shots "$APPS/stress" '{"do":"repeat","count":5}' '{"do":"inside"}' '{"do":"before"}' '{"do":"both"}' '{"do":"never"}' '{"do":"refuse"}'
again odd "$APPS/stress" twice '{"do":"odd","huge":3000000}'
again other "$APPS/stress" '{"do":"other","count":12}'
again burst "$APPS/stress" '{"do":"burst","threads":4,"count":200,"wait":1}'
again remover "$APPS/remover"
again reentrant "$APPS/reentrant"
again binds "$APPS/bind_table"

# Opened at run time, where the file does not exist.
record dl.tape "$APPS/bind_dlopen" libImSDK.so
cp out recorded.out
replay dl.tape -- "$APPS/bind_dlopen" /no/such/folder/libImSDK.so
is 'dlopen of a file that does not exist: status' "$rc" 0 || fail replay err
is 'dlopen of a file that does not exist: output' "$(grep -c '^back ' out)" "$(grep -c '^back ' recorded.out)"

# The original pace.
record pace.tape "$APPS/stress" '{"do":"burst","threads":1,"count":100,"bytes":200,"gap_us":10000,"wait":1}'
began=$(date +%s%N)
replay pace.tape -- "$APPS/stress" '{"do":"burst","threads":1,"count":100,"bytes":200,"gap_us":10000,"wait":1}'
took=$((($(date +%s%N) - began) / 1000000))
like 'original pace: a second stays a second' "$((took >= 950 && took < 4000))" 1 || say "took $took ms"
began=$(date +%s%N)
replay --speed max pace.tape -- "$APPS/stress" '{"do":"burst","threads":1,"count":100,"bytes":200,"gap_us":10000,"wait":1}'
took=$((($(date +%s%N) - began) / 1000000))
like 'maximum speed: a second shrinks' "$((took < 900))" 1 || say "took $took ms"

# Verdicts.
record v.tape "$APPS/stress" '{"do":"inside"}' '{"do":"repeat","count":3}'
replay v.tape -- "$APPS/stress" '{"do":"inside"}' '{"do":"repeat","count":4}'
is 'another argument: status 1' "$rc" 1 || fail verdict err
like 'another argument: the verdict names the call' "$(cat err out)" callExperimentalAPI
replay v.tape -- "$APPS/stress" '{"do":"inside"}'
is 'a call missing: status 1' "$rc" 1 || fail verdict err
replay v.tape -- "$APPS/stress" '{"do":"inside"}' '{"do":"repeat","count":3}' calls
is 'a call too many: status 1' "$rc" 1 || fail verdict err
replay v.tape -- "$APPS/nosdk"
is 'no call at all: status 1' "$rc" 1 || fail verdict err
record exit.tape "$APPS/crashers" exit 5 1 100
replay exit.tape -- "$APPS/crashers" exit 5 1 100
is 'an app that ended by _exit(3) ends so again: 0' "$rc" 0 || fail verdict err
replay exit.tape -- "$APPS/crashers" abort 5 1 100
is 'the app died of a signal the tape did not have: 128+6' "$rc" 134 || fail verdict err
record segv.tape "$APPS/crashers" segv 5 1 100
replay segv.tape -- "$APPS/crashers" segv 5 1 100
is 'a crash replays as a crash: 0' "$rc" 0 || fail verdict err
replay segv.tape -- "$APPS/crashers" return 5 1 100
like 'a fixed crash: delivered up to there, and said so' "$(cat err)" 'crash|signal|SIG|tape ends'
replay no-such.tape -- "$APPS/nosdk"
is 'no such tape: 65' "$rc" 65
replay v.tape
is 'no app: usage' "$rc" 64
replay v.tape -- "$T/no-such-app"
is 'no such app: 127' "$rc" 127
replay --max-late 1ns pace.tape -- "$APPS/stress" '{"do":"burst","threads":1,"count":100,"bytes":200,"gap_us":10000,"wait":1}'
is 'a gate missed: 4' "$rc" 4 || fail gate err

# An app that stops calling does not hang us.
cat >stuck.c <<'END'
#include <timtape/tim.h>
#include <unistd.h>
static void cb(int32_t c, const char *d, const char *j, const void *u) { (void)c; (void)d; (void)j; (void)u; }
int main(void) { callExperimentalAPI("{\"do\":\"inside\"}", cb, 0); for (;;) pause(); }
END
cc -I"$O/include" stuck.c -o stuck -L"$O/link" -lImSDK
began=$(date +%s)
RUN_LIMIT=30 replay --stall-timeout 2s v.tape -- ./stuck
took=$(($(date +%s) - began))
like 'an app that stops calling: ends by itself' "$((took < 20 && rc != 124))" 1 || fail "status $rc after $took s" err
is 'an app that stops calling: status 1' "$rc" 1
