#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The verdict: every way in which an app can leave the recorded path, its class, its words, its exit status. The
# tapes are scenarios written here, so nothing but the replay itself is needed.
. "$(dirname "$0")/lib.sh"
need_command
cd "$T" || exit 1

# Does what its arguments say, one after the other.
cat >actor.c <<'END'
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <timtape/tim.h>
#include <unistd.h>

static _Atomic int seen;
static const char *inside = "";

static void act(const char *word);

static void
on_comm(int32_t code, const char *desc, const char *json, const void *user)
{
    (void)desc, (void)user;
    printf("comm %d %s\n", (int)code, json);
    seen++;
}

static void
on_message(const char *json, const void *user)
{
    (void)user;
    printf("message %s\n", json);
    fflush(stdout);
    seen++;
    act(inside);
}

static void
on_other(const char *json, const void *user)
{
    (void)user;
    printf("other %s\n", json);
}

static void
send_text(const char *text)
{
    char json[256], id[128];
    snprintf(json, sizeof json, "{ \"message_client_time\": %d, \"message_elem_array\": [{\"text_elem_content\":\"%s\","
             "\"elem_type\":0}]}", (int)getpid(), text);
    printf("send %d\n", (int)TIMMsgSendMessage("bob", kTIMConv_C2C, json, id, on_comm, NULL));
}

static void *
call_there(void *word)
{
    act(word);
    return NULL;
}

static void
act(const char *word)
{
    const char *value = strchr(word, ':');
    value = value != NULL ? value + 1 : "";
    fflush(stdout);
    if (strncmp(word, "inside:", 7) == 0)
        inside = value;
    else if (strcmp(word, "init") == 0)
        TIMInit(1400000001, "{\"sdk_config_log_file_path\":\"/tmp/mine\",\"sdk_config_config_file_path\":\"x\"}");
    else if (strcmp(word, "listen") == 0)
        TIMAddRecvNewMsgCallback(on_message, NULL);
    else if (strcmp(word, "listen2") == 0)
        TIMAddRecvNewMsgCallback(on_other, NULL);
    else if (strcmp(word, "unlisten") == 0)
        TIMRemoveRecvNewMsgCallback(on_message);
    else if (strcmp(word, "unlisten2") == 0)
        TIMRemoveRecvNewMsgCallback(on_other);
    else if (strncmp(word, "login", 5) == 0)
        TIMLogin(value, "a signature of today", on_comm, NULL);
    else if (strcmp(word, "mute-login") == 0)
        TIMLogin("alice", "s", NULL, NULL);
    else if (strcmp(word, "logout") == 0)
        TIMLogout(on_comm, NULL);
    else if (strncmp(word, "send", 4) == 0)
        send_text(value);
    else if (strcmp(word, "status") == 0)
        printf("status %d\n", (int)TIMGetLoginStatus());
    else if (strncmp(word, "wait", 4) == 0)
        for (int i = 0; i < 5000 && seen < atoi(value); i++)
            usleep(1000);
    else if (strncmp(word, "sleep", 5) == 0)
        usleep((useconds_t)atoi(value) * 1000);
    else if (strncmp(word, "exit", 4) == 0)
        exit(atoi(value));
    else if (strncmp(word, "quit", 4) == 0)
        _exit(atoi(value));
    else if (strncmp(word, "raise", 5) == 0)
        raise(atoi(value));
    else if (strcmp(word, "hang") == 0)
        for (;;)
            pause();
    else if (strcmp(word, "stubborn") == 0)
        signal(SIGTERM, SIG_IGN);
    else if (strncmp(word, "thread:", 7) == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, call_there, (void *)value);
        pthread_join(thread, NULL);
    }
}

int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        act(argv[i]);
    return 0;
}
END
cc -Wall -D_GNU_SOURCE -I"$O/include" actor.c -o actor -L"$O/link" -lImSDK -lpthread || { fail 'the actor compiles'; exit 1; }

