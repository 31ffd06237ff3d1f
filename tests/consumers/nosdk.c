// SPDX-License-Identifier: MIT
/* Never touches the SDK: nosdk [STATUS]. */
#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
    puts("nothing to do with it");
    return argc > 1 ? atoi(argv[1]) : 0;
}
