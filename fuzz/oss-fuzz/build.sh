#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the targets into $OUT with the engine and the sanitizers that OSS-Fuzz, ClusterFuzzLite or you ask for:
# $CC, $CFLAGS, $LIB_FUZZING_ENGINE, $SRC, $OUT, $WORK.
set -eu
cd "$SRC/timtape"
build=${WORK:-$SRC/work}/timtape
jobs=$(nproc)

# The command that makes the seeds is an ordinary one: neither instrumented nor linked with the engine.
env -u CC -u CXX -u CFLAGS -u CXXFLAGS make -j"$jobs" O="$build" "$build/timtape"
env -u CC -u CXX -u CFLAGS -u CXXFLAGS make -j"$jobs" O="$build" fuzz-own \
    FUZZ_CC="${CC:-clang}" FUZZ_CXX="${CXX:-clang++}" FUZZ_CFLAGS="${CFLAGS:-}" FUZZ_LDFLAGS="${CFLAGS:-}" \
    LIB_FUZZING_ENGINE="$LIB_FUZZING_ENGINE"

# Not the targets over consumers and parsers: their libraries are the distribution's, not ours to report about.
for target in "$build"/fuzz/*_fuzzer; do
    name=${target##*/}
    cp "$target" "$OUT/"
    cp "$build/fuzz/dict/all.dict" "$OUT/$name.dict"
    printf '[libfuzzer]\nmax_len = 65536\ntimeout = 20\nrss_limit_mb = 2048\n' >"$OUT/$name.options"
    seeds=$build/fuzz/seeds/$name
    [ -d "fuzz/regress/$name" ] && cp "fuzz/regress/$name"/* "$seeds/"
    rm -f "$OUT/${name}_seed_corpus.zip"
    (cd "$seeds" && zip -q -r "$OUT/${name}_seed_corpus.zip" .)
done
