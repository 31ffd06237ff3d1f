# The fuzz rooms: parts of the command (Makefile: HOST_SRC) and, with a private copy of cJSON, the libraries that users link
# their handlers with (engine/engine.mk). Targets of our own: targets/targets.mk.

# Debian's cJSON source, fetched by `make deps`; without it the command is built and the libraries are left out.
CJSON_DIR  := $(O)/cjson
FUZZ_READY := $(firstword $(wildcard $(CJSON_DIR)/cJSON.c build/cjson/cJSON.c $(if $(CJSON_SOURCE),$(CJSON_SOURCE)/cJSON.c)))

$(CJSON_DIR)/cJSON.c: tests/tools/cjson-source
	$(Q)tests/tools/cjson-source $(@D)
