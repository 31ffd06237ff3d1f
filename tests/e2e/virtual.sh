#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Virtual time: an app's timers of every kind follow the tape, and fire between the same two callbacks as
# arithmetic says; an hour takes seconds; what cannot be carried is refused in words.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

virtual() { run env -u LD_LIBRARY_PATH "$TIMTAPE" replay --time virtual "$@"; }

# scene SECONDS [TIMES]: messages at odd times of a second, never near a tick (see timers.c); so many times rarer.
scene() {
    awk -v end="$1" -v rarer="${2:-1}" 'BEGIN {
        print "{\"timtape\":1}"
        print "{\"call\":\"TIMAddRecvNewMsgCallback\",\"at_ns\":1000}"
        split("730 1310 2960", gap)
        for (n = 0; ; n++) {
            at += gap[n % 3 + 1] + (rarer - 1) * 1000
            if (at >= end * 1000) break
            printf "{\"callback\":\"TIMRecvNewMsgCallback\",\"at_ns\":%d000000,\"took_ns\":20000,", at
            printf "\"args\":{\"json_msg_array\":\"[%d]\"}}\n", n
        }
        printf "{\"call\":\"TIMRemoveRecvNewMsgCallback\",\"at_ns\":%d000000000}\n", end
    }'
}
# wanted SECONDS [PERIOD]: what the app prints then, by arithmetic.
wanted() {
    awk -v end="$1" -v rarer="${2:-1}" 'BEGIN {
        kinds = split("nanosleep cond poll epoll timerfd select sem clock", kind)
        for (s = 0; s < end / rarer; s++)
            for (k = 1; k <= kinds; k++)
                printf "%d tick %s %d\n", s * 1000 * rarer + k * 100, kind[k], s
        split("730 1310 2960", gap)
        for (n = 0; ; n++) {
            at += gap[n % 3 + 1] + (rarer - 1) * 1000
            if (at >= end * 1000) break
            printf "%d back TIMRecvNewMsgCallback \"[%d]\"\n", at, n
        }
    }' | sort -n | cut -d' ' -f2-
}
lines() { grep -aE '^(tick|back)' "$1"; }

scene 60 >minute.ndjson
wanted 60 >minute.wanted
began=$(date +%s%N)
virtual minute.ndjson -- "$APPS/timers" 60
took=$((($(date +%s%N) - began) / 1000000))
is 'a minute: as recorded' "$rc" 0 || fail minute err out
lines out >minute.out
same "a minute: $(wc -l <minute.wanted) timers and callbacks in the order of their times" minute.wanted minute.out
is 'a minute: every timer on its time' "$(grep -acvE '^(tick|back|took)' out)" 0 || fail times out
like 'a minute: takes less than a fifth of it' "$((took < 12000))" 1 || say "took $took ms"
say "a minute took $took ms"

scene 10 >short.ndjson
wanted 10 >short.wanted
differ=0
for _ in $(seq 20); do
    virtual -q short.ndjson -- "$APPS/timers" 10
    lines out | cmp -s - short.wanted || differ=$((differ + 1))
done
is 'the same order in each of 20 runs' "$differ" 0

scene 3600 10 >hour.ndjson
wanted 3600 10 >hour.wanted
began=$(date +%s)
virtual hour.ndjson -- "$APPS/timers" 3600 10
took=$(($(date +%s) - began))
is 'an hour: as recorded' "$rc" 0 || fail hour err
lines out >hour.out
same "an hour: $(wc -l <hour.wanted) timers and callbacks in the order of their times" hour.wanted hour.out
like 'an hour: takes seconds' "$((took < 90))" 1
say "an hour took $took s"

# By preload, with AddressSanitizer, in a child.
virtual --via preload short.ndjson -- "$APPS/timers" 10
lines out >preload.out
same 'the other way into the app: the same order' short.wanted preload.out
virtual short.ndjson -- sh -c "\"$APPS/timers\" 10; exit \$?"
lines out >child.out
same 'as the child of a shell: the same order' short.wanted child.out
cc -fsanitize=address -D_GNU_SOURCE -I"$O/include" -I"$TOP/tests" "$TOP/tests/consumers/timers.c" -o timers_asan \
    -L"$O/link" -lImSDK -lpthread
virtual short.ndjson -- ./timers_asan 10
lines out >asan.out
same 'with AddressSanitizer: the same order' short.wanted asan.out || fail asan err

# What waits promise besides ending in time: handlers, cancelling, events that come first, forks, ...
printf '%s\n' '{"timtape":1,"meta":{"ended":"exit 0","duration_ns":"30000000000"}}' \
    '{"call":"TIMAddRecvNewMsgCallback","at_ns":1000}' >waits.ndjson
