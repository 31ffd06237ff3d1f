#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The installed command works from where it was installed, wherever that is, and goes away again.
. "$(dirname "$0")/lib.sh"
need_command
cd "$TOP" || exit 1

make_() { make --no-print-directory -s -o all O="${O#"$TOP"/}" "$@" >"$T/make.out" 2>&1; }
holds 'make install' make_ install DESTDIR="$T/stage" PREFIX=/usr || fail install "$T/make.out"
for file in bin/timtape lib/timtape/audit.so lib/timtape/libImSDK.so lib/timtape/preload.so lib/timtape/standin.so \
    include/timtape/tim.h include/timtape/replay.h lib/libtimtape-replay.a lib/libtimtape-replay.so \
    lib/pkgconfig/timtape-replay.pc share/man/man1/timtape.1; do
    [ -f "$T/stage/usr/$file" ] && ok "installed $file" || fail "installed $file"
done
mv "$T/stage/usr" "$T/moved away"
tape=$T/i.tape
run env LD_LIBRARY_PATH="$FAKESDK" "$T/moved away/bin/timtape" record -o "$tape" -- "$APPS/bind_lazy"
is 'the moved command records' "$(sql "$tape" 'SELECT count(*) FROM callbacks')" 2 || fail record "$T/err"
ln -s "$T/moved away/bin/timtape" "$T/link"
status 'and replays, called through a link' 0 "$T/link" replay "$tape" -- "$APPS/bind_lazy"
cat >"$T/user.c" <<'END'
#include <timtape/tim.h>
int main(void) { return TIMGetSDKVersion() == 0; }
END
holds 'the installed header compiles as C11' cc -std=c11 -Wall -Wextra -Wpedantic -Werror -I"$T/moved away/include" -c "$T/user.c" -o "$T/user.o"
holds 'and as C++17' c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -I"$T/moved away/include" -c -x c++ "$T/user.c" -o "$T/user.o"
mkdir -p "$T/stage" && mv "$T/moved away" "$T/stage/usr"

# The library for users' tests, as a user of the system finds it. (A prefix is a promise: pkg-config is told of the stage.)
is 'the .pc file says what was installed where' "$(grep -c "$T" "$T/stage/usr/lib/pkgconfig/timtape-replay.pc")" 0
export PKG_CONFIG_PATH=$T/stage/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$T/stage
cat >"$T/embed.c" <<'END'
#include <timtape/replay.h>
int main(int argc, char **argv)
{
    struct timtape_replay *replay = timtape_replay_open(argv[argc - 1], 0, 0);
    return replay == 0 || timtape_replay_count(replay, "TIMRecvNewMsgCallback") != 3;
}
END
lib=$T/stage/usr/lib
# shellcheck disable=SC2046
holds 'a test links the installed library' cc "$T/embed.c" -o "$T/embed" -I"$T/stage/usr/include" $(PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 pkg-config --libs timtape-replay)
status 'and runs with it' 0 env LD_LIBRARY_PATH="$lib" "$T/embed" "$TOP/traces/samples/chat.ndjson"
# shellcheck disable=SC2046
holds 'and the static one' cc "$T/embed.c" -o "$T/embed-static" -I"$T/stage/usr/include" "$lib/libtimtape-replay.a" $(env -u PKG_CONFIG_SYSROOT_DIR pkg-config --libs sqlite3 libcjson)
status 'which needs no library of ours' 0 "$T/embed-static" "$TOP/traces/samples/chat.ndjson"
# The fuzz library, where it was built.
if [ -f "$O/lib/libtimtape-afl.so" ]; then
    for file in include/timtape/fuzz.h lib/libtimtape-fuzz.a lib/libtimtape-afl.so lib/pkgconfig/timtape-fuzz.pc; do
        [ -f "$T/stage/usr/$file" ] && ok "installed $file" || fail "installed $file"
    done
    cat >"$T/fuzz.c" <<'END'
#include <timtape/fuzz.h>
static void on_message(const char *json, const void *user) { (void)json, (void)user; }
const struct timtape_fuzz_binding timtape_fuzz_bindings[] = {{"TIMRecvNewMsgCallback", (timtape_fuzz_fn)on_message, 0}, {0}};
END
    # shellcheck disable=SC2046
    holds 'a target links the installed library' cc "$T/fuzz.c" -o "$T/fuzz" -I"$T/stage/usr/include" $(PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 pkg-config --libs timtape-fuzz)
    status 'and runs' 0 "$T/fuzz" "$TOP/traces/samples/chat.ndjson"
fi
holds 'make uninstall' make_ uninstall DESTDIR="$T/stage" PREFIX=/usr
is 'nothing is left' "$(find "$T/stage" ! -type d | wc -l)" 0
