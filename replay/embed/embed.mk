# timtape/replay.h: the library for users' own tests, static and shared, and how pkg-config finds it.

EMBED_HEADER := $(O)/include/timtape/replay.h
EMBED_A      := $(O)/lib/libtimtape-replay.a
EMBED_SO     := $(O)/lib/libtimtape-replay.so
EMBED_PC     := $(O)/pkgconfig/timtape-replay.pc
EMBED_SONAME := libtimtape-replay.so.0
# Never built with a sanitizer or for coverage: the user's test brings its own or none.
EMBED_FLAGS   = $(CPPFLAGS) $(filter-out -fsanitize=% --coverage,$(CFLAGS_)) -fPIC -fexceptions -I$(O)/include
EMBED_OBJ    := $(patsubst replay/embed/%.c,$(O)/embed/replay/embed/%.o,$(wildcard replay/embed/*.c))
# What it may need of the other rooms; the linker takes only what it does need.
EMBED_REST   := $(patsubst %.c,$(O)/embed/%.o,$(wildcard harness/base/*.c) harness/api/api.c $(wildcard traces/*.c replay/judge/*.c)) \
                $(O)/embed/gen/api_tables.o $(O)/embed/gen/invoke_gen.o

all: $(EMBED_HEADER) $(EMBED_A) $(EMBED_SO) $(EMBED_PC)

$(EMBED_HEADER): replay/embed/replay.h
	@mkdir -p $(@D)
	$(Q)cp $< $@
$(O)/embed/gen/%.o: $(O)/gen.stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(EMBED_FLAGS) -c $(GEN)/$*.c -o $@
$(O)/embed/%.o: %.c $(O)/gen.stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(EMBED_FLAGS) -c $< -o $@
$(O)/embed/rest.a: $(EMBED_REST)
	$(Q)rm -f $@ && $(AR) rcs $@ $^
# One object whose inner names are its own: they must not meet those of the user's program.
$(O)/embed/all.o: $(EMBED_OBJ) $(O)/embed/rest.a
	$(Q)$(LD) -r -o $@ $(EMBED_OBJ) $(O)/embed/rest.a && objcopy --localize-hidden $@
$(EMBED_A): $(O)/embed/all.o
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(EMBED_SO): $(O)/embed/all.o
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $< -o $@ -Wl,-soname,$(EMBED_SONAME) -Wl,-z,defs $(LDFLAGS) $(LIBS)
	@ln -sfn $(@F) $(@D)/$(EMBED_SONAME)

# embed_pc PREFIX LIBDIR INCLUDEDIR. Not Requires.private: with --static that names what SQLite itself would need to be
# linked statically (libz), which is not installed beside its shared library.
define embed_pc
prefix=$(1)
libdir=$(2)
includedir=$(3)

Name: timtape-replay
Description: Feeds the callbacks of a recorded Tencent IM session to functions in a test
Version: $(VERSION)
Libs: -L$${libdir} -ltimtape-replay
Libs.private: $(LIBS)
Cflags: -I$${includedir}
endef
# Where the tree stands is part of what is written: a tree that was moved is written again by `make`.
export EMBED_PC_BUILD := $(call embed_pc,$(abspath $(O)),$${prefix}/lib,$${prefix}/include)
export EMBED_PC_INSTALLED = $(call embed_pc,$(PREFIX),$${prefix}/lib,$${prefix}/include)
$(EMBED_PC): replay/embed/embed.mk Makefile
	@mkdir -p $(@D)
	$(Q)printf '%s\n' "$$EMBED_PC_BUILD" >$@
