// SPDX-License-Identifier: MIT
#ifndef FUZZ_ENGINE_RUNNER_H
#define FUZZ_ENGINE_RUNNER_H

/* The regression runner: main of a target that neither libFuzzer nor AFL++ drives. */
__attribute__((visibility("default"))) int timtape_fuzz_main(int argc, char **argv);

#endif
