# Unit tests: tests/unit/test_X.c is a CMocka main(), linked by default with everything that runs
# outside the app. A comment `// link: WORD...` chooses otherwise:
#   host      the rooms outside the app (default)      producer  the inside end of the ring
#   shim      everything in the shim                   standin   everything in the stand-in
#   embed     host and timtape/replay.h
#   engine    host and what fuzz targets are delivered with
#   oracle    host and the oracles of fuzz targets
#   none      the test brings (includes) what it needs
# Test code may skip the strictest prototypes: CMocka wants plain functions.

UNIT_SRC  := $(wildcard tests/unit/test_*.c)
UNIT_NAME := $(patsubst tests/unit/%.c,%,$(UNIT_SRC))
UNIT_BIN  := $(patsubst %,$(O)/unit/%,$(UNIT_NAME))

unit_host     := $(HOST_OBJ)
unit_producer := $(patsubst %.c,$(O)/pic/%.o,$(wildcard harness/ring/producer*.c))
unit_shim     := $(SHIM_OBJ) $(O)/link/libtimtape-behind.so
unit_standin  := $(STANDIN_OBJ)
unit_embed    := $(HOST_OBJ) $(patsubst %.c,$(O)/obj/%.o,$(wildcard replay/embed/*.c)) $(O)/obj/gen/invoke_gen.o
unit_engine   := $(HOST_OBJ) $(patsubst %,$(O)/obj/fuzz/engine/%.o,deliver input options pass) $(O)/obj/gen/invoke_gen.o
unit_oracle   := $(HOST_OBJ) $(patsubst %.c,$(O)/obj/%.o,$(wildcard fuzz/oracle/*.c)) $(O)/obj/gen/invoke_gen.o
unit_none     :=

# Words of one test, then their objects, each source only once (the outside copy wins).
unit_words = $(or $(strip $(shell sed -n 's,^// link:,,p' tests/unit/$(1).c)),host)
unit_all   = $(sort $(foreach word,$(call unit_words,$(1)),$(unit_$(word))))
unit_objs  = $(filter-out $(patsubst $(O)/obj/%,$(O)/pic/%,$(filter $(O)/obj/%,$(call unit_all,$(1)))),$(call unit_all,$(1)))

UNIT_CFLAGS := $(filter-out -Wmissing-prototypes -Wstrict-prototypes,$(CFLAGS_))

$(O)/obj/tests/unit/%.o: tests/unit/%.c $(O)/gen.stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(UNIT_CFLAGS) -c $< -o $@

define unit_rule
$(O)/unit/$(1): $(O)/obj/tests/unit/$(1).o $(call unit_objs,$(1))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LDSAN) $$^ -o $$@ -Wl,-rpath,'$$$$ORIGIN/../link' $$(LDFLAGS) $$(HOST_LIBS) -lcmocka -lpthread -ldl
endef
$(foreach test,$(UNIT_NAME),$(eval $(call unit_rule,$(test))))

# It plays real apps, which run on the product.
$(O)/unit/test_player: | $(PRODUCT) $(O)/consumers/chat $(O)/consumers/fragile $(O)/consumers/mutant

.PHONY: unit-build
unit-build: $(UNIT_BIN)

unit: unit-build
	@tests/run -o $(O) -j $(JOBS) $(UNIT_BIN)
