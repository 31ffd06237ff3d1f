#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timtape/replay.h for users: the example of docs/embed.md compiles and passes, shared and static, in C and C++,
# by pkg-config; a handler that keeps a payload's pointer is caught; nothing else is exported.
. "$(dirname "$0")/lib.sh"
CC=${CC:-cc} CXX=${CXX:-c++}
[ -f "$O/lib/libtimtape-replay.a" ] || skip_all "no $O/lib/libtimtape-replay.a; run make first"
cd "$T" || exit 1
mkdir tmp && export TMPDIR=$T/tmp
cp "$TOP/traces/samples/chat.ndjson" .
# ```c NAME of the document becomes the file NAME.
awk '/^```c / { file = $2; next } /^```/ { file = ""; next } file { print > file }' "$TOP/docs/embed.md"
is 'the document has its three files' "$(ls client.c client.h test_client.c 2>&1 | wc -l)" 3

export PKG_CONFIG_PATH=$O/pkgconfig
flags=$(pkg-config --cflags timtape-replay) libs=$(pkg-config --libs timtape-replay)
static="$(pkg-config --static --libs timtape-replay)"
strict='-Wall -Wextra -Wpedantic -Werror -g'
cmocka='-lcmocka -lcjson'
# build OUT LANGUAGE... : everything after OUT goes to the compiler
build() {
    local out=$1
    shift
    # shellcheck disable=SC2086
    if ! "$@" $flags -o "$out" >log 2>&1; then fail "builds: $out" log; return 1; fi
}
# shellcheck disable=SC2086
build shared $CC -std=c11 $strict test_client.c client.c -Wl,-rpath,"$O/lib" $flags $libs $cmocka
status 'the example of the document passes, shared' 0 ./shared || fail shared out err
mkdir archive && cp "$O/lib/libtimtape-replay.a" archive/
# shellcheck disable=SC2086
build static $CC -std=c11 $strict test_client.c client.c $flags -Larchive $static $cmocka
status 'and static' 0 ./static || fail static out err
is 'the static one does not load the library' "$(ldd static | grep -c timtape)" 0
# A mutant of the client is named as the document says.
sed 's/yes!/no!/' client.c >mutant.c
# shellcheck disable=SC2086
build mutant $CC -std=c11 $strict test_client.c mutant.c -Wl,-rpath,"$O/lib" $flags $libs $cmocka
run ./mutant
is 'another answer fails the test' "$rc" 1
said=$(grep -oh 'event [0-9]*, TIMMsgSendMessage: .*' err out | head -n 1)
is 'and the sentence is the one of the document' "$(grep -cF -- "${said:-nothing}" "$TOP/docs/embed.md")" 1
sed 's/TIMMsgSendMessage(text/if (0) &/' client.c >mutant.c
# shellcheck disable=SC2086
build mutant $CC -std=c11 $strict test_client.c mutant.c -Wl,-rpath,"$O/lib" $flags $libs $cmocka
run ./mutant
is 'no answer fails the test' "$rc" 1

# C++: the header, and handlers as functions.
cat >user.cpp <<'END'
#include <timtape/replay.h>
#include <timtape/tim.h>
#include <stdexcept>
#include <string>
static int seen;
static void on_message(const char *json, const void *) { seen += std::string(json).size() > 2; }
static void on_throw(const char *, const void *) { throw std::runtime_error("out of the handler"); }
int main()
{
    char error[256];
    timtape_replay *replay = timtape_replay_open("chat.ndjson", error, sizeof error);
    if (!replay || timtape_replay_bind(replay, "TIMRecvNewMsgCallback", reinterpret_cast<timtape_function>(on_message), nullptr))
        return 1;
    if (timtape_replay_run(replay, 0) != 3 || seen != 3)
        return 2;
    if (timtape_replay_seek(replay, 0) || timtape_replay_bind(replay, "TIMRecvNewMsgCallback", reinterpret_cast<timtape_function>(on_throw), nullptr))
        return 3;
    try {
        timtape_replay_step(replay);
        return 4;
    } catch (const std::runtime_error &) {
    }
    timtape_replay_close(replay);
    return 0;
}
END
# shellcheck disable=SC2086
build user_cpp $CXX -std=c++17 $strict user.cpp -Wl,-rpath,"$O/lib" $flags $libs
status 'C++, and an exception goes through' 0 ./user_cpp
for compiler in "$CC -x c -std=c11" "$CXX -x c++ -std=c++17"; do
    echo '#include <timtape/replay.h>' >alone.x
    # shellcheck disable=SC2086
    holds "the header stands alone: $compiler" $compiler $strict -fsyntax-only $flags alone.x
done

# Pointers that outlive the handler, and reads past the end of the text.
cat >keeper.c <<'END'
#include <stdlib.h>
#include <timtape/replay.h>
#include <string.h>
static const char *kept;
static void keep(const char *json, const void *user) { (void)user; kept = json; }
static void past(const char *json, const void *user) { (void)user; kept = &json[strlen(json) + 1]; if (*kept == 'x') abort(); }
int main(int argc, char **argv)
{
    struct timtape_replay *replay = timtape_replay_open("chat.ndjson", NULL, 0);
    (void)argv;
    timtape_replay_bind(replay, "TIMRecvNewMsgCallback", argc > 1 ? (timtape_function)past : (timtape_function)keep, NULL);
    timtape_replay_step(replay);
    int first = argc > 1 ? 0 : *kept;
    timtape_replay_close(replay);
    return first == '[';
}
END
# shellcheck disable=SC2086
if build keeper $CC -std=c11 $strict -fsanitize=address keeper.c -Wl,-rpath,"$O/lib" $flags $libs 2>/dev/null; then
    run ./keeper
    like 'a payload kept beyond its handler is found' "$(cat err)" 'heap-use-after-free'
    run ./keeper past
    like 'and a read past its end' "$(cat err)" 'heap-buffer-overflow'
else
    skip 'payloads under AddressSanitizer' 'the compiler has none'
fi

is 'the shared library exports only timtape_replay_*' \
    "$(nm -D --defined-only "$O/lib/libtimtape-replay.so" | awk '{ print $3 }' | grep -v '^timtape_replay_')" ''
is 'and the static one' \
    "$(nm -g --defined-only "$O/lib/libtimtape-replay.a" | awk 'NF == 3 { print $3 }' | grep -v '^timtape_replay_')" ''
sed -n 's/^TIMTAPE_REPLAY_API .*[ *]\(timtape_replay_[a-z_]*\)(.*/\1/p' "$O/include/timtape/replay.h" | sort >declared
nm -D --defined-only "$O/lib/libtimtape-replay.so" | awk '{ print $3 }' | sort >exported
same 'all that the header declares' declared exported
is 'nothing is left in the temporary folder' "$(ls "$TMPDIR")" ''
