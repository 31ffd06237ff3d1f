#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The build that OSS-Fuzz and ClusterFuzzLite run, with a local clang in the place of theirs.
. "$(dirname "$0")/lib.sh"
command -v clang >/dev/null 2>&1 || skip_all 'no clang'
command -v zip >/dev/null 2>&1 || skip_all 'no zip'
need_command
mkdir -p "$T/src" "$T/oss" "$T/made/timtape"
ln -s "$TOP" "$T/src/timtape"
# What is built already need not be built again: the same sources and flags.
cp -a "$O/." "$T/made/timtape/" && rm -rf "$T/made/timtape/fuzz/own" "$T"/made/timtape/fuzz/*_fuzzer
flags='-O1 -fsanitize=fuzzer-no-link,address'
RUN_LIMIT=600
status 'build.sh' 0 env CC=clang CXX=clang++ CFLAGS="$flags" CXXFLAGS="$flags" LIB_FUZZING_ENGINE=-fsanitize=fuzzer \
    SRC="$T/src" OUT="$T/oss" WORK="$T/made" sh "$TOP/.clusterfuzzlite/build.sh" || tail -n 20 "$T/err" | sed 's/^/# /'
for target in "$TOP"/fuzz/targets/*_fuzzer.c; do
    name=$(basename "$target" .c)
    case $name in handlers_* | parsers_*) continue ;; esac # not in fuzz-own
    for file in "$name" "$name.dict" "$name.options" "${name}_seed_corpus.zip"; do
        [ -s "$T/oss/$file" ] || fail "there is $file"
    done
    mkdir "$T/$name" && (cd "$T/$name" && python3 -m zipfile -e "$T/oss/${name}_seed_corpus.zip" .)
    status "$name runs on its seeds" 0 "$T/oss/$name" -runs=100 -timeout=20 -dict="$T/oss/$name.dict" "$T/$name"
done
if python3 -c 'import yaml' 2>/dev/null; then
    status 'project files are YAML' 0 python3 -c "
import yaml
ours = yaml.safe_load(open('$TOP/fuzz/oss-fuzz/project.yaml'))
assert set(ours['fuzzing_engines']) == {'libfuzzer', 'afl', 'honggfuzz'} and 'address' in ours['sanitizers']
assert yaml.safe_load(open('$TOP/.clusterfuzzlite/project.yaml'))['language'] == 'c'"
else
    skip 'project files are YAML' 'there is no yaml module for python3'
fi
