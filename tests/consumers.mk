# The small apps the tests record and replay, and the test double of the SDK they run on.
# Apps know nothing of timtape but its header; as at a user's, the linker sees a libImSDK.so.

APP_CFLAGS   := -std=c11 -Wall -Wextra -Werror -O1 -g -D_GNU_SOURCE -MMD -MP -I$(O)/include -Itests $(APPSAN)
APP_CXXFLAGS := -std=c++17 -MMD -MP -Wall -Wextra -Werror -O1 -g -I$(O)/include -Itests $(shell pkg-config --cflags jsoncpp 2>/dev/null) $(APPSAN)
APPS         := $(O)/consumers

# ---- the double, in three flavours ---------------------------------------------------------------
FAKE_SRC  := $(wildcard tests/fakesdk/*.c)
# nodelete: its thread may still be returning from a callback when an app closes it.
FAKE_FLAG := -std=c11 -Wall -Wextra -Werror -O1 -g -D_GNU_SOURCE -Itests -fPIC -shared -fvisibility=hidden -fexceptions -Wl,-soname,libImSDK.so -Wl,-z,now,-z,nodelete
$(O)/fakesdk/libImSDK.so: $(FAKE_SRC) $(wildcard tests/fakesdk/*.h)
	@mkdir -p $(@D)
	$(Q)$(CC) $(FAKE_FLAG) $(FAKE_SRC) -o $@ -lpthread
$(O)/fakesdk-old/libImSDK.so: $(FAKE_SRC) $(wildcard tests/fakesdk/*.h)
	@mkdir -p $(@D)
	$(Q)$(CC) $(FAKE_FLAG) -DFAKE_OLD $(FAKE_SRC) -o $@ -lpthread
$(O)/fakesdk-less/libImSDK.so: $(FAKE_SRC) $(wildcard tests/fakesdk/*.h)
	@mkdir -p $(@D)
	$(Q)$(CC) $(FAKE_FLAG) -DFAKE_LESS $(FAKE_SRC) -o $@ -lpthread
FAKES := $(O)/fakesdk/libImSDK.so $(O)/fakesdk-old/libImSDK.so $(O)/fakesdk-less/libImSDK.so

# Every function of the API, to link apps against: what is behind it does not matter at link time.
$(O)/link/libImSDK.so: $(STANDIN_OBJ)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $^ -o $@ -Wl,-soname,libImSDK.so

# ---- apps -----------------------------------------------------------------------------------------
# *_dlopen.c and nosdk.c must not link the SDK; all others do.
APP_C     := $(patsubst tests/consumers/%.c,%,$(wildcard tests/consumers/*.c))
APP_CXX   := $(patsubst tests/consumers/%.cpp,%,$(wildcard tests/consumers/*.cpp))
APP_FREE  := $(filter %_dlopen nosdk static,$(APP_C))
APP_LINK  := $(filter-out $(APP_FREE) tapecheck,$(APP_C))
APP_BINS  := $(patsubst %,$(APPS)/%,$(filter-out static,$(APP_C)) $(APP_CXX) static)

$(patsubst %,$(APPS)/%,$(APP_LINK)): $(APPS)/%: tests/consumers/%.c $(wildcard tests/consumers/*.h) $(O)/link/libImSDK.so $(HEADER)
	@mkdir -p $(@D)
	$(Q)$(CC) $(APP_CFLAGS) $< -o $@ -L$(O)/link -lImSDK $(shell pkg-config --libs libcjson 2>/dev/null || echo -lcjson) -lpthread
$(patsubst %,$(APPS)/%,$(filter-out static,$(APP_FREE))): $(APPS)/%: tests/consumers/%.c $(wildcard tests/consumers/*.h) $(HEADER)
	@mkdir -p $(@D)
	$(Q)$(CC) $(APP_CFLAGS) $< -o $@ $(shell pkg-config --libs libcjson 2>/dev/null || echo -lcjson) -lpthread -ldl
$(APPS)/static: tests/consumers/static.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -O1 -static $< -o $@
$(APPS)/tapecheck: tests/consumers/tapecheck.c $(wildcard tests/consumers/*.h tests/fakesdk/*.h) $(HEADER)
	@mkdir -p $(@D)
	$(Q)$(CC) $(APP_CFLAGS) $< -o $@ -lsqlite3
$(patsubst %,$(APPS)/%,$(APP_CXX)): $(APPS)/%: tests/consumers/%.cpp $(wildcard tests/consumers/*.h) $(O)/link/libImSDK.so $(HEADER)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(APP_CXXFLAGS) $< -o $@ -L$(O)/link -lImSDK $(shell pkg-config --libs jsoncpp 2>/dev/null || echo -ljsoncpp) -lpthread

# One source, every way of binding.
BIND_lazy  := -Wl,-z,lazy
BIND_now   := -Wl,-z,now
BIND_noplt := -fno-plt -fPIE -pie -Wl,-z,now
BIND_nopie := -fno-pie -no-pie
BIND_table := -DBIND_TABLE -fPIE -pie
BIND_asan  := -fsanitize=address
BINDS      := lazy now noplt nopie table asan
$(patsubst %,$(APPS)/bind_%,$(BINDS)): $(APPS)/bind_%: tests/consumers/bind.c $(O)/link/libImSDK.so $(HEADER)
	@mkdir -p $(@D)
	$(Q)$(CC) $(APP_CFLAGS) $(BIND_$*) $< -o $@ -L$(O)/link -lImSDK -lpthread
APP_BINS += $(patsubst %,$(APPS)/bind_%,$(BINDS))

.PHONY: consumers
consumers: $(APP_BINS) $(FAKES)