virtual waits.ndjson -- "$APPS/waits"
is 'what waits promise besides: as recorded' "$rc" 0 || fail waits err
like 'what waits promise besides: is kept' "$(cat out)" '^kept [0-9]+$'
is 'what waits promise besides: all of it' "$(grep -ac 'not kept' out)" 0 || fail waits out

# Without it, the app's timers run as they do.
run env -u LD_LIBRARY_PATH "$TIMTAPE" replay --speed max short.ndjson -- "$APPS/timers" 3
lines out >real.out
holds 'in real time: not that order' test "$(cmp -s real.out short.wanted; echo $?)" = 1

# The wall clock is the recorded one.
sed 's/{"timtape":1}/{"timtape":1,"meta":{"started_ns":"1000000000000000000"}}/' short.ndjson >dated.ndjson
virtual dated.ndjson -- sh -c "date +%s; \"$APPS/timers\" 10; date +%s"
is 'dates are the recorded ones' "$(grep -aE '^[0-9]+$' out | tr '\n' ' ')" '1000000000 1000000010 '

# Apps that know nothing of timers are as recorded, too: many threads, calls in callbacks, forks, crashes.
ordinary() {
    local name=$1
    shift
    record "$name.tape" "$@"
    sort out >recorded.sorted
    virtual "$name.tape" -- "$@"
    is "$name: as recorded" "$rc" 0 || fail "$name" err
    sort out >out.sorted
    same "$name: prints the same" recorded.sorted out.sorted
}
ordinary burst "$APPS/stress" '{"do":"burst","threads":4,"count":100,"wait":1}'
ordinary threads "$APPS/threads" 8 10
ordinary reentrant "$APPS/reentrant"
ordinary forker "$APPS/forker"
ordinary crash "$APPS/crashers" segv 5 1 100

# Refusals.
cat >refuse.c <<'END'
#define _GNU_SOURCE
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <timtape/tim.h>
#include <unistd.h>
/* As runtimes do that have no C library. */
static void raw_futex(int *word, struct timespec *wait)
{
    long result;
#if defined(__x86_64__)
    register struct timespec *r10 __asm__("r10") = wait;
    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_futex), "D"(word), "S"(FUTEX_WAIT), "d"(0), "r"(r10)
                     : "rcx", "r11", "memory");
#else
    register long x8 __asm__("x8") = SYS_futex, x0 __asm__("x0") = (long)word, x1 __asm__("x1") = FUTEX_WAIT;
    register long x2 __asm__("x2") = 0, x3 __asm__("x3") = (long)wait;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    result = x0;
#endif
    (void)result;
}
static void cb(const char *json, const void *user) { (void)json; (void)user; }
int main(int argc, char **argv)
{
    (void)argc;
    TIMAddRecvNewMsgCallback(cb, 0);
    if (strcmp(argv[1], "spin") == 0) {
        time_t end = time(NULL) + 5;
        while (time(NULL) < end) ;
    } else if (strcmp(argv[1], "futex") == 0) {
        int word = 0;
        struct timespec wait = {60, 0};
        raw_futex(&word, &wait);
    } else if (strcmp(argv[1], "socket") == 0 || strcmp(argv[1], "untimed") == 0) {
        int pair[2];
        char byte;
        struct timeval end = {argv[1][0] == 's' ? 3 : 0, 0};
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
        setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &end, sizeof end);
        if (argv[1][0] == 'u' && fork() == 0) {
            sleep(2);
            return write(pair[1], "x", 1) != 1;
        }
        (void)!read(pair[0], &byte, 1);
    } else {
        timer_t timer;
        timer_create(CLOCK_MONOTONIC, NULL, &timer);
        pause();
    }
    TIMRemoveRecvNewMsgCallback(cb);
    return 0;
}
END
cc -I"$O/include" refuse.c -o refuse -L"$O/link" -lImSDK
scene 5 >five.ndjson
RUN_LIMIT=30 virtual five.ndjson -- ./refuse spin
is 'an app that spins on the clock: 126' "$rc" 126 || fail spin err
like 'an app that spins on the clock: which thread, and what then' "$(cat err)" 'thread [0-9]+ \(refuse, .*looks at the clock again and again.*--time compress'
RUN_LIMIT=30 virtual five.ndjson -- ./refuse futex
is 'a wait past the C library: 126' "$rc" 126 || fail futex err
like 'a wait past the C library: which thread, and in what' "$(cat err)" 'thread [0-9]+ \(refuse, .*system call futex'
RUN_LIMIT=30 virtual five.ndjson -- ./refuse socket
is 'a socket with a timeout of its own: 126' "$rc" 126 || fail socket err
like 'a socket with a timeout of its own: said' "$(cat err)" 'thread [0-9]+ \(refuse, .*SO_RCVTIMEO'
RUN_LIMIT=30 virtual five.ndjson -- ./refuse untimed
is 'a socket without one is carried' "$rc" 0 || fail untimed err
RUN_LIMIT=30 virtual five.ndjson -- ./refuse timer
is 'timer_create: 126' "$rc" 126 || fail timer err
like 'timer_create: said' "$(cat err)" 'timer_create'
RUN_LIMIT=30 virtual five.ndjson -- "$APPS/static"
is 'a static program: 126' "$rc" 126
like 'a static program: said' "$(cat err)" 'linked statically'

