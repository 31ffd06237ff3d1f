# timtape: `make help` lists the targets.
#
# One flat Makefile; every room is a wildcard, so a new file needs no edit here.
# O=DIR builds elsewhere; SAN=address,undefined|thread, COVERAGE=1 and DEBUG=1 build flavours; V=1 shows the commands.

# Built-in rules would try to make the .d files out of .o files.
MAKEFLAGS += --no-builtin-rules

VERSION := 0.1.0
O       ?= build
CC      ?= cc
CXX     ?= c++
PREFIX  ?= /usr/local
JOBS    ?= $(shell nproc 2>/dev/null || echo 2)

# Names what is made, not how.
Q        = $(if $(V),,@echo '  $(@:$(O)/%=%)';)

WARN    := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wundef
OPT     := -O2 -g
ifdef DEBUG
OPT     := -O0 -g3
endif
ifdef SAN
OPT     += -fsanitize=$(SAN) -fno-omit-frame-pointer
LDSAN   := -fsanitize=$(SAN)
endif
ifdef COVERAGE
OPT     += --coverage
LDSAN   += --coverage
endif

GEN      := $(O)/gen
CPPFLAGS += -D_GNU_SOURCE -DTIMTAPE_VERSION='"$(VERSION)"' -Iharness -I. -I$(GEN)
CFLAGS_  := -std=c11 $(WARN) $(OPT) -fvisibility=hidden -MMD -MP $(CFLAGS)
# What runs inside somebody else's process: position independent, unwindable, tiny TLS, and
# never built with a sanitizer (the app brings its own or none).
IN_APP   := -std=c11 $(WARN) -O2 -g -fvisibility=hidden -MMD -MP -fPIC -fexceptions -ftls-model=initial-exec -fno-sanitize=all -fno-plt

LIBS     := $(shell pkg-config --libs sqlite3 libcjson 2>/dev/null || echo -lsqlite3 -lcjson)
# The command besides: stacks and lines of findings (fuzz/finding).
HOST_LIBS = $(LIBS) -ldw

.PHONY: all help deps demo test check unit e2e bench lint format install uninstall clean sdk coverage
.DEFAULT_GOAL := all

