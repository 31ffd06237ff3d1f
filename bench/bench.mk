# The bench: `make bench`, `make bench BENCH=ring,drain`, BENCH_LONG=1, BENCH_STRICT=1. See docs/benchmarks.md.

BENCH_DIR     := $(O)/bench
BENCH_OBJ     := $(patsubst %.c,$(O)/obj/%.o,$(wildcard bench/*.c)) $(patsubst %.c,$(O)/obj/%.o,$(wildcard harness/ring/consumer*.c)) $(O)/obj/harness/base/fault.o
BENCH_APP_SRC := bench/app/app.c bench/app/kinds.c bench/app/peers.c
BENCH_APP_HDR := $(wildcard bench/app/*.h)
BENCH_CFLAGS  := -std=c11 -D_GNU_SOURCE $(WARN) -O2 -g -I$(O)/include
# The LTTng peer is built only where its headers are; the bench says so when it is not.
BENCH_LTTNG   := $(if $(shell pkg-config --exists lttng-ust 2>/dev/null && echo yes),$(BENCH_DIR)/lttng.so)
BENCH_ALL     := $(BENCH_DIR)/driver $(BENCH_DIR)/app $(BENCH_DIR)/sdk/libImSDK.so $(BENCH_DIR)/idle $(BENCH_LTTNG)

.PHONY: bench bench-build
bench: all bench-build
	@BENCH_SOURCE=bench $(BENCH_DIR)/driver $(BENCH)
bench-build: $(BENCH_ALL)

$(BENCH_DIR)/driver: $(BENCH_OBJ) $(O)/lib/libtimtape-replay.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDSAN) $^ -o $@ $(LIBS) -lm
$(BENCH_DIR)/app: $(BENCH_APP_SRC) $(BENCH_APP_HDR) $(O)/gen.stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(BENCH_CFLAGS) $(BENCH_APP_SRC) -o $@ -lsqlite3 -lpthread -ldl
$(BENCH_DIR)/sdk/libImSDK.so: bench/app/sdk.c $(BENCH_APP_HDR) $(O)/gen.stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(BENCH_CFLAGS) -fvisibility=hidden -fPIC -shared bench/app/sdk.c -o $@ -Wl,-soname,libImSDK.so -lpthread
$(BENCH_DIR)/libfar.so: bench/app/far.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(BENCH_CFLAGS) -fvisibility=hidden -fPIC -shared $< -o $@
$(BENCH_DIR)/idle: bench/app/idle.c $(BENCH_DIR)/libfar.so
	$(Q)$(CC) $(BENCH_CFLAGS) -fplt $< -o $@ -Wl,-z,lazy -Wl,-rpath,'$$ORIGIN' -L$(BENCH_DIR) -lfar
# LTTng's own macros do not meet our warnings.
$(BENCH_DIR)/lttng.so: bench/app/lttng.c bench/app/lttng_tp.h
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g -fvisibility=hidden -fPIC -shared -Ibench/app $< -o $@ -llttng-ust -ldl
