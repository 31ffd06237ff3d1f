# lint, format: what a reviewer should not have to look for.

C_FILES     := $(wildcard harness/*/*.[ch] harness/api/gen/*.[ch] traces/*.[ch] replay/*/*.[ch] fuzz/*/*.[ch] tests/*/*.[ch] bench/*.[ch] bench/fuzz/*.[ch])
SHELL_FILES := tests/run $(wildcard tests/tools/* tests/e2e/*.sh docs/*.sh bench/*.sh fuzz/*/*.sh .clusterfuzzlite/*.sh) .ci/run

.PHONY: lint-c lint-shell lint-build
lint: lint-build lint-c lint-shell
	@tests/tools/arrows
	@tests/tools/symbols $(O)
	@echo 'lint: nothing to say'

lint-c:
	@tests/tools/deps lint
	@clang-format --dry-run -Werror $(C_FILES)
	@# Not asked of cppcheck, because it is wrong about them here: sizeof x / sizeof *x of members, &uninitialised,
	@# and the result of at_quick_exit. The compilers look for the first two.
	@cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,portability \
	    --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches --suppress=unknownMacro \
	    --suppress=arrayIndexOutOfBounds --suppress=uninitvar --suppress=ignoredReturnValue \
	    -D__GNUC__ -D__x86_64__ -Iharness -I. -I$(GEN) $(filter %.c,$(filter-out tests/%,$(C_FILES)))

lint-shell:
	@tests/tools/deps lint
	@shellcheck --severity=warning -e SC2154,SC2034 $(foreach file,$(SHELL_FILES),$(if $(shell head -c 40 $(file) | grep -aE 'sh$$|^# SPDX' ),$(file)))

# Both compilers, with everything as errors. Separate directories: the build in use stays as it is.
lint-build: all
	@tests/tools/deps lint
	@$(MAKE) --no-print-directory -s O=$(O)-clang CC=clang all

format:
	clang-format -i $(C_FILES)
