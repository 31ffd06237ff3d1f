#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The generated wrappers, trampolines and entry points, each called once per way it can go, against
# test doubles of the shim and of the stand-in.
. "$(dirname "$0")/lib.sh"
CC=${CC:-cc} CXX=${CXX:-c++}
[ -f "$O/pic/gen/shim_gen.o" ] || skip_all "no $O/pic/gen/shim_gen.o; run make first"

flags="-std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -g -fexceptions -I$TOP -I$TOP/harness -I$O/gen"
tables="$O/pic/gen/api_tables.o $O/pic/harness/api/api.o"
# $1: which; the rest: what else to link
try() {
    local what=$1
    shift
    # shellcheck disable=SC2086
    if ! { $CC $flags -c "$TOP/tests/api/$what.c" -o "$T/$what.o" &&
        $CXX -rdynamic "$T/$what.o" "$O/pic/gen/$what.o" $tables "$@" -o "$T/$what" -ldl -lpthread; } >"$T/log" 2>&1; then
        fail "$what builds" "$T/log"
        return
    fi
    "$T/$what" >"$T/out" 2>"$T/err"
    local rc=$?
    while IFS= read -r line; do
        case $line in
        'ok '*) ok "$what:${line#ok * -}" ;;
        'not ok '*) fail "$what:${line#not ok * -}" "$T/err" ;;
        esac
    done <"$T/out"
    is "$what: exit status" $rc 0
}
$CXX -std=c++17 -Wall -Wextra -Werror -g -c "$TOP/tests/api/throw.cpp" -o "$T/throw.o" || exit 1
try shim_gen "$T/throw.o"
try standin_gen "$O/pic/gen/invoke_gen.o"
