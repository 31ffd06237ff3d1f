# Fuzz targets of our own, under clang's libFuzzer with ASan and UBSan: readers of foreign bytes (*_fuzzer.c), which are
# instrumented, unlike the engine of handler targets. `make fuzz`, `make fuzz-check`, `make fuzz-smoke SECONDS=5`.

FUZZ_CC      ?= clang
FUZZ_SAN     := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LIB_FUZZING_ENGINE ?= -fsanitize=fuzzer
FUZZ_OWN     := $(O)/fuzz/own
FUZZ_OWN_SRC := $(wildcard harness/base/*.c traces/*.c fuzz/model/*.c fuzz/coverage/*.c replay/judge/rules*.c) harness/api/api.c
FUZZ_OWN_C   := $(filter-out $(wildcard fuzz/targets/page_*),$(wildcard fuzz/targets/*_fuzzer.c))
FUZZ_OWN_BIN := $(patsubst fuzz/targets/%.c,$(O)/fuzz/%,$(FUZZ_OWN_C))
FUZZ_OWN_FLAGS = $(CPPFLAGS) -std=c11 -O1 -g -MMD -MP -Wall -Wextra -Werror $(FUZZ_CFLAGS)
# OSS-Fuzz brings its own flags.
FUZZ_CFLAGS  ?= -fsanitize=fuzzer-no-link $(FUZZ_SAN)
FUZZ_LDFLAGS ?= $(FUZZ_SAN)
SECONDS      ?= 5

$(FUZZ_OWN)/gen/%.o: $(O)/gen.stamp
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_OWN_FLAGS) -c $(GEN)/$*.c -o $@
$(FUZZ_OWN)/%.o: %.c $(O)/gen.stamp
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_OWN_FLAGS) -c $< -o $@
$(FUZZ_OWN)/own.a: $(patsubst %.c,$(FUZZ_OWN)/%.o,$(FUZZ_OWN_SRC)) $(FUZZ_OWN)/gen/api_tables.o
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(FUZZ_OWN_BIN): $(O)/fuzz/%: $(FUZZ_OWN)/fuzz/targets/%.o $(FUZZ_OWN)/own.a
	$(Q)$(FUZZ_CC) $(FUZZ_LDFLAGS) $(LIB_FUZZING_ENGINE) $^ -o $@ $(LIBS)

# Seeds: the payloads as they are, and as cases; samples; a tape and a coverage file.
$(O)/fuzz/seeds.stamp: $(O)/timtape $(wildcard corpus/*/* corpus/*/*/* traces/samples/*)
	$(Q)tests/tools/fuzz-seeds $(O)
	@touch $@

.PHONY: fuzz fuzz-check fuzz-smoke
fuzz: $(FUZZ_OWN_BIN) $(O)/fuzz/seeds.stamp
fuzz-check: fuzz
	@tests/tools/fuzz-run check $(O)
fuzz-smoke: fuzz
	@tests/tools/fuzz-run smoke $(O) $(SECONDS)
