# The sample scenarios as tapes: build/samples/NAME.tape from traces/samples/NAME.ndjson.
SAMPLES := $(patsubst traces/samples/%.ndjson,$(O)/samples/%.tape,$(wildcard traces/samples/*.ndjson))

.PHONY: samples
samples: $(SAMPLES)
$(O)/samples/%.tape: traces/samples/%.ndjson $(O)/timtape $(shell find corpus -type f)
	@mkdir -p $(@D)
	$(Q)$(O)/timtape import --force --payloads corpus $< -o $@
