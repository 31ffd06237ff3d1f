#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Our own targets take every seed and every past finding, and a corpus that rots is seen.
. "$(dirname "$0")/lib.sh"
cd "$TOP" || exit 1
command -v clang >/dev/null 2>&1 || skip_all 'no clang'
need_command
RUN_LIMIT=600
status 'make fuzz-check' 0 make --no-print-directory -s -j2 fuzz-check O="${O#"$TOP"/}" || tail -n 20 "$T/err" | sed 's/^/# /'
for target in case jtree ndjson rules tape coverage handlers_cjson handlers_jsoncpp parsers; do
    like "$target" "$(cat "$T/out")" "^${target}_fuzzer: ok, [1-9][0-9]* inputs"
done
# The same in a build of its own, with a seed that is no case and a target that dies.
mkdir -p "$T/b/fuzz/seeds/case_fuzzer" && ln -s "$O/timtape" "$T/b/timtape"
cp "$(find "$O/fuzz/seeds/case_fuzzer" -type f | head -n 1)" "$T/b/fuzz/seeds/case_fuzzer/"
status 'good seeds' 0 tests/tools/fuzz-run check "$T/b"
echo '{"callback":"TIMNobodysCallback","args":{}}' >"$T/b/fuzz/seeds/case_fuzzer/bad"
status 'a seed that is no case' 1 tests/tools/fuzz-run check "$T/b"
like 'is named' "$(cat "$T/err")" 'no case any more: .*/bad'
rm "$T/b/fuzz/seeds/case_fuzzer/bad"
printf '#!/bin/sh\necho "ERROR: AddressSanitizer"; exit 77\n' >"$T/b/fuzz/dying_fuzzer" && chmod +x "$T/b/fuzz/dying_fuzzer"
status 'a target without seeds' 1 tests/tools/fuzz-run check "$T/b"
like 'is named as well' "$(cat "$T/err")" 'dying_fuzzer: no seeds in'
mkdir "$T/b/fuzz/seeds/dying_fuzzer" && echo x >"$T/b/fuzz/seeds/dying_fuzzer/x"
status 'a target that dies' 1 tests/tools/fuzz-run check "$T/b"
like 'is named, too' "$(cat "$T/err")" 'dying_fuzzer: broke \(status 77\)'
