#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Oracles of fuzz targets: each finds the mistake it is for, the others say nothing, and neither has anything to say
# about a handler without mistakes.
. "$(dirname "$0")/lib.sh"
[ -f "$O/lib/libtimtape-fuzz.a" ] || skip_all "no libtimtape-fuzz.a (make deps fetches cJSON's source)"

cflags="-g -O1 -Wall -Wextra -Werror -I$O/include $(pkg-config --cflags jsoncpp 2>/dev/null)"
libs="-L$O/lib -ltimtape-fuzz"
jsoncpp=$(pkg-config --libs jsoncpp 2>/dev/null || echo -ljsoncpp)
# build NAME SOURCE [FLAG...]: with the plain runner
build() {
    local name=$1 source=$2 cc="cc -std=c11 -D_GNU_SOURCE"
    shift 2
    case $source in *.cpp) cc="c++ -std=c++17" ;; esac
    # shellcheck disable=SC2086
    $cc $cflags "$@" "tests/fuzz/$source" -o "$T/$name" $libs -lcjson $jsoncpp >"$T/cc.out" 2>&1 ||
        { fail "$name builds" "$T/cc.out"; exit 1; }
}
message() { printf '{"callback":"TIMRecvNewMsgCallback","args":{"json_msg_array":{"$json":[%s]}}}\n' "$1"; }
list() { printf '{"callback":"TIMCommCallback","cause":"TIMConvGetConvList","args":{"code":%s,"desc":"","json_params":%s}}\n' "$1" "$2"; }

others() { # all but one
    local name all=""
    for name in ids calls exceptions block leak quadratic user-data code spelling; do
        [ "$name" = "$1" ] || all=$all${all:+,}$name
    done
    echo "$all"
}
# finds ORACLE PROGRAM INPUT PATTERN: the oracle speaks and ends the run; the others and none are content
finds() {
    local oracle=$1 program=$2 input=$3 pattern=$4
    run env TIMTAPE_FUZZ_ORACLES="$oracle" "$program" "$input"
    like "$oracle: its line" "$(grep -a '^timtape: oracle ' "$T/err")" "^timtape: oracle $oracle: $pattern"
    is "$oracle: and the input counts as failed" "$rc" 1
    like "$oracle: the run ends by SIGABRT" "$(cat "$T/out" "$T/err")" 'signal 6|SIGABRT|Abort'
    [ "$oracle" = exceptions ] && return
    status "$oracle: nobody else sees it" 0 env TIMTAPE_FUZZ_ORACLES="$(others "$oracle")" "$program" "$input"
    status "$oracle: off by default" 0 "$program" "$input"
}

elem='{"elem_type":0,"text_elem_content":"hi"}'
build ids oracle_wrong.c -DMISTAKE=1
message '{"message_conv_id":"user2","message_seq":9007199254740993}' >"$T/ids.in"
finds ids "$T/ids" "$T/ids.in" 'TIMRecvNewMsgCallback calls TIMMsgReportReaded .*9007199254740992.*message_seq.*9007199254740993'
message '{"message_conv_id":"user2","message_seq":9007199254740992}' >"$T/exact.in"
status "ids: a number that a double holds is not rounded" 0 env TIMTAPE_FUZZ_ORACLES=ids "$T/ids" "$T/exact.in"

build calls oracle_wrong.c -DMISTAKE=2
message '{"message_conv_id":"user2","message_sender":"Anna \"A\""}' >"$T/calls.in"
finds calls "$T/calls" "$T/calls.in" 'TIMRecvNewMsgCallback calls TIMMsgSendMessage: json_msg_param is not JSON'

build block oracle_wrong.c -DMISTAKE=3
message "{\"message_elem_array\":[$elem]}" >"$T/block.in"
finds block "$T/block" "$T/block.in" 'TIMRecvNewMsgCallback: the handler slept [0-9]+ ms'

build leak oracle_wrong.c -DMISTAKE=4
message '{"message_sender":"user1"}' >"$T/leak.in"
finds leak "$T/leak" "$T/leak.in" 'TIMRecvNewMsgCallback: the same input delivered 8 times'

build quadratic oracle_wrong.c -DMISTAKE=5
finds quadratic "$T/quadratic" "$T/block.in" 'TIMRecvNewMsgCallback: json_msg_array \$\[\]\.message_elem_array '

