# demo: from nothing to a recorded and replayed session.
.PHONY: demo-run
demo: deps
	@$(MAKE) --no-print-directory sdk-try
	@echo 'Building...'
	@$(MAKE) --no-print-directory -s -j$(JOBS) all $(patsubst %,$(O)/consumers/%,chat offline mutant race careless)
	@tests/tools/demo $(O)
