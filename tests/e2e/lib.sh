# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What every end-to-end test starts with: `. "$(dirname "$0")/lib.sh"`.
# Gives ok/fail/skip and friends (TAP on stdout), a temporary directory $T that goes away, and the paths
# of what is tested: $TIMTAPE $APPS (consumers) $FAKESDK (directory of the test double) $FAKESDK_OLD.
# Runs from the source tree, against $O (default build).
set -u
export LC_ALL=C.UTF-8

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
case ${O:=build} in /*) ;; *) O=$TOP/$O ;; esac
export O TOP
TIMTAPE=$O/timtape
APPS=$O/consumers
FAKESDK=$O/fakesdk
FAKESDK_OLD=$O/fakesdk-old
FAKESDK_LESS=$O/fakesdk-less
export TIMTAPE APPS FAKESDK FAKESDK_OLD FAKESDK_LESS
# An outer timtape (or a user's setting) must not leak into the tests.
unset TIMTAPE_SESSION TIMTAPE_LIB TIMTAPE_SDK TIMTAPE_SCORE TIMTAPE_LOADER LD_AUDIT LD_PRELOAD
unset MAKEFLAGS MAKELEVEL MFLAGS

T=$(mktemp -d "${TMPDIR:-/tmp}/timtape-test.XXXXXX")
chmod 755 "$T"
export T
tests=0 failed=0
export rc=0 # status of the last `run`
export CLEANUP=: # run at the end

finish() {
    local rc=$?
    # Only what this test started: its own background jobs.
    local pids
    pids=$(jobs -p)
    # shellcheck disable=SC2086
    [ -n "$pids" ] && kill -9 $pids 2>/dev/null
    eval "$CLEANUP"
    cd / && rm -rf "$T"
    echo "1..$tests"
    [ $failed -eq 0 ] || exit 1
    exit $rc
}
trap finish EXIT

say() { echo "# $*"; }
ok() { tests=$((tests + 1)); echo "ok $tests - $*"; }
skip() { tests=$((tests + 1)); echo "ok $tests - $1 # SKIP $2"; }
# fail WHAT [FILE...]: the files say why.
fail() {
    tests=$((tests + 1)) failed=$((failed + 1))
    echo "not ok $tests - $1"
    shift
    local file
    for file in "$@"; do
        [ -f "$file" ] && { echo "# --- $(basename "$file")"; head -c 4000 "$file" | sed 's/^/# /'; echo; }
    done
    return 0
}
skip_all() { skip "$(basename "$0" .sh)" "$1"; exit 0; }

# is WHAT GOT WANTED
is() {
    if [ "$2" = "$3" ]; then ok "$1"; else
        fail "$1"
        printf '#   got:    %s\n#   wanted: %s\n' "${2:0:600}" "${3:0:600}"
        return 1
    fi
}
# like WHAT TEXT EXTENDED-REGEX
like() {
    if printf '%s\n' "$2" | grep -Eq -- "$3"; then ok "$1"; else
        fail "$1"
        printf '#   got:     %s\n#   pattern: %s\n' "${2:0:600}" "$3"
        return 1
    fi
}
same() { # same WHAT FILE FILE
    if cmp -s "$2" "$3"; then ok "$1"; else
        fail "$1"
        diff -a "$2" "$3" | head -n 12 | cut -c1-300 | sed 's/^/#   /'
        return 1
    fi
}
# holds WHAT COMMAND...: the command succeeds.
holds() {
    local what=$1
    shift
    if "$@" >"$T/holds.out" 2>&1; then ok "$what"; else fail "$what ($*: status $?)" "$T/holds.out"; return 1; fi
}

# run COMMAND...: output in $T/out and $T/err, status in $rc. Never longer than 120 s.
run() {
    # In a shell of its own, so that its word on a signal ("Killed") does not get into the log.
    { timeout -k 5 "${RUN_LIMIT:-120}" "$@" >"$T/out" 2>"$T/err" </dev/null; } 2>/dev/null
    rc=$?
    return 0
}
# status WHAT WANTED COMMAND...: runs it and checks the exit status.
status() {
    local what=$1 wanted=$2
    shift 2
    run "$@"
    if [ "$rc" = "$wanted" ]; then ok "$what"; else
        fail "$what: status $rc, wanted $wanted" "$T/err" "$T/out"
        return 1
    fi
}
# sql TAPE QUERY
sql() { sqlite3 -batch -noheader "$1" "$2" 2>&1; }

# With the test double in the place of the SDK for a linked app.
with_fake() { env LD_LIBRARY_PATH="$FAKESDK" "$@"; }
# record TAPE COMMAND...: records with the test double.
record() {
    local tape=$1
    shift
    run env LD_LIBRARY_PATH="$FAKESDK" "$TIMTAPE" record -o "$tape" -- "$@"
}

need_command() {
    [ -x "$TIMTAPE" ] || skip_all "$TIMTAPE is not built"

}
# The real SDK of one version: prints the directory that holds libImSDK.so, or why there is none.
sdk_dir() {
    local root dir
    for root in ${TIMTAPE_SDK_DIR:-} "$O/sdk" "$TOP/build/sdk"; do
        for dir in "$root/$1" "$root/$1/package/lib/linux/lib1" "$root/$1/package/lib/linux/lib"; do
            [ -f "$dir/libImSDK.so" ] && { echo "$dir"; return 0; }
        done
    done
    echo "SDK $1 is not here (make sdk fetches it; TIMTAPE_SDK_DIR names a folder)"
    return 1
}
# Something that had to be there: skip, or fail where CI was told to have it.
sdk_missing() {
    if [ "${TIMTAPE_REQUIRE_SDK:-0}" = 1 ]; then fail "$1: $2"; else skip "$1" "$2"; fi
}
no_network() { unshare -n true 2>/dev/null; }
