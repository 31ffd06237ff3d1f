# make bench-fuzz: a consumer with planted bugs under byte fuzzers and under timtape's mutator. FUZZ_TRIALS=5 FUZZ_SECONDS=60.

FUZZ_BENCH   := $(O)/bench/fuzz
FUZZ_CLANG   ?= clang
FUZZ_TRIALS  ?= 5
FUZZ_SECONDS ?= 60
FUZZ_SAN     := -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_BENCH_C := -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -O1 -g -I. -I$(O)/include $(CPPFLAGS)
# As timtape-fuzz.pc says; -fsanitize=fuzzer must come before the library.
FUZZ_BENCH_L  = -Wl,-u,LLVMFuzzerTestOneInput $(O)/lib/libtimtape-fuzz.a -lm
FUZZ_BENCH_BIN := $(patsubst %,$(FUZZ_BENCH)/%,plain-libfuzzer plain-afl plain-cmplog ours-libfuzzer ours-afl)

.PHONY: bench-fuzz bench-fuzz-build
bench-fuzz-build: all $(FUZZ_BENCH_BIN)
bench-fuzz: bench-fuzz-build
	@bench/fuzz/run $(O) $(FUZZ_TRIALS) $(FUZZ_SECONDS)

# Not instrumented: the canaries give no gradient.
$(FUZZ_BENCH)/canary.o: bench/fuzz/canary.c bench/fuzz/canary.h
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CLANG) $(FUZZ_BENCH_C) -O2 -c $< -o $@
# As in most clients the parser is built with the consumer, and instrumented with it.
FUZZ_BENCH_SRC := bench/fuzz/planted.c $(O)/cjson/cJSON.c $(wildcard bench/fuzz/*.h)
$(FUZZ_BENCH)/plain-libfuzzer: bench/fuzz/plain.c $(FUZZ_BENCH_SRC) $(FUZZ_BENCH)/canary.o
	$(Q)$(FUZZ_CLANG) -fsanitize=fuzzer $(FUZZ_BENCH_C) $(FUZZ_SAN) $(filter %.c %.o,$^) -o $@
$(FUZZ_BENCH)/plain-afl: bench/fuzz/plain.c $(FUZZ_BENCH_SRC) $(FUZZ_BENCH)/canary.o
	$(Q)AFL_QUIET=1 afl-clang-fast -fsanitize=fuzzer $(FUZZ_BENCH_C) $(FUZZ_SAN) $(filter %.c %.o,$^) -o $@
$(FUZZ_BENCH)/plain-cmplog: bench/fuzz/plain.c $(FUZZ_BENCH_SRC) $(FUZZ_BENCH)/canary.o
	$(Q)AFL_LLVM_CMPLOG=1 AFL_QUIET=1 afl-clang-fast -fsanitize=fuzzer $(FUZZ_BENCH_C) $(filter %.c %.o,$^) -o $@
$(FUZZ_BENCH)/ours-libfuzzer: bench/fuzz/ours.c $(FUZZ_BENCH_SRC) $(FUZZ_BENCH)/canary.o $(O)/lib/libtimtape-fuzz.a
	$(Q)$(FUZZ_CLANG) -fsanitize=fuzzer $(FUZZ_BENCH_C) $(FUZZ_SAN) $(filter %.c %.o,$^) -o $@ $(FUZZ_BENCH_L)
$(FUZZ_BENCH)/ours-afl: bench/fuzz/ours.c $(FUZZ_BENCH_SRC) $(FUZZ_BENCH)/canary.o $(O)/lib/libtimtape-fuzz.a
	$(Q)AFL_QUIET=1 afl-clang-fast -fsanitize=fuzzer $(FUZZ_BENCH_C) $(FUZZ_SAN) $(filter %.c %.o,$^) -o $@ $(FUZZ_BENCH_L)