# scenario FILE END LINE...
scenario() {
    local file=$1 end=$2
    shift 2
    {
        if [ -n "$end" ]; then
            echo "{\"timtape\":1,\"meta\":{\"sdk_version\":\"8.0.5906\",\"ended\":\"$end\",\"duration_ns\":\"60000000\"}}"
        else
            echo '{"timtape":1,"meta":{"sdk_version":"8.0.5906"}}'
        fi
        echo '{"thread":1,"name":"main"}'
        echo '{"thread":2,"name":"sdk-logic"}'
        printf '%s\n' "$@"
    } >"$file"
}
INIT='{"call":"TIMInit","args":{"sdk_app_id":1400000001,"json_sdk_config":{"$json":{"sdk_config_config_file_path":"./","sdk_config_log_file_path":"./"}}}}'
LISTEN='{"call":"TIMAddRecvNewMsgCallback","after_ms":1}'
LOGIN='{"call":"TIMLogin","after_ms":1,"args":{"user_id":"alice","user_sig":"masked"}}'
LOGGED='{"callback":"TIMCommCallback","cause":"TIMLogin","after_ms":5,"args":{"code":0,"desc":"","json_params":"in"}}'
MESSAGE='{"callback":"TIMRecvNewMsgCallback","after_ms":5,"args":{"json_msg_array":"one"}}'
SEND='{"call":"TIMMsgSendMessage","after_ms":1,"thread":"main","args":{"conv_id":"bob","conv_type":1,"json_msg_param":{"$json":{"message_elem_array":[{"elem_type":0,"text_elem_content":"hello"}],"message_client_time":7}},"message_id_buffer":"id-1"}}'
SENT='{"callback":"TIMCommCallback","cause":"TIMMsgSendMessage","after_ms":3,"args":{"code":0,"desc":"","json_params":"sent"}}'
STATUS='{"call":"TIMGetLoginStatus","after_ms":1,"result":3}'

replay() { RUN_LIMIT=${LIMIT:-40} run env -u LD_LIBRARY_PATH "$TIMTAPE" replay --stall-timeout 700ms --json v.json "$@"; }
# verdict WHAT STATUS CLASS REPLAY-ARGUMENT...
verdict() {
    local what=$1 wanted=$2 class=$3
    shift 3
    rm -f v.json
    replay "$@"
    is "$what: status $wanted" "${rc:-}" "$wanted" || fail "$what" err out
    is "$what: $class" "$(json '$.verdict')" "$class"
    is "$what: the JSON tells the status" "$(json '$.status')" "$wanted"
}
json() { sqlite3 :memory: "SELECT json_extract(CAST(readfile('v.json') AS TEXT), '$1')" 2>&1; }

scenario base.ndjson 'exit 0' "$INIT" "$LISTEN" "$LOGIN" "$LOGGED" "$MESSAGE" "$SEND" "$SENT"
GOOD=(init listen login:alice wait:2 send:hello wait:3)
verdict 'as recorded' 0 'as recorded' base.ndjson -- ./actor "${GOOD[@]}"
like 'as recorded: times, paths and secrets may differ' "$(cat out)" 'send 0'
is 'as recorded: the counts' "$(json '$.calls.matched') $(json '$.calls.recorded') $(json '$.callbacks.delivered')" '4 4 3'
like 'as recorded: lateness is told' "$(cat err)" 'lateness +p50 .*p99 .*max .*slip'
verdict 'maximum speed' 0 'as recorded' --speed max base.ndjson -- ./actor "${GOOD[@]}"
verdict 'ten times' 0 'as recorded' --speed 10 base.ndjson -- ./actor "${GOOD[@]}"
verdict 'without --' 0 'as recorded' base.ndjson ./actor "${GOOD[@]}"
verdict 'a slow app is not wrong, only later' 0 'as recorded' base.ndjson -- ./actor init sleep:300 listen login:alice wait:2 sleep:300 send:hello wait:3
like 'a slow app: slip' "$(json '$.slip_ns')" '^[3-9][0-9]{8}'

