# Fuzz targets of our own, under clang's libFuzzer with ASan and UBSan: readers of foreign bytes (*_fuzzer.c), which are
# instrumented, unlike the engine of handler targets; and targets of timtape/fuzz.h over consumers and parsers.
# `make fuzz`, `make fuzz-check`, `make fuzz-smoke SECONDS=5`.

FUZZ_CC      ?= clang
FUZZ_SAN     := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LIB_FUZZING_ENGINE ?= -fsanitize=fuzzer
FUZZ_OWN     := $(O)/fuzz/own
FUZZ_OWN_SRC := $(wildcard harness/base/*.c traces/*.c fuzz/model/*.c fuzz/coverage/*.c replay/judge/rules*.c) harness/api/api.c
FUZZ_USERS   := handlers_cjson handlers_jsoncpp parsers
FUZZ_OWN_C   := $(filter-out $(FUZZ_USERS:%=fuzz/targets/%_fuzzer.c),$(wildcard fuzz/targets/*_fuzzer.c))
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

# Targets linked as a user links them, with `make`'s library. A subject is a target that dies on purpose: outside of
# fuzz/*_fuzzer, where fuzz-check and fuzz-smoke look for what must not.
FUZZ_CXX     ?= clang++
FUZZ_SUBJECT := $(O)/fuzz/subjects/page_sample_fuzzer
FUZZ_USERS_BIN := $(FUZZ_USERS:%=$(O)/fuzz/%_fuzzer)
FUZZ_USER    := $(O)/fuzz/user
FUZZ_USER_FLAGS = -I. -I$(O)/include -I/usr/include/jsoncpp -O1 -g -MMD -MP -Wall -Wextra -Werror $(FUZZ_CFLAGS)
FUZZ_USER_LD = $(FUZZ_CXX) $(FUZZ_LDFLAGS) $(LIB_FUZZING_ENGINE) $(filter %.o,$^) -L$(O)/lib -Wl,-u,LLVMFuzzerTestOneInput \
               -ltimtape-fuzz -lcjson -ljansson -ljsoncpp -lm -o $@

$(FUZZ_USER)/%.o: fuzz/targets/%.c $(FUZZ_HEADER) $(O)/gen.stamp
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) -std=c11 $(FUZZ_USER_FLAGS) -c $< -o $@
$(FUZZ_USER)/%.o: fuzz/targets/%.cpp $(FUZZ_HEADER) $(O)/gen.stamp
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CXX) -std=c++17 $(FUZZ_USER_FLAGS) -c $< -o $@
# jansson and json-c have functions of the same names: json-c's stay inside. Not instrumented, since `ld -r` would
# part the coverage counters from their functions.
$(FUZZ_USER)/json_c_apart.o: fuzz/targets/parser_json_c.c fuzz/targets/parsers.h
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) -std=c11 -I. -O1 -g -Wall -Wextra -Werror -c $< -o $@.plain.o
	$(Q)$(LD) -r $@.plain.o $$($(FUZZ_CC) -print-file-name=libjson-c.a) -o $@
	$(Q)objcopy --keep-global-symbol=parser_json_c $@
$(O)/fuzz/handlers_cjson_fuzzer $(O)/fuzz/handlers_jsoncpp_fuzzer: $(O)/fuzz/%: $(FUZZ_USER)/%.o $(FUZZ_A)
	$(Q)$(FUZZ_USER_LD)
$(O)/fuzz/parsers_fuzzer: $(addprefix $(FUZZ_USER)/,parsers_fuzzer.o parser_cjson.o parser_jansson.o parser_jsoncpp.o json_c_apart.o) $(FUZZ_A)
	$(Q)$(FUZZ_USER_LD)
$(FUZZ_SUBJECT): $(FUZZ_USER)/page_sample_fuzzer.o $(FUZZ_A)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_USER_LD)

# Seeds: the payloads as they are, and as cases; samples; a tape and a coverage file.
$(O)/fuzz/seeds.stamp: $(O)/timtape tests/tools/fuzz-seeds $(wildcard corpus/*/* corpus/*/*/* traces/samples/*)
	$(Q)tests/tools/fuzz-seeds $(O)
	@touch $@

.PHONY: fuzz fuzz-own fuzz-check fuzz-smoke
# Without the targets that need the distribution's JSON libraries.
fuzz-own: $(FUZZ_OWN_BIN) $(O)/fuzz/seeds.stamp
fuzz: fuzz-own $(FUZZ_USERS_BIN) $(FUZZ_SUBJECT)
fuzz-check: fuzz
	@tests/tools/fuzz-run check $(O)
fuzz-smoke: fuzz
	@tests/tools/fuzz-run smoke $(O) $(SECONDS)