# ---- rooms -------------------------------------------------------------------------------------
src = $(wildcard $(1)/*.c)
obj = $(patsubst %.c,$(O)/obj/%.o,$(1))
pic = $(patsubst %.c,$(O)/pic/%.o,$(1))

HOST_SRC    := $(call src,harness/base) harness/api/api.c $(wildcard harness/ring/consumer*.c) $(filter-out harness/loader/audit.c harness/loader/preload.c,$(call src,harness/loader)) \
               $(call src,harness/recorder) $(call src,traces) $(foreach room,score schedule control batch judge compare report run,$(call src,replay/$(room))) \
               $(foreach room,model mutate coverage finding app,$(call src,fuzz/$(room)))
CLI_SRC     := $(call src,harness/cli)
SHIM_SRC    := $(call src,harness/shim) $(wildcard harness/ring/producer*.c) harness/api/api.c
CLOCK_SRC   := $(call src,replay/clock)
STANDIN_SRC := $(call src,replay/standin) $(wildcard harness/ring/producer*.c) harness/api/api.c

HOST_OBJ    := $(call obj,$(HOST_SRC)) $(O)/obj/gen/api_tables.o
CLI_OBJ     := $(call obj,$(CLI_SRC))
SHIM_OBJ    := $(call pic,$(SHIM_SRC)) $(O)/pic/gen/api_tables.o $(O)/pic/gen/shim_gen.o
CLOCK_OBJ   := $(call pic,$(CLOCK_SRC))
STANDIN_OBJ := $(call pic,$(STANDIN_SRC)) $(O)/pic/gen/api_tables.o $(O)/pic/gen/standin_gen.o $(O)/pic/gen/invoke_gen.o

HEADER  := $(O)/include/timtape/tim.h
LIBDIR  := $(O)/lib/timtape
PRODUCT := $(O)/timtape $(LIBDIR)/audit.so $(LIBDIR)/libImSDK.so $(LIBDIR)/preload.so $(LIBDIR)/standin.so $(LIBDIR)/clock.so $(HEADER)

all: $(PRODUCT)

help:
	@echo 'make demo       set up, build, record, show and replay a session: start here'
	@echo 'make test       set up, build, run every test (what CI runs)'
	@echo
	@echo 'make            build timtape into $(O)/'
	@echo 'make check      build and test without touching the system (unit, e2e: one half)'
	@echo 'make bench      measure, as ratios to a floor and to peers'
	@echo 'make bench-fuzz  planted bugs: byte fuzzers and timtape side by side (FUZZ_TRIALS, FUZZ_SECONDS)'
	@echo 'make fuzz       build our own fuzz targets (clang); fuzz-check, fuzz-smoke SECONDS=5 run them'
	@echo 'make lint       format, include arrows, exported symbols, gcc and clang, cppcheck, shellcheck'
	@echo 'make format     clang-format the C sources'
	@echo 'make deps       install what building and testing needs (Debian, Ubuntu)'
	@echo 'make sdk        fetch the vendor SDK for the tests into $(O)/sdk (npm), never committed'
	@echo 'make install    PREFIX=$(PREFIX) DESTDIR=$(DESTDIR); make uninstall'
	@echo 'make coverage   line coverage of the tests;  make clean'
	@echo
	@echo 'O=DIR builds elsewhere; SAN=address,undefined or SAN=thread, COVERAGE=1, DEBUG=1 build flavours.'

# ---- the API description -> header, wrappers, entry points, tables ------------------------------
GENERATED := $(GEN)/api_ids.h $(GEN)/api_tables.c $(GEN)/shim_gen.c $(GEN)/standin_gen.c $(GEN)/invoke_gen.c $(HEADER)
APIGEN_SRC := $(wildcard harness/api/gen/*.c)
$(O)/apigen: $(APIGEN_SRC) $(wildcard harness/api/gen/*.h)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O1 -g $(APIGEN_SRC) -o $@
$(O)/gen.stamp: $(O)/apigen $(sort $(wildcard harness/api/*.tim))
	@mkdir -p $(GEN) $(dir $(HEADER)) $(O)/fuzz/dict $(O)/schema
	$(Q)$(O)/apigen --out $(GEN) --header $(HEADER) --dict $(O)/fuzz/dict --schema $(O)/schema $(sort $(wildcard harness/api/*.tim))
	@touch $@
$(GENERATED): $(O)/gen.stamp ;

# ---- compiling -------------------------------------------------------------------------------
$(O)/obj/gen/%.o: $(O)/gen.stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_) -I$(O)/include -c $(GEN)/$*.c -o $@
$(O)/pic/gen/%.o: $(O)/gen.stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(IN_APP) -I$(O)/include -c $(GEN)/$*.c -o $@
$(O)/obj/%.o: %.c $(O)/gen.stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_) -c $< -o $@
$(O)/pic/%.o: %.c $(O)/gen.stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(IN_APP) -c $< -o $@

# ---- linking ---------------------------------------------------------------------------------
$(O)/timtape: $(CLI_OBJ) $(HOST_OBJ)
	$(Q)$(CC) $(LDSAN) $^ -o $@ $(LDFLAGS) $(HOST_LIBS)

# Only there to give the shim its one needed name; the audit object maps that name to the
# real SDK or to the stand-in.
$(O)/link/libtimtape-behind.so:
	@mkdir -p $(@D)
	$(Q)echo 'extern int timtape_behind; int timtape_behind;' | $(CC) -shared -fPIC -x c - -Wl,-soname,libtimtape-behind.so -o $@

# Lives in a linker namespace of its own: without a libc there is no second libc there.
$(O)/pic/harness/loader/audit.o: IN_APP += -ffreestanding -fno-stack-protector
$(LIBDIR)/audit.so: $(O)/pic/harness/loader/audit.o
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -nostdlib $^ -o $@ -Wl,-z,defs -Wl,-z,now
$(LIBDIR)/libImSDK.so: $(SHIM_OBJ) $(O)/link/libtimtape-behind.so
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $(SHIM_OBJ) -o $@ -Wl,-soname,libImSDK.so -Wl,-z,nodelete -Wl,-z,defs -Wl,--no-as-needed -L$(O)/link -ltimtape-behind
$(LIBDIR)/preload.so: $(SHIM_OBJ) $(O)/pic/harness/loader/preload.o
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $^ -o $@ -Wl,-soname,timtape-preload.so -Wl,-z,nodelete -Wl,-z,defs
$(LIBDIR)/standin.so: $(STANDIN_OBJ)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $^ -o $@ -Wl,-soname,timtape-standin.so -Wl,-z,nodelete -Wl,-z,defs
	@mkdir -p $(@D)/replay
	@ln -sfn ../standin.so $(@D)/replay/libImSDK.so # found by linked apps that replay under preload

$(LIBDIR)/clock.so: $(CLOCK_OBJ)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $^ -o $@ -Wl,-soname,timtape-clock.so -Wl,-z,nodelete -Wl,-z,defs -ldl -lpthread

# ---- the rest lives in its own fragments --------------------------------------------------------
include $(wildcard tests/*.mk) $(wildcard bench/*.mk) $(wildcard docs/*.mk) $(wildcard replay/*/*.mk) $(wildcard fuzz/*.mk fuzz/*/*.mk)

clean:
	rm -rf $(O)

# What the compilers noted about includes; nothing makes these files but a compiler.
%.d: ;
-include $(shell find $(O) -name '*.d' 2>/dev/null)