# A kernel that does not count how often threads run: /proc/PID/schedstat of zeros, as it has them then.
echo '0 0 0' >zeros
# shellcheck disable=SC2016
if unshare -m sh -c 'mount --bind zeros /proc/$$/schedstat' 2>/dev/null; then
    # shellcheck disable=SC2016
    run unshare -m env -u LD_LIBRARY_PATH sh -c 'mount --bind zeros /proc/$$/schedstat && exec "$@"' sh \
        "$TIMTAPE" replay --time virtual five.ndjson -- "$APPS/timers" 5
    is 'threads whose runs are not counted: 126' "$rc" 126 || fail schedstat err
    like 'threads whose runs are not counted: said' "$(cat err)" 'schedstat.*--time compress'
else
    skip 'threads whose runs are not counted' 'mounting in a namespace of its own is not permitted here'
fi

# A sleeper wakes late, by how much was measured while recording: the timers of the replay are as late.
record naps.tape "$APPS/naps"
like 'the tape says how late sleepers woke' "$(sql naps.tape "SELECT value FROM meta WHERE key = 'overslept_ns'")" '^[0-9]+$'
sql naps.tape "UPDATE header SET value = 20050000 WHERE key = 'overslept_ns'"
virtual naps.tape -- "$APPS/naps"
like 'ten naps that were each 20 ms late' "$(cat out)" '^12[0-4]$'
sql naps.tape "DELETE FROM header WHERE key = 'overslept_ns'"
virtual naps.tape -- "$APPS/naps"
like 'ten naps of a tape that does not say' "$(cat out)" '^10[0-4]$'

# The real SDK: its callbacks come at times of their own, the app's timers are relative, so that they drift as
# the machine makes them. Which timer fires between which callbacks is the same again, but for the few that
# fell together (a machine under load oversleeps as it likes; on average the tape says by how much).
kinds='nanosleep cond poll epoll timerfd select sem clock'
if ! no_network; then
    sdk_missing 'the real SDK' 'a network namespace of its own (unshare -n) is not permitted here'
elif ! dir=$(sdk_dir 8.0.5906); then
    sdk_missing 'the real SDK' "$dir"
else
    run unshare -n env LD_LIBRARY_PATH="$dir" "$TIMTAPE" record -o sdk.tape -- "$APPS/timers" 6 sdk
    cp out recorded.out
    began=$(date +%s%N)
    run unshare -n env -u LD_LIBRARY_PATH "$TIMTAPE" replay --time virtual sdk.tape -- "$APPS/timers" 6 sdk
    took=$((($(date +%s%N) - began) / 1000000))
    is 'the real SDK: as recorded' "$rc" 0 || fail sdk err
    like 'the real SDK: takes less than half the time' "$((took < 3000))" 1 || say "took $took ms"
    moved=0
    for kind in $kinds; do
        grep -aE "^(tick $kind |back )" recorded.out >recorded.kind
        grep -aE "^(tick $kind |back )" out >replayed.kind
        moved=$((moved + $(diff -a recorded.kind replayed.kind | grep -c '^<')))
    done
    like "the real SDK: $moved of 48 timers between other callbacks" "$((moved <= 8))" 1
    is 'the real SDK: all callbacks' "$(grep -ac '^back' out)" "$(grep -ac '^back' recorded.out)"
fi

# An app that stops calling is a verdict of virtual time, and soon.
virtual five.ndjson -- sh -c "exec \"$APPS/timers\" 1000"
is 'an app that does not call: diverged' "$rc" 1 || fail late err
like 'an app that does not call: within virtual time' "$(cat err)" 'did not call TIMRemoveRecvNewMsgCallback .* within 10'
