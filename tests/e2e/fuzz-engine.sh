#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# timtape/fuzz.h for users: the target and the command lines of docs/fuzz.md, as they stand there, under libFuzzer,
# AFL++ and the regression runner, on a client with two bugs that byte fuzzers miss (tests/fuzz/client.c).
. "$(dirname "$0")/lib.sh"
[ -f "$O/lib/libtimtape-afl.so" ] || skip_all "no $O/lib/libtimtape-afl.so; make deps fetches cJSON's source for it"
command -v clang >/dev/null || skip_all 'clang is not here'
CC=${CC:-cc} CXX=${CXX:-c++}
cd "$T" || exit 1
export PKG_CONFIG_PATH=$O/pkgconfig AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_NO_UI=1 \
    AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1
unset ASAN_OPTIONS "${!TIMTAPE_FUZZ_@}"
cp "$TOP"/tests/fuzz/client.[ch] .
# ```c target.c and ```sh NAME of the document become files.
awk '/^```(c|sh) / { file = $2 (/^```sh/ ? ".sh" : ""); next } /^```/ { file = ""; next } file { print > file }' "$TOP/docs/fuzz.md"
is 'the document has a target and three builds' "$(ls target.c libfuzzer.sh runner.sh afl.sh 2>&1 | wc -l)" 4
flags=$(pkg-config --cflags --libs timtape-fuzz)

# ---- libFuzzer ----
RUN_LIMIT=60 run sh -e libfuzzer.sh
like 'libFuzzer, as in the document, finds a bug' "$(cat err)" 'client\.c:[0-9]+' || fail libfuzzer err
crash=$(ls crash-* 2>/dev/null | head -n 1)
[ -n "$crash" ] && ok "and leaves $crash" || { fail 'no crash file' err; exit 1; }
[ -x client_libfuzzer ] || exit 1

