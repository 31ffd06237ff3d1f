# timtape/fuzz.h: the library that users' fuzz targets are linked with, and the custom mutator for afl-fuzz.

FUZZ_HEADER := $(O)/include/timtape/fuzz.h
FUZZ_A      := $(O)/lib/libtimtape-fuzz.a
FUZZ_PC     := $(O)/pkgconfig/timtape-fuzz.pc
FUZZ_AFL    := $(O)/lib/libtimtape-afl.so
# Never instrumented: neither coverage nor sanitizers of ours or of the user's target look at the engine. An own
# folder of cJSON, found as <cjson/cJSON.h>.
FUZZ_FLAGS   = $(filter-out -I%,$(CPPFLAGS)) -I$(O)/private $(filter -I%,$(CPPFLAGS)) $(filter-out -fsanitize=% --coverage -O0,$(CFLAGS_)) -O2 -fPIC -fexceptions \
               -fno-sanitize=all -I$(O)/include
FUZZ_ROOMS  := model mutate coverage oracle
FUZZ_IN_AFL := $(wildcard fuzz/engine/afl*.c)
FUZZ_PLAIN  := fuzz/engine/freestanding.c
FUZZ_NAMES  := memcpy memmove memset memcmp memchr strlen strcmp strncmp strchr
FUZZ_APART  := fuzz/engine/runner_main.c $(FUZZ_IN_AFL) $(FUZZ_PLAIN)
FUZZ_ENGINE := $(filter-out $(FUZZ_APART),$(wildcard fuzz/engine/*.c))
FUZZ_SHARED := $(foreach file,options input produce read_file,$(wildcard fuzz/engine/$(file).c))
FUZZ_REST   := $(foreach room,$(FUZZ_ROOMS),$(call src,fuzz/$(room))) $(wildcard harness/base/*.c) harness/api/api.c $(wildcard traces/*.c)
fuzz_obj     = $(patsubst %.c,$(O)/fuzz/%.o,$(1))

ifneq ($(FUZZ_READY),)
FUZZ_PRODUCT := $(FUZZ_HEADER) $(FUZZ_A) $(FUZZ_PC) $(FUZZ_AFL)
all: $(FUZZ_PRODUCT)
endif

$(FUZZ_HEADER): fuzz/engine/fuzz.h
	@mkdir -p $(@D)
	$(Q)cp $< $@
$(O)/private/cjson/cJSON.h: $(FUZZ_READY)
	@mkdir -p $(@D)
	$(Q)cp $(dir $(FUZZ_READY))cJSON.h $@
$(O)/fuzz/cjson/cJSON.o: $(FUZZ_READY)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -O2 -g -fPIC -fvisibility=hidden -fno-sanitize=all -c $< -o $@
$(O)/fuzz/gen/%.o: $(O)/gen.stamp $(O)/private/cjson/cJSON.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(FUZZ_FLAGS) -c $(GEN)/$*.c -o $@
$(O)/fuzz/%.o: %.c $(O)/gen.stamp $(O)/private/cjson/cJSON.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(FUZZ_FLAGS) -c $< -o $@
# The linker takes of this what the engine needs.
$(O)/fuzz/rest.a: $(call fuzz_obj,$(FUZZ_REST)) $(O)/fuzz/gen/api_tables.o $(O)/fuzz/gen/invoke_gen.o $(O)/fuzz/cjson/cJSON.o
	$(Q)rm -f $@ && $(AR) rcs $@ $^
# One object whose inner names, cJSON's among them, are its own: the target may have a cJSON and a jtree of its own.
# Its string functions are its own as well, see freestanding.c.
$(O)/fuzz/calls.o: $(call fuzz_obj,$(FUZZ_ENGINE)) $(O)/fuzz/rest.a
	$(Q)$(LD) -r -o $@ $^ && objcopy $(foreach name,$(FUZZ_NAMES),--redefine-sym $(name)=plain_$(name)) $@
$(call fuzz_obj,$(FUZZ_PLAIN)): FUZZ_FLAGS += -ffreestanding -fno-builtin $(if $(findstring clang,$(CC)),,-fno-tree-loop-distribute-patterns)
$(O)/fuzz/all.o: $(O)/fuzz/calls.o $(call fuzz_obj,$(FUZZ_PLAIN))
	$(Q)$(LD) -r -o $@ $^ && objcopy --localize-hidden $@
# oracle.mk adds members of its own: $(FUZZ_A): its.o
$(FUZZ_A): $(O)/fuzz/all.o $(call fuzz_obj,fuzz/engine/runner_main.c)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(FUZZ_AFL): $(call fuzz_obj,$(FUZZ_IN_AFL) $(FUZZ_SHARED)) $(O)/fuzz/rest.a
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $^ -o $@ -Wl,-soname,$(@F) -Wl,-z,defs

# fuzz_pc PREFIX LIBDIR INCLUDEDIR. -u: the name is strong in libFuzzer, but weak in AFL++'s driver, and the linker takes
# nothing out of an archive for a weak name.
define fuzz_pc
prefix=$(1)
libdir=$(2)
includedir=$(3)

Name: timtape-fuzz
Description: Fuzz targets for handlers of Tencent IM callbacks, under libFuzzer, AFL++, or as a plain test
Version: $(VERSION)
Libs: -L$${libdir} -Wl,-u,LLVMFuzzerTestOneInput -ltimtape-fuzz
Cflags: -I$${includedir}
endef
export FUZZ_PC_BUILD := $(call fuzz_pc,$(abspath $(O)),$${prefix}/lib,$${prefix}/include)
export FUZZ_PC_INSTALLED = $(call fuzz_pc,$(PREFIX),$${prefix}/lib,$${prefix}/include)
$(FUZZ_PC): fuzz/engine/engine.mk Makefile
	@mkdir -p $(@D)
	$(Q)printf '%s\n' "$$FUZZ_PC_BUILD" >$@
