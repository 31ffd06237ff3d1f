// SPDX-License-Identifier: MIT
/* main of the plain build, in an archive member of its own: taken only where there is no other. */
#include "fuzz/engine/runner.h"

int
main(int argc, char **argv)
{
    return timtape_fuzz_main(argc, argv);
}
