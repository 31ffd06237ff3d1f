// SPDX-License-Identifier: MIT
/* Statically linked: nothing can get between it and anything. */
#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
    puts("nothing to do with it");
    return argc > 1 ? atoi(argv[1]) : 0;
}
