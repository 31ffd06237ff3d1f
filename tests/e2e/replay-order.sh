#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Order and time of a replay: strict and causal, long pauses cut, fast-forward, chaos by seed, and what a search
# for a failing order leaves behind.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

# A client that searches after its login and is sent three messages. wait: it searches when a message has come; nap: it
# takes its time before that; die: it takes for granted that it had searched when a message comes; three: it ends otherwise.
cat >client.c <<'END_C'
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <timtape/tim.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int in, found, messages, searched, die;

static void
set(int *what)
{
    pthread_mutex_lock(&lock);
    ++*what;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void
await(int *what, int count)
{
    pthread_mutex_lock(&lock);
    while (*what < count)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void on_login(int32_t c, const char *d, const char *j, const void *u) { (void)c, (void)d, (void)j, (void)u, set(&in); }
static void on_found(int32_t c, const char *d, const char *j, const void *u) { (void)c, (void)d, (void)j, (void)u, set(&found); }
static void
on_message(const char *json, const void *user)
{
    (void)json, (void)user;
    pthread_mutex_lock(&lock);
    int early = searched == 0;
    pthread_mutex_unlock(&lock);
    if (die && early)
        abort();
    set(&messages);
}

int
main(int argc, char **argv)
{
    int wait = argc > 1 && strcmp(argv[1], "wait") == 0;
    die = argc > 1 && strcmp(argv[1], "die") == 0;
    TIMAddRecvNewMsgCallback(on_message, NULL);
    TIMLogin("alice", "signature", on_login, NULL);
    await(&in, 1);
    if (wait)
        await(&messages, 1);
    if (argc > 1 && strcmp(argv[1], "nap") == 0)
        usleep(1500000);
    set(&searched);
    TIMMsgFindMessages("[\"m-1\"]", on_found, NULL);
    await(&found, 1);
    await(&messages, 3);
    return argc > 1 && strcmp(argv[1], "three") == 0 ? 3 : 0;
}
END_C
cc -I"$O/include" client.c -o client -L"$O/link" -lImSDK -lpthread || fail 'the client compiles'

# scene PAUSE_MS: three messages on a thread of their own, with pauses between them.
scene() {
    cat >scene.ndjson <<END_SCENE
{"timtape":1,"meta":{"ended":"exit 0","sdk_version":"8.0.5906"}}
{"thread":1,"name":"main"}
{"thread":2,"name":"sdk-logic"}
{"thread":3,"name":"sdk-push"}
{"call":"TIMAddRecvNewMsgCallback"}
{"call":"TIMLogin","after_ms":1,"args":{"user_id":"alice","user_sig":"masked"}}
{"callback":"TIMCommCallback","cause":"TIMLogin","after_ms":5,"args":{"code":0,"desc":"","json_params":""}}
{"call":"TIMMsgFindMessages","after_ms":2,"args":{"json_message_id_array":{"\$json":["m-1"]}}}
{"callback":"TIMCommCallback","cause":"TIMMsgFindMessages","after_ms":5,"args":{"code":0,"desc":"","json_params":""}}
{"callback":"TIMRecvNewMsgCallback","thread":3,"after_ms":$1,"args":{"json_msg_array":{"\$json":[{"message_seq":1}]}}}
{"callback":"TIMRecvNewMsgCallback","thread":3,"after_ms":$1,"args":{"json_msg_array":{"\$json":[{"message_seq":2}]}}}
{"callback":"TIMRecvNewMsgCallback","thread":3,"after_ms":$1,"args":{"json_msg_array":{"\$json":[{"message_seq":3}]}}}
END_SCENE
    rm -f "$2"
    "$TIMTAPE" import scene.ndjson -o "$2" || fail 'the scenario becomes a tape'
}
scene 10 short.tape
scene 1500 long.tape

replay() { run env -u LD_LIBRARY_PATH "$TIMTAPE" replay --stall-timeout 5 "$@"; }
now() { date +%s%N; }
# timed COMMAND...: took in ms in $took
timed() {
    local began
    began=$(now)
    "$@"
    took=$((($(now) - began) / 1000000))
}
callbacks() { sql "$1" "SELECT callback, coalesce(json, '') FROM callbacks ORDER BY seq"; }
event() { sql short.tape "SELECT seq FROM callbacks WHERE json LIKE '%\"message_seq\":$1%'"; }

# ---- strict and causal ------------------------------------------------------------------------------
replay --stall-timeout 1 short.tape -- ./client wait
is 'strict: a message waits for all before it, and an app that waits for the message stands still' "$rc" 1 || fail strict err
for speed in 1 10 max; do
    replay --order causal --speed $speed short.tape -- ./client wait
    is "causal, speed $speed: the message comes all the same" "$rc" 0 || fail causal err
done
replay --order causal --record again.tape short.tape -- ./client
is 'causal: an app as recorded is as recorded' "$rc" 0 || fail causal err
callbacks short.tape >recorded
callbacks again.tape >again
same 'causal: and gets its callbacks in the recorded order, if it is as quick' recorded again
replay --order causal short.tape -- ./client three
is 'causal: another exit status is another one' "$rc" 1

# ---- long pauses ------------------------------------------------------------------------------------
timed replay --max-gap 50ms --record cut.tape long.tape -- ./client
is 'pauses cut: as recorded' "$rc" 0 || fail cut err
holds "pauses cut: 4.5 s shrink ($took ms)" [ $took -lt 3000 ]
callbacks long.tape >recorded
callbacks cut.tape >again
same 'pauses cut: the order is kept' recorded again
# One that comes late (a busy machine) shortens the pause after it.
gaps=$(sql cut.tape "SELECT min(gap) >= 20000000 FROM (SELECT at_ns - lag(at_ns) OVER (ORDER BY seq) AS gap FROM callbacks WHERE callback = 'TIMRecvNewMsgCallback')")
is 'pauses cut: what remains of them is played' "$gaps" 1
timed replay --time compress long.tape -- ./client
is 'compress: as recorded' "$rc" 0 || fail compress err
holds "compress: 4.5 s shrink ($took ms)" [ $took -lt 3500 ]
# The app takes its own time, however much of the pause is cut: that is no stall.
sed 's/"TIMMsgFindMessages","after_ms":2/"TIMMsgFindMessages","after_ms":1500/' scene.ndjson >nap.ndjson
replay --max-gap 1ms --stall-timeout 1 nap.ndjson -- ./client nap
is 'pauses cut: an app that takes its time is waited for' "$rc" 0 || fail cut err

# What is cut does not come back at the end: an app that does not end is found out as soon as ever.
pause=('{"do":"pause","ms":4000}')
record pause.tape "$APPS/stress" "${pause[@]}"
timed replay --max-gap 10ms --stall-timeout 1 pause.tape -- sh -c '"$@"; sleep 20' sh "$APPS/stress" "${pause[@]}"
is 'pauses cut: an app that does not end is a hang' "$rc" 1 || fail hang err
holds "pauses cut: and that is seen soon ($took ms)" [ $took -lt 4500 ]

# ---- fast-forward -----------------------------------------------------------------------------------
at=$(sql long.tape "SELECT seq FROM callbacks WHERE json LIKE '%\"message_seq\":3%'")
timed replay --from "$at" --record from.tape long.tape -- ./client
is '--from: as recorded' "$rc" 0 || fail from err
holds "--from: 4.5 s before the event are gone ($took ms)" [ $took -lt 3000 ]
callbacks from.tape >again
same '--from: the order is kept' recorded again
at=$(sql long.tape "SELECT seq FROM callbacks WHERE json LIKE '%\"message_seq\":2%'")
timed replay --from "$at" long.tape -- ./client
holds "--from: what comes after the event has its time ($took ms)" [ $took -ge 1400 ]
replay --from 999 short.tape -- ./client
is '--from: no such event' "$rc" 64

# ---- chaos by seed ----------------------------------------------------------------------------------
different=0
for seed in 1 2 3 4 5 6; do
    for i in 1 2; do
        replay --chaos $seed --speed max --record "c$i.tape" --force short.tape -- ./client
        is "seed $seed: an app that nothing troubles is as recorded" "$rc" 0 || fail chaos err
        callbacks "c$i.tape" >"order.$i"
        grep -E 'order|earlier|later' err >"words.$i"
    done
    same "seed $seed: the same order" order.1 order.2
    same "seed $seed: the same words" words.1 words.2
    callbacks short.tape | cmp -s - order.1 || different=$((different + 1))
done
holds "seeds: some play another order ($different of 6)" [ $different -ge 1 ]

# ---- searching --------------------------------------------------------------------------------------
replay --chaos-runs 200 --speed max --json found.json short.tape -- ./client die
is 'a search: the status of what was found' "$rc" 134 || fail search err
like 'a search: says what and how' "$(cat err)" 'seed [0-9]+ fails .* of its [0-9]+ moves? [0-9]+ (is|are) needed'
like 'a search: says where it is kept' "$(cat err)" 'saved as short-chaos-[0-9]+\.tape: fails every time'
like 'a search: and how to see it again' "$(cat err)" 'timtape replay short-chaos-[0-9]+\.tape -- \./client die'
like 'a search: what was moved' "$(cat err)" 'callback TIMRecvNewMsgCallback \(event [0-9]+\) .* earlier, before|callback TIMCommCallback \(event [0-9]+\) .* later, after'
saved=$(echo short-chaos-*.tape)
for i in 1 2 3; do
    replay "$saved" -- ./client die
    is "the saved tape fails, $i" "$rc" 134 || fail saved err
done
like 'the saved tape says what was moved, and whose numbers those are' "$(cat err)" 'saved \(events as numbered on short\.tape\): chaos seed'
replay "$saved" -- ./client
is 'the saved tape is no trouble for an app without the mistake' "$rc" 0 || fail saved err
like 'its header says what it is' "$(sql "$saved" "SELECT group_concat(key) FROM meta WHERE key LIKE 'order%'")" 'order_moves.*order_of.*order_patience_ns.*order_seed'
is 'its events are those of the original' "$(sql "$saved" 'SELECT count(*) FROM callbacks')" "$(sql short.tape 'SELECT count(*) FROM callbacks')"
replay --chaos-runs 200 --speed max --chaos-out "$saved" short.tape -- ./client die
is 'a tape is never replaced unasked' "$rc" 64 || fail replace err
cp short.tape twice.tape
for _ in 1 2; do replay --chaos-runs 200 --speed max twice.tape -- ./client die; done
is 'without a name, what was found before stays' "$(find . -name 'twice-chaos-*.tape' | wc -l)" 2
replay --chaos-runs 5 --speed max short.tape -- ./client three
is 'what fails in the recorded order needs no search' "$rc" 1
like 'and that is said' "$(cat err)" 'recorded order'
replay --chaos-runs 12 --speed max short.tape -- ./client
is 'nothing found: 0' "$rc" 0 || fail nothing err
like 'nothing found: said' "$(cat err)" '12 orders tried in .*, all as recorded'

# The user stops it.
"$TIMTAPE" replay --chaos-runs 100000 short.tape -- ./client 2>stop.err &
search=$!
sleep 1
kill -INT $search
wait $search
is 'interrupted: the status says so' $? 130 || fail stop stop.err
like 'interrupted: and the words' "$(cat stop.err)" 'interrupted'
# ... also when something was found: that is kept.
rm -f short-chaos-*.tape
"$TIMTAPE" replay --chaos-runs 200 short.tape -- ./client die 2>stop.err >stop.out &
search=$!
for ((i = 0; i < 300; i++)); do grep -q 'is not as recorded' stop.err && break; sleep 0.1; done
kill -INT $search 2>/dev/null
wait $search
is 'interrupted after a finding: its status' $? 134 || fail stop stop.err
saved=$(echo short-chaos-*.tape)
replay "$saved" -- ./client die
is 'interrupted after a finding: its tape fails' "$rc" 134 || fail stop stop.err