verdict 'another argument' 1 'different argument' base.ndjson -- ./actor init listen login:alice wait:2 send:bye wait:3
is 'another argument: path' "$(json '$.difference.path')" '$.message_elem_array[0].text_elem_content'
is 'another argument: expected, got' "$(json '$.difference.expected') $(json '$.difference.got')" '"hello" "bye"'
is 'another argument: the call' "$(json '$.nearest.name')" TIMMsgSendMessage
is 'another argument: what it reacted to' "$(json '$.reacting_to.name')" TIMRecvNewMsgCallback
like 'another argument: words' "$(cat err)" 'diverged: the app called TIMMsgSendMessage with another json_msg_param at \$\.message_elem'
like 'another argument: what next' "$(cat err)" 'next +timtape import base.ndjson .* timtape show scenario.tape [0-9]+-[0-9]+'
verdict 'another plain argument' 1 'different argument' base.ndjson -- ./actor init listen login:bob wait:2 send:hello wait:3
is 'another plain argument: which' "$(json '$.difference.param') $(json '$.difference.got')" 'user_id "bob"'
verdict 'no callback' 1 'different argument' base.ndjson -- ./actor init listen mute-login wait:2 send:hello wait:3
is 'no callback: which' "$(json '$.difference.param') $(json '$.difference.got')" 'cb NULL'

verdict 'a call too many' 1 'extra call' base.ndjson -- ./actor init listen login:alice wait:2 logout send:hello wait:3
is 'a call too many: it' "$(json '$.event.name')" TIMLogout
is 'a call too many: what the tape has there' "$(json '$.nearest.name')" TIMMsgSendMessage
verdict 'a call again' 1 'extra call' base.ndjson -- ./actor init listen login:alice wait:2 send:hello send:hello wait:3
like 'a call again: words' "$(cat err)" 'once more than recorded'

verdict 'a call missing at the end' 1 'missing call' base.ndjson -- ./actor init listen login:alice wait:2
is 'a call missing at the end: it' "$(json '$.event.name')" TIMMsgSendMessage
verdict 'a call missing, then a wait' 1 'missing call' base.ndjson -- ./actor init listen wait:2 hang
is 'a call missing, then a wait: it' "$(json '$.event.name')" TIMLogin
like 'a call missing, then a wait: what the app did last' "$(cat err)" 'app threads .*TIMAddRecvNewMsgCallback'
verdict 'an app that never calls' 1 'missing call' base.ndjson -- ./actor
verdict 'an app that cannot even be told to end' 1 'missing call' base.ndjson -- ./actor stubborn init hang
verdict 'an app without the SDK' 1 'missing call' base.ndjson -- true
like 'an app without the SDK: words' "$(cat err)" 'without ever calling the SDK'
verdict 'it never returns from its callback' 1 hung base.ndjson -- ./actor init inside:hang listen login:alice wait:2 send:hello wait:3
is 'it never returns from its callback: which' "$(json '$.event.name')" TIMRecvNewMsgCallback

verdict 'another exit status' 1 'different exit' base.ndjson -- ./actor "${GOOD[@]}" exit:3
is 'another exit status: both' "$(json '$.recorded_end'), $(json '$.end')" 'exit 0, exit 3'
verdict 'it dies' 139 crashed base.ndjson -- ./actor "${GOOD[@]}" raise:11
verdict 'it dies in a callback' 134 crashed base.ndjson -- ./actor init inside:raise:6 "${GOOD[@]:1}"
is 'it dies in a callback: which' "$(json '$.reacting_to.name')" TIMRecvNewMsgCallback
verdict 'it is killed' 137 crashed base.ndjson -- ./actor "${GOOD[@]}" raise:9
verdict 'it does not end' 1 hung base.ndjson -- ./actor "${GOOD[@]}" hang
verdict 'it does not end, and that is fine' 0 'as recorded' --at-end term base.ndjson -- ./actor "${GOOD[@]}" hang

# Nobody to deliver to: every call matches (the listener was never there on the tape either), one callback is left.
scenario late.ndjson 'exit 0' "$INIT" "$LISTEN" "$MESSAGE" '{"callback":"TIMRecvNewMsgCallback","after_ms":300,"args":{"json_msg_array":"two"}}'
verdict 'callbacks left over' 3 'not consumed' late.ndjson -- ./actor init listen wait:1 quit:0
is 'callbacks left over: counts' "$(json '$.callbacks.delivered') of $(json '$.callbacks.recorded')" '1 of 2'
verdict 'at its normal end the app is held until all came' 0 'as recorded' late.ndjson -- ./actor init listen wait:1
verdict 'a gate' 4 late --max-late 1ns base.ndjson -- ./actor "${GOOD[@]}"
verdict 'a wide gate' 0 'as recorded' --max-late 10s base.ndjson -- ./actor "${GOOD[@]}"