# One bug repaired, the other is found; and what byte fuzzers do meanwhile.
sed 's/users->child->valuestring/"x"/' client.c >client_tips.c
sed 's/client->progress\[index\]/client->progress[0]/' client.c >client_index.c
for bug in 'tips client_on_progress' 'index note_tips'; do
    repaired=${bug% *} left=${bug#* }
    # shellcheck disable=SC2086
    clang -g -O1 -fsanitize=fuzzer,address target.c client_$repaired.c $flags -lcjson -o "repaired_$repaired"
    RUN_LIMIT=60 run "./repaired_$repaired" -max_total_time=30 -artifact_prefix=none-
    like "with the $repaired repaired it finds the bug in $left" "$(grep -m 1 ' #0 ' err)" "$left" || fail "$repaired" err
    status "which byte mutations do not find in 30000 runs" 0 env TIMTAPE_FUZZ_MUTATOR=off "./repaired_$repaired" -runs=30000 -seed=1
done
RUN_LIMIT=60 run ./client_libfuzzer -fork=1 -ignore_crashes=1 -max_total_time=8 -artifact_prefix=none-
like 'with -fork and -ignore_crashes it goes on behind findings' "$(cat err)" 'oom/timeout/crash: 0/0/[1-9]' || fail fork err

for again in 1 2; do
    mkdir "same$again"
    (cd "same$again" && ../client_libfuzzer -seed=7 -runs=100000 >../same$again.log 2>&1)
done
is 'the same seed gives the same result' "$(ls same1)" "$(ls same2)"

mkdir explain
TIMTAPE_FUZZ_EXPLAIN=$T/explain/last.ndjson run ./client_libfuzzer -artifact_prefix=explain/ -seed=7 -runs=100000
like 'a file says what was changed in the last input' "$(head -n 1 explain/last.ndjson)" '^# TIM[A-Za-z]+ '
grep -v '^#' explain/last.ndjson >explain/plain
same 'and holds that input' explain/plain "$(ls explain/crash-*)"
status 'schema coverage is counted into a file' 0 env TIMTAPE_FUZZ_COVERAGE="$T/seen.coverage" ./repaired_tips -runs=200
[ -s seen.coverage ] && ok 'which is there' || fail 'no coverage file' err
status 'a variable that makes no sense' 64 env TIMTAPE_FUZZ_SYNTAX=much ./client_libfuzzer -runs=1
like 'is named' "$(cat err)" 'TIMTAPE_FUZZ_SYNTAX=much: give a number'
status 'the bindings can be listed' 0 env TIMTAPE_FUZZ_LIST=1 ./client_libfuzzer
is 'as they are in the table' "$(sed -n 3p out)" TIMCommCallback:TIMConvGetConvList

# ---- the regression runner ----
RUN_LIMIT=60 run sh -e runner.sh
is 'the runner, as in the document, takes the corpus' "$rc" 0 || fail runner err out
like 'and counts' "$(tail -n 1 out)" '^[0-9]+ inputs, [0-9]+ not cases$'
# shellcheck disable=SC2086
holds 'the runner with sanitizers' $CC -g -fsanitize=address target.c client.c $flags -lcjson -o runner_asan
mkdir cases && cp "$crash" cases/a-crash && cp "$TOP"/corpus/TIMRecvNewMsgCallback/*.json cases/
./client_runner --seed >cases/seed
status 'an input that kills fails the run' 1 ./runner_asan cases
like 'and is named' "$(head -n 1 out)" '^cases/a-crash: '
inputs=$(find cases -type f | wc -l)
is 'and the rest is delivered; payload files are inputs' "$(tail -n 1 out)" \
    "$inputs inputs, $((inputs - 2)) not cases, 1 failed"
is 'a payload file is a case of the first binding' "$(./client_runner --print cases/1-text-message.json 2>/dev/null | cut -c1-36)" \
    '{"callback":"TIMRecvNewMsgCallback",'
status 'no such file' 127 ./client_runner nothing-there

# ---- tapes ----
status 'a crash file is a tape' 0 "$TIMTAPE" import "$crash" -o bug.tape
"$TIMTAPE" export bug.tape >bug.ndjson
status 'whose export is an input again' 1 ./runner_asan bug.ndjson
is 'and a case' "$(tail -n 1 out)" '1 inputs, 0 not cases, 1 failed'
"$TIMTAPE" import "$TOP/traces/samples/chat.ndjson" -o chat.tape && "$TIMTAPE" export chat.tape >chat.ndjson
run ./runner_asan chat.ndjson
is 'a recorded tape is a corpus' "$(cat out)" '1 inputs, 0 not cases'

# ---- AFL++ ----
if command -v afl-clang-fast >/dev/null; then
    RUN_LIMIT=90 run sh -e afl.sh
    stats=findings/default/fuzzer_stats
    is 'AFL++, as in the document, runs to its end' "$rc" 0 || fail afl out err
    like 'in persistent mode with shared memory' "$(grep target_mode $stats)" 'persistent.*shmem_testcase'
    saved=$(find findings/default/crashes -name 'id*' | wc -l)
    [ "$saved" -ge 1 ] && ok 'and finds a bug' || fail 'AFL++ finds nothing' out
    like 'named after what was changed' "$(ls findings/default/crashes)" 'id.*TIM[A-Za-z]+'
    is 'its crash files are inputs' "$(./runner_asan findings/default/crashes 2>/dev/null | tail -n 1)" "$saved inputs, 0 not cases, $saved failed"
    run env __AFL_SHM_ID=1 ./client_runner cases/seed
    like 'the runner under afl-fuzz says how to build' "$(cat err)" 'afl-clang-fast -fsanitize=fuzzer'
else
    skip 'AFL++' 'afl-clang-fast is not here'
fi

# ---- what handlers get ----
echo '[{"message_seq":18446744073709551615}]' >payload
cat >kept.c <<'END'
#include <string.h>
#include <timtape/fuzz.h>
static const char *kept;
static volatile char sink;
static void on_message(const char *json, const void *user)
{
    (void)user;
    if (strstr(json, "beyond")) sink = json[strlen(json) + 1];
    if (kept) sink = kept[0];
    if (strstr(json, "keep")) kept = json;
}
const struct timtape_fuzz_binding timtape_fuzz_bindings[] = {{"TIMRecvNewMsgCallback", (timtape_fuzz_fn)on_message, 0}, {0}};
END
# shellcheck disable=SC2086
holds 'a handler that does what it must not' $CC -g -fsanitize=address kept.c $flags -o kept
echo '"beyond"' >beyond && echo '"keep"' >keep
run ./kept --here beyond
like 'reading past the end of a text is seen' "$(cat err)" 'heap-buffer-overflow'
run ./kept --here keep payload keep
like 'and using a text that is gone' "$(cat err)" 'heap-use-after-free'

# ---- what else is linked ----
cat >own.cpp <<'END'
#include <timtape/fuzz.h>
#include <cstdio>
#include <cstring>
struct cJSON;
static int parsed;
// A cJSON of the user's own, another one than the library's.
extern "C" cJSON *cJSON_Parse(const char *) { parsed++; return nullptr; }
extern "C" void cJSON_Delete(cJSON *) {}
static void on_message(const char *json, const void *) { cJSON_Delete(cJSON_Parse(json)); std::printf("%s %d\n", json, parsed); std::fflush(stdout); }
const timtape_fuzz_binding timtape_fuzz_bindings[] = {
    {"TIMRecvNewMsgCallback", reinterpret_cast<timtape_fuzz_fn>(on_message), nullptr}, {nullptr, nullptr, nullptr}};
int timtape_fuzz_setup() { std::puts("setup"); return 0; }
END
# shellcheck disable=SC2086
holds 'a C++ target with a cJSON of its own' $CXX -std=c++17 -Wall -Wextra -Werror own.cpp $flags -o own
run ./own payload
is 'uses its own' "$(head -n 2 out | paste -sd' ')" 'setup [{"message_seq":18446744073709551615}] 1'
# shellcheck disable=SC2086
holds 'and with libFuzzer' clang++ -std=c++17 -fsanitize=fuzzer own.cpp $flags -o own_libfuzzer
run ./own_libfuzzer -runs=200
like 'where the mutator has ours' "$(cat out)" '\[\{"message_'
extra=$(nm --defined-only -g "$O/lib/libtimtape-fuzz.a" | awk 'NF == 3 && $2 != "W" && $2 != "V" { print $3 }' | grep -vE '^(LLVMFuzzer(TestOneInput|Initialize|CustomMutator|CustomCrossOver)|timtape_fuzz_[a-z]+|main)$')
is 'the library defines nothing else' "$extra" ''
is 'and the mutator for AFL++ its hooks' "$(nm -D --defined-only "$O/lib/libtimtape-afl.so" | grep -vc ' afl_custom_')" 0
