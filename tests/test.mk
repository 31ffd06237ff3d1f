# deps, sdk, test, check, e2e, coverage: how the project tests itself.

E2E_SRC := $(sort $(filter-out tests/e2e/lib.sh,$(wildcard tests/e2e/*.sh)))

.PHONY: test-build sdk-try
test-build: all unit-build consumers

deps:
	@tests/tools/deps
	@tests/tools/cjson-source $(CJSON_DIR) || echo 'The fuzz libraries are left out.'

# The vendor's SDK for the tests. `make sdk` fails when it cannot be had; the tests only skip.
sdk:
	@tests/tools/sdk $(O)/sdk
sdk-try:
	@tests/tools/sdk $(O)/sdk || echo 'The tests that need the SDK will say so and skip.'

# Set up, build, test. The recursive makes come after deps: they look for what deps installs.
test: deps
	@$(MAKE) --no-print-directory sdk-try
	@$(MAKE) --no-print-directory -j$(JOBS) test-build
	@$(MAKE) --no-print-directory check

check: test-build
	@O='$(O)' tests/run -o $(O) -j $(JOBS) $(UNIT_BIN) $(E2E_SRC)

e2e: test-build
	@O='$(O)' tests/run -o $(O) -j $(JOBS) $(E2E_SRC)

# Line coverage of what runs outside the app (what runs inside is never instrumented).
coverage:
	@$(MAKE) --no-print-directory O=$(O)-coverage COVERAGE=1 -j$(JOBS) test-build
	@find $(O)-coverage -name '*.gcda' -delete
	-@$(MAKE) --no-print-directory O=$(O)-coverage COVERAGE=1 check
	@tests/tools/coverage $(O)-coverage