build user-data oracle_wrong.c -DMISTAKE=6
{ list 0 '"[]"'; echo '{"callback":"TIMKickedOfflineCallback","args":{}}'; } >"$T/user.in"
finds user-data "$T/user-data" "$T/user.in" 'TIMCommCallback:TIMConvGetConvList: its user data is used after'

build code oracle_wrong.c -DMISTAKE=7
list 6013 '{"$json":[{"conv_id":"user2"}]}' >"$T/code.in"
finds code "$T/code" "$T/code.in" 'TIMCommCallback:TIMConvGetConvList: json_params is used although code is 6013'
list 0 '{"$json":[{"conv_id":"user2"}]}' >"$T/good.in"
status "code: a completion without failure is none of its business" 0 env TIMTAPE_FUZZ_ORACLES=code "$T/code" "$T/good.in"

build spelling oracle_wrong.c -DMISTAKE=8
message '{"message_conv_id":"user2","message_sender":"user1"}' >"$T/spelling.in"
finds spelling "$T/spelling" "$T/spelling.in" 'TIMRecvNewMsgCallback: with its members in another order'

build exceptions oracle_throws.cpp
message '{"message_sender":{"a":1}}' >"$T/exceptions.in"
finds exceptions "$T/exceptions" "$T/exceptions.in" 'TIMRecvNewMsgCallback: a Json::LogicError leaves the callback'

run env TIMTAPE_FUZZ_ORACLES=ids,clals "$T/ids" "$T/ids.in"
like "an unknown name is said, with all that there are" "$(cat "$T/err")" 'no oracle is named "clals".*ids, calls, .*, or all'

build right oracle_right.cpp
run env TIMTAPE_FUZZ_ORACLES=all "$T/right" "$T"/*.in
is "a handler without mistakes: no alarm on these inputs" "$rc $(grep -a '^timtape:' "$T/err")" "0 "

# A mock of the user's own wins over ours.
cat >"$T/mock.c" <<'END'
#include <stdlib.h>
#include <timtape/tim.h>
int TIMMsgReportReaded(const char *a, enum TIMConvType b, const char *c, TIMCommCallback d, const void *e)
{
    (void)a, (void)b, (void)c, (void)d, (void)e;
    exit(77);
}
END
# shellcheck disable=SC2086
cc -std=c11 -D_GNU_SOURCE $cflags -DMISTAKE=1 tests/fuzz/oracle_wrong.c "$T/mock.c" -o "$T/mock" $libs -lcjson
run "$T/mock" "$T/ids.in"
like "the user's own TIM function is taken" "$(cat "$T/out" "$T/err")" 'status 77'
# And so does a library that is named before ours.
# shellcheck disable=SC2086
cc -std=c11 -D_GNU_SOURCE $cflags -DMISTAKE=1 tests/fuzz/oracle_wrong.c -o "$T/linked" -L"$O/link" -lImSDK $libs -lcjson
like "an SDK named before -ltimtape-fuzz is taken" "$(nm "$T/linked")" ' U TIMMsgReportReaded'

if ! command -v clang++ >/dev/null; then
    skip "libFuzzer with oracles" "no clang"
    exit 0
fi
# shellcheck disable=SC2086
clang++ -std=c++17 $cflags -fsanitize=fuzzer,address tests/fuzz/oracle_right.cpp -o "$T/right-fuzzer" $libs $jsoncpp
mkdir "$T/seeds" "$T/found" && cp "$T"/*.in "$T/seeds"
run env TIMTAPE_FUZZ_ORACLES="$(others quadratic)" "$T/right-fuzzer" -seed=1 -runs=1000 "$T/seeds"
is "a handler without mistakes: no alarm in 1000 inputs of libFuzzer" "$rc $(grep -a '^timtape:' "$T/err")" "0 "
# shellcheck disable=SC2086
clang $cflags -std=c11 -D_GNU_SOURCE -DMISTAKE=1 -fsanitize=fuzzer,address tests/fuzz/oracle_wrong.c -o "$T/ids-fuzzer" $libs -lcjson
run env TIMTAPE_FUZZ_ORACLES=ids "$T/ids-fuzzer" -seed=1 -artifact_prefix="$T/found/" "$T/seeds"
like "libFuzzer finds the rounded id" "$(grep -a '^timtape: oracle' "$T/err")" '^timtape: oracle ids: '
like "and the stack says where" "$(cat "$T/err")" '#[0-9]+ .* on_message.*oracle_wrong.c'
holds "and keeps the input" test -s "$(find "$T/found" -name 'crash-*')"
