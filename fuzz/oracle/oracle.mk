# The API functions of a fuzz target: weak, and in an archive member of their own, so that the linker takes them only
# where nothing else defines them.
FUZZ_SDK := $(O)/fuzz/sdk_entries.o

$(FUZZ_SDK): $(O)/gen.stamp $(O)/private/cjson/cJSON.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(FUZZ_FLAGS) -Dstandin_call=timtape_fuzz_call -Dstandin_signature=timtape_fuzz_signature -c $(GEN)/standin_gen.c -o $@
	$(Q)objcopy --weaken $@
$(FUZZ_A): $(FUZZ_SDK)