# Ends that are not the app's own.
scenario killed.ndjson 'signal 9 (SIGKILL)' "$INIT" "$LISTEN" "$MESSAGE"
verdict 'a tape that ends in SIGKILL' 0 'as recorded' killed.ndjson -- ./actor init listen hang
like 'a tape that ends in SIGKILL: words' "$(cat err)" 'up to the signal 9'
scenario term.ndjson 'signal 15 (SIGTERM)' "$INIT" "$LISTEN" "$MESSAGE"
verdict 'a tape that ends in SIGTERM, an app that ignores it' 0 'as recorded' term.ndjson -- ./actor stubborn init listen hang
scenario segv.ndjson 'signal 11 (SIGSEGV)' "$INIT" "$LISTEN" "${MESSAGE%\}},\"end_seq\":null}"
verdict 'the recorded crash' 0 'as recorded' segv.ndjson -- ./actor init inside:raise:11 listen hang
verdict 'the recorded crash, fixed' 1 'different exit' segv.ndjson -- ./actor init listen wait:1
verdict 'another crash' 134 crashed segv.ndjson -- ./actor init inside:raise:6 listen hang
scenario open.ndjson '' "$INIT" "$LISTEN" "$MESSAGE"
verdict 'a tape without an end: the app ends by itself' 0 'as recorded' open.ndjson -- ./actor init listen wait:1
verdict 'a tape without an end: the app stays' 0 'as recorded' open.ndjson -- ./actor init listen hang
verdict 'a tape without an end: the app fails' 1 'different exit' open.ndjson -- ./actor init listen wait:1 exit:2

# Getters may be called more or less often.
scenario getter.ndjson 'exit 0' "$INIT" "$LISTEN" "$STATUS" "$MESSAGE"
verdict 'a getter as often' 0 'as recorded' getter.ndjson -- ./actor init listen status wait:1
is 'a getter: its answer' "$(sed -n 's/^status //p' out)" 3
verdict 'a getter more often' 0 'as recorded' getter.ndjson -- ./actor init listen status status status wait:1 status
is 'a getter more often: its answers' "$(grep -c '^status 3' out)" 4
verdict 'a getter left out' 0 'as recorded' getter.ndjson -- ./actor init listen wait:1
verdict 'a getter from another thread' 0 'as recorded' getter.ndjson -- ./actor init listen thread:status status wait:1

# Listeners are removed by pointer, and which one is meant follows from who was added.
scenario remove.ndjson 'exit 0' "$INIT" '{"call":"TIMAddRecvNewMsgCallback","args":{"cb":1}}' '{"call":"TIMAddRecvNewMsgCallback","args":{"cb":2}}' \
    '{"call":"TIMRemoveRecvNewMsgCallback","args":{"cb":1}}'
verdict 'the same listener is removed' 0 'as recorded' remove.ndjson -- ./actor init listen listen2 unlisten
verdict 'another listener is removed' 1 'different argument' remove.ndjson -- ./actor init listen listen2 unlisten2

# A call that another thread makes is the recorded call, too, but the main thread is not any thread.
verdict 'the call from another thread' 1 'wrong thread' base.ndjson -- ./actor init listen login:alice wait:2 thread:send:hello wait:3
is 'the call from another thread: which' "$(json '$.event.name') $(json '$.nearest.thread_name')" 'TIMMsgSendMessage main'
like 'the call from another thread: words' "$(cat err)" 'called TIMMsgSendMessage \(event [0-9]+\) on another thread of the app; recorded on the main thread'
like 'the call from another thread: where it was made' "$(cat err)" 'where +event [0-9]+, call TIMMsgSendMessage on thread "actor"'
like 'the call from another thread: and where not' "$(cat err)" 'nearest +event [0-9]+, call TIMMsgSendMessage on thread [0-9]+ \(main\)'
verdict 'the call from any thread' 0 'as recorded' --match loose base.ndjson -- ./actor init listen login:alice wait:2 thread:send:hello wait:3

# What can go wrong before anything is replayed.
status 'no tape' 65 "$TIMTAPE" replay none.tape -- true
echo 'not a tape' >bad.tape
status 'not a tape' 65 "$TIMTAPE" replay bad.tape -- true
echo '{"timtape":1}{' >bad.ndjson
status 'a bad scenario' 65 "$TIMTAPE" replay bad.ndjson -- true
like 'a bad scenario: where' "$(cat err)" 'bad.ndjson:1'
status 'no app' 64 "$TIMTAPE" replay base.ndjson
status 'nothing' 64 "$TIMTAPE" replay
status 'no such app' 127 "$TIMTAPE" replay base.ndjson -- ./no-such-app
touch plain
status 'not a program' 126 "$TIMTAPE" replay base.ndjson -- ./plain
status 'a speed that is none' 64 "$TIMTAPE" replay --speed fast base.ndjson -- true
status 'a gate at full speed' 64 "$TIMTAPE" replay --speed max --max-late 1ms base.ndjson -- true
status '--json into nowhere' 64 "$TIMTAPE" replay --json /no/such/file base.ndjson -- true
status '-q says nothing when all is well' 0 "$TIMTAPE" replay -q base.ndjson -- ./actor "${GOOD[@]}"
is '-q: silence' "$(cat err)" ''

# Long pauses on the tape are no stalls, at any speed; neither are an app's own.
scenario pause.ndjson 'exit 0' "$INIT" "$LISTEN" "${MESSAGE/\"after_ms\":5/\"after_ms\":1600}" '{"call":"TIMLogout","after_ms":1600}' \
    '{"callback":"TIMCommCallback","cause":"TIMLogout","after_ms":5,"args":{"code":0,"desc":"","json_params":""}}'
verdict 'pauses longer than the patience' 0 'as recorded' pause.ndjson -- ./actor init listen wait:1 sleep:1600 logout wait:2
verdict 'pauses at maximum speed: the app keeps its own' 0 'as recorded' --speed max pause.ndjson -- ./actor init listen wait:1 sleep:1600 logout wait:2
verdict 'pauses at four times the speed' 0 'as recorded' --speed 4 pause.ndjson -- ./actor init listen wait:1 sleep:1600 logout wait:2

# Interrupted: the app goes, too.
env -u LD_LIBRARY_PATH "$TIMTAPE" replay base.ndjson -- ./actor stubborn init listen hang >out 2>err &
pid=$!
sleep 0.7
kill -INT $pid
wait $pid
is 'interrupted: 128+2' $? 130
like 'interrupted: words' "$(cat err)" 'interrupted by signal 2'
is 'interrupted: no app is left behind' "$(pgrep -fc "^./actor stubborn init listen hang")" 0

# An app that uses more of the SDK than its C API cannot be started on the stand-in: the likely reason is told.
echo 'void sdk_cpp_api(void); void sdk_cpp_api(void) {} int TIMUninit(void); int TIMUninit(void) { return 0; }' >more.c
mkdir -p more && cc -shared -fPIC -Wl,-soname,libImSDK.so more.c -o more/libImSDK.so
echo 'void sdk_cpp_api(void); int TIMUninit(void); int main(void) { sdk_cpp_api(); return TIMUninit(); }' >wants.c
cc wants.c -o wants -Lmore -lImSDK -Wl,-z,now
verdict 'an app that needs the C++ API' 1 'missing call' base.ndjson -- ./wants
like 'an app that needs the C++ API: why' "$(cat err)" 'undefined symbol.*stand-in has only that'

# Stopping on the way.
verdict 'up to an event' 0 'as recorded' --until 13 base.ndjson -- ./actor "${GOOD[@]}"
like 'up to an event: words' "$(cat err)" 'up to [A-Za-z]+ \(event 13\)'
is 'up to an event: nothing behind it was delivered' "$(json '$.callbacks.delivered')" "$(json '$.callbacks.recorded')"
verdict 'an earlier divergence comes first' 1 'different argument' --until 13 base.ndjson -- ./actor init listen login:bob wait:2 send:hello wait:3
like 'the advice stops just before it' "$(cat err)" 'timtape replay .*--until [0-9]+ --hold base.ndjson -- ./actor init listen login:bob'
env -u LD_LIBRARY_PATH "$TIMTAPE" replay --stall-timeout 300ms --until 13 --hold base.ndjson -- ./actor "${GOOD[@]}" >out 2>err &
pid=$!
sleep 1
like 'held there' "$(cat err)" 'stopped before event 13'
kill -INT $pid
wait $pid
is 'held there until interrupted' $? 130
status 'no such event' 64 "$TIMTAPE" replay --until 999 base.ndjson -- ./actor
